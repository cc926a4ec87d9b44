"""Invoices, estimates, receipts and purchase invoices, with what hangs on them."""
