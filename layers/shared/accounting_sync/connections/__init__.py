"""Connections: credentials, booking settings, and the field aliases that the settings may replace."""
