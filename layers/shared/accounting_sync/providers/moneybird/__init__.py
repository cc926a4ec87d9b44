"""Moneybird's REST API v2."""
