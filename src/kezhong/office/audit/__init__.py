"""The audit: what changed, by whom, from where, why – in a chain that shows alteration, truncation and rewriting."""
