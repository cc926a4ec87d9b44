"""Where documents are booked: the port (`port`) and its adapters."""
