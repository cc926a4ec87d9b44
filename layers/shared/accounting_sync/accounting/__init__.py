"""Documents in their canonical form, the money in them, and what the event bus is told of them."""
