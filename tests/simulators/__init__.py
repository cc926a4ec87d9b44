"""Stateful stand-ins for the providers, on loopback."""
