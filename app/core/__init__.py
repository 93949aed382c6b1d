"""What every part stands on and what knows nothing of wishes, points or merchants."""
