"""Logging in."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from app.schemas.fields import Check, In, Out
from app.schemas.me import Me

LoginCode = Annotated[str, StringConstraints(min_length=1, max_length=128), Check]


class LoginIn(In):
    """The one-time code of ``wx.login``."""

    code: LoginCode


class LoginOut(Out):
    """A bearer token and whom it names."""

    token: str
    expires_at: datetime
    me: Me
