"""Wire models of the office, by subject."""
