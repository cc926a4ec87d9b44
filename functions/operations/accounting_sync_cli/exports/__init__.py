"""Commands that write the books of a year into files."""
