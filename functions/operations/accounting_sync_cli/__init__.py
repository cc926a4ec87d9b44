"""The command line `accounting-sync`: asks a stack's functions, and touches nothing else of it."""
