"""Pledges 承接: seats that a team or a branch takes, and the people whom it names for them."""
