"""Shapes of many areas at once: checked, saved, handed out, simplified for display."""
