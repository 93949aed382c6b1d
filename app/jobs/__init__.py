"""Jobs: the queue's wiring and the handlers, each its own unit of work. Running one twice changes nothing (I11)."""
