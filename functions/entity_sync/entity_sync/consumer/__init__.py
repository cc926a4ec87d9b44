"""Messages of the queue: a batch, each event in it, and the failure policy."""
