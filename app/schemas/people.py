"""People by name and telephone number."""

from typing import Annotated

from pydantic import StringConstraints

from app.schemas.fields import Check, In, Out

PersonName = Annotated[str, StringConstraints(min_length=1, max_length=30), Check]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?(?:[0-9][ -]?){6,17}[0-9]$")]


class ContactIn(In):
    """Name and telephone number: together they tell who somebody is."""

    name: PersonName
    phone: Phone


class ContactOut(Out):
    """Name and telephone number as their reader may see them; answers to writes mask both."""

    name: str
    phone: str
