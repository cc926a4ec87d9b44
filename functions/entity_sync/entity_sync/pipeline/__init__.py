"""One entity: fetch, map, record, book, and tell."""
