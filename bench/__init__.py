"""The load harness: what a request of each hot route costs, next to the least that any route could cost."""
