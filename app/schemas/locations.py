"""Places: points in GCJ-02, and in words."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from app.schemas.fields import Check, In, Out

Place = Annotated[str, StringConstraints(min_length=1, max_length=100), Check]


class Location(In):
    """A point in GCJ-02, as WeChat gives it."""

    longitude: Annotated[Decimal, Field(ge=-180, le=180)]
    latitude: Annotated[Decimal, Field(ge=-90, le=90)]


class PointOut(Out):
    """A point in GCJ-02."""

    longitude: float
    latitude: float
