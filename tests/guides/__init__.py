"""The README and the guides, read as a reader follows them: every command in them is run."""
