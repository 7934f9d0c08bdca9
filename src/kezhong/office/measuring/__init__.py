"""Measured, not claimed: targets against figures, the two coverages, re-measurement, verification, objections.

The office reads what the assessment wrote, by key; it computes no figure. What it counts itself is its own: pilots,
and the communities of the built-up area inside accepted circles.
"""
