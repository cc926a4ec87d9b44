"""The receiver under a stream of hostile requests: `python -m tests.fuzz REQUESTS [SEED]`."""
