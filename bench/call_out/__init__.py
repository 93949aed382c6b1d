"""A call-out in real size: everybody told, everybody answering at once, everybody counted."""
