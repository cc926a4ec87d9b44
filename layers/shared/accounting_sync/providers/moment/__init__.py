"""Moment's API, as far as it is known."""
