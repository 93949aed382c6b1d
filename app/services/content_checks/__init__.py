"""Content checks: what somebody wrote, the verdict on it, and what follows. Nothing is published unchecked (I10).

``asking`` says that words wait, ``judging`` asks WeChat, ``keeping`` writes down what came of it; ``things`` and
``words`` are the jobs between them.
"""
