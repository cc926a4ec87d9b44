"""The sample webhooks: sent, followed to their end, and shown."""
