"""Tokens: what was found right once is not believed for longer, nor under another key."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.core import security
from app.core.clock import now
from app.core.security import InvalidTokenError, issue_token, read_token

SECRET = "s" * 32
DAY = timedelta(days=1)


class TestReadToken:
    def test_says_whom_it_names_however_often(self):
        user_id = uuid4()
        token = issue_token(SECRET, user_id, 3, now(), DAY)
        assert [read_token(SECRET, token) for _ in range(3)] == [(user_id, 3)] * 3

    def test_refuses_at_its_end_what_was_read_before(self, monkeypatch: pytest.MonkeyPatch):
        issued = now().replace(microsecond=0)
        user_id = uuid4()
        token = issue_token(SECRET, user_id, 1, issued, DAY)
        read_token(SECRET, token)
        monkeypatch.setattr(security, "now", lambda: issued + DAY - timedelta(milliseconds=1))
        assert read_token(SECRET, token) == (user_id, 1)
        for late in (timedelta(0), timedelta(seconds=1), DAY):
            monkeypatch.setattr(security, "now", lambda late=late: issued + DAY + late)
            with pytest.raises(InvalidTokenError):
                read_token(SECRET, token)

    def test_refuses_under_another_secret_what_was_read_under_its_own(self):
        token = issue_token(SECRET, uuid4(), 1, now(), DAY)
        read_token(SECRET, token)
        for _ in range(2):
            with pytest.raises(InvalidTokenError):
                read_token("t" * 32, token)

    def test_refuses_a_changed_one_each_time(self):
        token = issue_token(SECRET, uuid4(), 1, now(), DAY)
        read_token(SECRET, token)
        head, claims, signature = token.split(".")
        other = issue_token(SECRET, uuid4(), 1, now(), DAY).split(".")[1]
        for changed in (f"{head}.{other}.{signature}", f"{head}.{claims}.{signature[::-1]}", f"{head}.{claims}."):
            for _ in range(2):
                with pytest.raises(InvalidTokenError):
                    read_token(SECRET, changed)
