"""Processes, their ports, and what is said of their progress."""
