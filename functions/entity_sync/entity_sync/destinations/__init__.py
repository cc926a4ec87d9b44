"""Where documents are booked: the port and its adapters."""
