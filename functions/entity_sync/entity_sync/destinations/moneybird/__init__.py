"""Moneybird as a destination."""
