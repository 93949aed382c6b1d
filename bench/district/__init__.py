"""What it costs to take a real-size district in, to find a point's grid and to draw up a plan of lendings."""
