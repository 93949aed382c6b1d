"""What goes in and comes out over HTTP. In: everything is checked and nothing unknown is let pass. Out: no defaults."""
