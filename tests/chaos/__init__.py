"""Chaos: the deployed local stack under faults, kills and duplicates, and a checker of what came of it."""
