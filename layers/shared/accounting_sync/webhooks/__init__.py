"""Webhook events: what they hold, where they are kept, and the queue that carries them."""
