"""Faults on purpose: servers are killed amid scans, and what was said and what is in the books is held together."""
