"""Brings accounting up to date with one entity: claim, fetch, map, upsert, record."""
