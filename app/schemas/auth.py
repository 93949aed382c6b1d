"""Logging in."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from app.schemas.fields import Check, In, Out
from app.schemas.me import Me

LoginCode = Annotated[str, StringConstraints(min_length=1, max_length=128), Check]
DeviceName = Annotated[str, StringConstraints(min_length=1, max_length=128), Check]


class LoginIn(In):
    """The one-time code of ``wx.login``, and a name that the mini-program made up for the phone it runs on.

    ``device`` is kept as a keyed hash alone, to see when a shop's customers use the phone behind its counter.
    """

    code: LoginCode
    device: DeviceName | None = None


class LoginOut(Out):
    """A bearer token and whom it names."""

    token: str
    expires_at: datetime
    me: Me
