"""Lending people between grids: plans, their lines, the people asked, and their loans; ``docs/strength.md``."""
