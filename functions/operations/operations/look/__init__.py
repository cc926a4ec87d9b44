"""Reads what happens in a stack, and changes nothing."""
