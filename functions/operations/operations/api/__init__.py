"""The operations API: what can be asked of a stack, and what it answers."""
