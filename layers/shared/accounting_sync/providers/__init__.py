"""HTTP clients of Moneybird and Moment."""
