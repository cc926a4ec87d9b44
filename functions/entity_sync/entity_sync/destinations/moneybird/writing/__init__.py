"""Writing to Moneybird exactly once: look up, compare, create or update, or only plan it."""
