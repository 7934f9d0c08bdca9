"""The people, the clock and the files of the acceptance test that plays the programme's first year in the browser."""
