"""Finds what webhooks did not tell: reconciliation, backfill, and the health of Moneybird's webhook."""
