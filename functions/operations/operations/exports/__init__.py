"""The books of a year for an accountant: read from the ledger and from Moneybird, page by page."""
