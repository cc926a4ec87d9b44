"""Keeps the pipeline moving without a webhook: sweep, dead letters, replay, unlink."""
