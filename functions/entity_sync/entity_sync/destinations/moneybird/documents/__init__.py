"""What each kind of document becomes at Moneybird: its fields and its line items."""
