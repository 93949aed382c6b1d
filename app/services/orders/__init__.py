"""Orders (派单, 统分结合): one area orders, those below confirm, work, report, and are accepted."""
