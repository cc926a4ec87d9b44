"""How requests are read and answered: bodies, fields, lists, errors, rate limit."""
