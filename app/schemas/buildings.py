"""Buildings: as staff keep them, and as an address finds them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.domain import addresses
from app.domain.addresses import Fit
from app.schemas.areas import AreaRef
from app.schemas.fields import Check, Count, In, Numberless, Out
from app.schemas.locations import Location
from app.schemas.shapes import PlaceOut

HOUSEHOLDS_MAX = 10_000
ALIASES_MAX = 10


def check_findable(value: str) -> str:
    """Refuse what nobody could look for."""
    if not addresses.read(value).terms:
        raise PydanticCustomError("address_empty", "Neither a name nor a number is in it")
    return value


BuildingName = Annotated[
    str, StringConstraints(min_length=1, max_length=60), Check, Numberless, AfterValidator(check_findable)
]
"""幸福路12号院3号楼: the way to a building, never who lives there."""


class BuildingIn(In):
    """A building of a grid: its address as people write it, what else it is called, and perhaps where it stands."""

    name: BuildingName
    aliases: Annotated[list[BuildingName], Field(max_length=ALIASES_MAX, default_factory=list)]
    households: Annotated[Count, Field(ge=0, le=HOUSEHOLDS_MAX)] | None = None
    location: Location | None = None


class BuildingEditIn(BuildingIn):
    """Everything of a building anew; `area_id` is the grid it belongs to from now on."""

    area_id: UUID


class BuildingOut(Out):
    """A building as staff see it."""

    id: UUID
    area: AreaRef
    name: str
    aliases: list[str]
    households: int | None
    location: PlaceOut | None
    created_at: datetime
    actions: list[str]


class BuildingFoundOut(Out):
    """A building that fits an address, and its grid: `path` leads from the root to it."""

    id: UUID
    name: str
    matched_name: str
    """Its name, or the alias that fits better."""
    fit: Fit
    area_id: UUID
    path: list[AreaRef]
    actions: list[str]


class BuildingsFoundOut(Out):
    """The buildings that fit an address best, the best first."""

    items: list[BuildingFoundOut]
