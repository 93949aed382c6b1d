"""Whole maps: files of shapes read, matched with areas, checked before they are saved, and simplified for display."""
