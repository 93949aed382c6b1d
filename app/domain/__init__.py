"""The rules: states, policies, errors and words. Pure: no I/O, no clock, no framework."""
