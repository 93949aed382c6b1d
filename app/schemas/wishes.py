"""Wishes, in the form for everybody and the form for those whom one concerns."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.domain.kinds import WishCategory
from app.schemas.areas import AreaRef
from app.schemas.fields import Body, In, Note, Out, PictureIds, Title
from app.schemas.media import CoverOut, PictureOut

WishStatus = Literal[
    "checking",
    "reviewing",
    "published",
    "claimed",
    "delivered",
    "disputed",
    "fulfilled",
    "rejected",
    "withdrawn",
    "expired",
]


class WishIn(In):
    """A wish for the grid where help is needed."""

    area_id: UUID
    category: WishCategory
    title: Title
    body: Body
    picture_ids: PictureIds = ()


class WishConfirmIn(In):
    """The resident's word on a delivery."""

    rating: Annotated[int, Field(ge=1, le=5, strict=True)]
    thanks: Note | None = None


class Poster(Out):
    """Whoever posted, as others see them."""

    nickname: str


class WishTask(Out):
    """The task that the wish opened."""

    id: UUID
    seats: int
    seats_taken: int
    reward_points: int
    hourly_points: int


class WishSharedOut(Out):
    """What lists and details say of a wish alike."""

    id: UUID
    area: AreaRef
    category: WishCategory
    title: str
    body: str
    status: WishStatus
    poster: Poster
    task: WishTask | None
    created_at: datetime
    published_at: datetime | None
    actions: list[str]


class WishCardOut(WishSharedOut):
    """A wish in a list, with the first of its pictures that has passed its check."""

    cover: CoverOut | None


class WishOut(WishSharedOut):
    """A wish as everybody sees it."""

    pictures: list[PictureOut]


class Delivery(Out):
    """What the helper says of the delivery and its time; ``claim_id`` is what staff verify, return or refuse."""

    claim_id: UUID
    helper: Poster
    note: str | None
    pictures: list[PictureOut]
    minutes: int | None
    done_percent: int | None
    submitted_at: datetime | None


class WishEvent(Out):
    """One step of the wish's life."""

    action: str
    to_state: str
    note: str | None
    created_at: datetime


class WishForPartiesOut(WishOut):
    """A wish as its author, its helper and the staff of its area see it; others see none from ``hidden_at`` on."""

    delivery: Delivery | None
    hidden_at: datetime | None
    rating: int | None
    thanks: str | None
    history: list[WishEvent]
