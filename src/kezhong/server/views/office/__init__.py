"""What the office shows, as values for the wire, by subject."""
