"""Hours of the week, as offers, teams and venues have them."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.schemas.fields import In, Out

HOURS_MAX = 14


class HoursIn(In):
    """On these days of the week (1 is Monday), from and to these times of the day; 24:00 is the end of the day."""

    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7, strict=True)]], Field(min_length=1, max_length=7)]
    opens: Annotated[str, Field(alias="from", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    closes: Annotated[str, Field(alias="to", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]

    @model_validator(mode="after")
    def check_days(self) -> Self:
        """Refuse a day named twice, and hours that end as they begin."""
        if len(set(self.weekdays)) != len(self.weekdays):
            raise PydanticCustomError("weekday_twice", "A day of the week is named twice")
        if self.opens == self.closes:
            raise PydanticCustomError("hours_empty", "The hours end as they begin; a whole day is 00:00 to 24:00")
        return self


class OpeningHoursIn(HoursIn):
    """When the shop serves: on these days of the week (1 is Monday), from and to these times of the day."""

    @model_validator(mode="after")
    def check_order(self) -> Self:
        """Refuse hours that end before they begin."""
        if self.opens > self.closes:
            raise PydanticCustomError("hours_order", "The hours end before they begin")
        return self


class VenueHoursIn(HoursIn):
    """When the venue is open: on these days of the week (1 is Monday); a `to` before its `from` is of the next day."""


class OpeningHoursOut(Out):
    """When it is open; a `to` before its `from` is of the next day."""

    weekdays: list[int]
    opens: Annotated[str, Field(alias="from")]
    closes: Annotated[str, Field(alias="to")]
