"""From city and run to what travels: functions that build bodies, without any HTTP."""
