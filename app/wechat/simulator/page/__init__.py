"""The control page: what the simulator sees, as on a phone, and faults by forms; HTML from the server, no script."""
