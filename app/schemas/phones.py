"""Telephone numbers that WeChat confirmed."""

from datetime import datetime
from typing import Annotated

from pydantic import StringConstraints

from app.schemas.fields import Check, In, Out

PhoneCode = Annotated[str, StringConstraints(min_length=1, max_length=128), Check]


class PhoneIn(In):
    """The one-time code of the button ``getPhoneNumber``: another one than that of ``wx.login``, good for 5 minutes."""

    code: PhoneCode


class PhoneOut(Out):
    """The caller's number, of which three digits in front and two behind are left."""

    phone: str
    confirmed_at: datetime
    actions: list[str]
