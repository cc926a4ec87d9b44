"""Receives the webhooks of Moment and Moneybird: verify, store, publish, answer."""
