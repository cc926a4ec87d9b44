"""Control totals: what the ledger says was booked, against Moneybird's own reports, to the cent."""
