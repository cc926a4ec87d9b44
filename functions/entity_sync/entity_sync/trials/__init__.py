"""Trials: what a sync would do, and what it has learned, told without doing anything."""
