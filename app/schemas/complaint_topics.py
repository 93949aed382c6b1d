"""What complaints are about: categories, proposals, and what others complained of before."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import Urgency
from app.schemas.areas import UnitRef
from app.schemas.complaints import CategoryRef, ComplaintOut
from app.schemas.fields import Check, In, Out, Title

ASKED_MAX = 500
"""Characters of a text that a question carries: what it is about stands at its beginning."""


def check_word(value: str) -> str:
    """Refuse what has neither a letter nor a figure: no text in its one form holds it."""
    if not any(character.isalnum() for character in value):
        raise PydanticCustomError("word_blank", "Nothing in it can be read")
    return value


Word = Annotated[str, StringConstraints(min_length=1, max_length=20), Check, AfterValidator(check_word)]
CategoryName = Annotated[str, StringConstraints(min_length=1, max_length=20), Check]


class SimilarQuery(In):
    """A complaint that is being written: its words, and its area or the point where it is, in GCJ-02."""

    title: Title
    body: Annotated[str, StringConstraints(max_length=ASKED_MAX)] = ""
    area_id: UUID | None = None
    longitude: Annotated[float | None, Field(ge=-180, le=180)] = None
    latitude: Annotated[float | None, Field(ge=-90, le=90)] = None

    @model_validator(mode="after")
    def check_place(self) -> Self:
        """Refuse half a point, and a question about nowhere."""
        if (self.longitude is None) != (self.latitude is None):
            raise PydanticCustomError("point_whole", "A point has a longitude and a latitude")
        if self.area_id is None and self.longitude is None:
            raise PydanticCustomError("place_missing", "Either area_id or a point says where")
        return self


class ProposalOut(Out):
    """Where a complaint would go, and the words of it that say so; null where nothing speaks for any category."""

    category: CategoryRef | None
    urgency: Urgency | None
    unit: UnitRef | None
    words: list[str]


class SimilarOut(Out):
    """What others complained of before, the most alike first, and where this one would go."""

    items: list[ComplaintOut]
    proposal: ProposalOut


class CategoryIn(In):
    """A category as it shall be; ``words`` speak for it in a text."""

    name: CategoryName
    urgency: Urgency
    words: Annotated[list[Word], Field(max_length=300)]
    is_active: Annotated[bool, Field(strict=True)]


class CategoryOut(Out):
    """A category; one that is not active is not chosen any more. A confidential one never stands on a wall."""

    code: str
    name: str
    urgency: Urgency
    is_confidential: bool
    is_active: bool
    actions: list[str]


class CategoryForAdministratorOut(CategoryOut):
    """A category with the words that speak for it, and how many complaints were learned from."""

    words: list[str]
    learned: int


class CategoriesOut(Out):
    """All categories in their order."""

    items: list[CategoryForAdministratorOut | CategoryOut]
