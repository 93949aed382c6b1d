"""Near duplicates and routing, measured on texts that the code was not made with."""
