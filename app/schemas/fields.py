"""Building blocks of the schemas: texts, pages, strict numbers."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from itertools import islice
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.domain import licence, text
from app.domain.shielding import mask_text


class In(BaseModel):
    """A payload. Unknown fields are refused, so that a misspelt one is not silently lost."""

    model_config = ConfigDict(extra="forbid", frozen=True)


PICTURES_MAX = 6
PictureIds = Annotated[
    tuple[UUID, ...], Field(max_length=PICTURES_MAX, description="of `POST /v1/media`, in the order to show them in")
]
"""Pictures of what is sent, each once."""


class Out(BaseModel):
    """An answer. Fields have no defaults: each is always there."""

    model_config = ConfigDict(extra="forbid", frozen=True)


FAULTS_MAX = 20


def named_faults(found: Iterable[Any], *before: str) -> list[dict[str, str]]:
    """Name each field that pydantic refused and what is wrong with it; what was sent is not repeated."""
    return [
        {"field": _place([*before, *item["loc"]]), "reason": str(item["type"])} for item in islice(found, FAULTS_MAX)
    ]


def _place(parts: Iterable[object]) -> str:
    return ".".join(str(part)[:64] for part in parts).encode("utf-8", "replace").decode()


def check_text(value: str) -> str:
    """Refuse characters that could break a screen, a log or a table, and text that nobody would see."""
    refused = text.find_refused(value)
    if refused is not None:
        raise PydanticCustomError("text_character", "The character {character} is not allowed", {"character": refused})
    if text.is_blank(value):
        raise PydanticCustomError("text_blank", "Nothing is written")
    return value


def check_licence(value: str) -> str:
    """Refuse what cannot be a licence number; small letters were made large before."""
    if not licence.is_valid(value):
        raise PydanticCustomError("licence_number", "The number or its check character is wrong")
    return value


def check_numberless(value: str) -> str:
    """Refuse what could be somebody's number (I12): everybody reads it."""
    if mask_text(value) != value:
        raise PydanticCustomError("personal_number", "A number of a person or a telephone has no place here")
    return value


FIRST_YEAR, LAST_YEAR = 2020, 2100
FIRST_DAY = date(1921, 1, 1)


def require_written(value: object) -> object:
    """Refuse a moment that is not written out: a number would be taken for seconds."""
    if not isinstance(value, str) or value.isdigit():
        raise PydanticCustomError("moment_form", "A moment is written as ISO 8601 with its offset")
    return value


def check_year(value: datetime) -> datetime:
    """Refuse moments far off, which some clocks and columns cannot tell."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("moment_range", "The year is not between 2020 and 2100")
    return value


def require_day(value: object) -> object:
    """Refuse a day that is not written out: numbers, in texts too, would be taken for seconds."""
    if not isinstance(value, str) or re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) is None:
        raise PydanticCustomError("day_form", "A day is written as ISO 8601, 2026-05-01")
    return value


def check_day(value: date) -> date:
    """Refuse days before the Party was founded, and those far off."""
    if not FIRST_DAY.year <= value.year <= LAST_YEAR:
        raise PydanticCustomError("day_range", "The year is not between 1921 and 2100")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(require_written), AfterValidator(check_year)]
Day = Annotated[date, BeforeValidator(require_day), AfterValidator(check_day)]
"""A day where the product's people live."""
Check = AfterValidator(check_text)
Numberless = AfterValidator(check_numberless)
Nickname = Annotated[str, StringConstraints(min_length=1, max_length=20), Check]
ShopName = Annotated[str, StringConstraints(min_length=1, max_length=30), Check]
OfferTitle = Annotated[str, StringConstraints(min_length=1, max_length=40), Check]
Title = Annotated[str, StringConstraints(min_length=1, max_length=60), Check]
Body = Annotated[str, StringConstraints(min_length=1, max_length=2000), Check]
Note = Annotated[str, StringConstraints(min_length=1, max_length=500), Check]
PublicNote = Annotated[Note, Numberless]
LicenceNumber = Annotated[
    str, StringConstraints(to_upper=True, min_length=18, max_length=18), AfterValidator(check_licence)
]
PaperTitle = Annotated[str, StringConstraints(min_length=1, max_length=40), Check]
PaperReference = Annotated[str, StringConstraints(min_length=1, max_length=200), Check]
TypedCode = Annotated[str, StringConstraints(min_length=1, max_length=16), Check]
DocumentTitle = Annotated[str, StringConstraints(min_length=1, max_length=200), Check]
AddressQuery = Annotated[str, StringConstraints(min_length=1, max_length=100), Check]
Skill = Annotated[str, StringConstraints(min_length=1, max_length=20), Check]
Profession = Annotated[str, StringConstraints(min_length=1, max_length=30), Check]
Count = Annotated[int, Field(strict=True)]

Item = TypeVar("Item")


class Page(Out, Generic[Item]):
    """A part of a list; ``next_cursor`` is null at its end."""

    items: list[Item]
    next_cursor: str | None
