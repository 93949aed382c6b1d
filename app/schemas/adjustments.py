"""Adjustments of points by hand, donations, and what an auditor reads."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from app.domain.kinds import AdjustmentKind, AnomalyKind
from app.schemas.areas import AreaRef
from app.schemas.fields import Count, DocumentTitle, In, Note, Out

AdjustmentStatus = Literal["proposed", "approved", "refused"]
POINTS_MAX = 100_000


def _check_not_zero(points: int) -> int:
    if points == 0:
        raise PydanticCustomError("points_zero", "Nothing would move")
    return points


SignedPoints = Annotated[Count, Field(ge=-POINTS_MAX, le=POINTS_MAX), AfterValidator(_check_not_zero)]


class AdjustmentIn(In):
    """Points to give (above zero) or to take (below), why, and the title or file number of the paper behind it."""

    user_id: UUID
    area_id: UUID
    points: SignedPoints
    reason: Note
    document: DocumentTitle


class AwardReversalIn(In):
    """Why a service was none, and the title or file number of the paper that says so."""

    reason: Note
    document: DocumentTitle


class Somebody(Out):
    """A person as others see them."""

    nickname: str


class AdjustmentOut(Out):
    """What a hand does or did to somebody's points, and every hand in it.

    ``points_taken`` and ``shortfall`` are of an approved reversal: what was found to take back, and what was not.
    """

    id: UUID
    kind: AdjustmentKind
    area: AreaRef
    holder: Somebody
    points: int
    reason: str
    document: str
    claim_id: UUID | None
    status: AdjustmentStatus
    proposed_by: Somebody
    created_at: datetime
    decided_by: Somebody | None
    decided_at: datetime | None
    refusal_reason: str | None
    points_taken: int | None
    shortfall: int | None
    actions: list[str]


class DonationIn(In):
    """How many points for which community."""

    area_id: UUID
    points: Annotated[Count, Field(ge=1, le=POINTS_MAX)]


class DonationOut(Out):
    """What the caller gave."""

    id: UUID
    area: AreaRef
    points: int
    created_at: datetime
    actions: list[str]


class FundOut(Out):
    """What an area's neighbours gave to it; those of the areas below are not counted in."""

    area: AreaRef
    points: int
    donation_count: int
    actions: list[str]


class AnomalyPerson(Out):
    """Somebody in a pattern. The id tells people of one nickname apart."""

    id: UUID
    nickname: str
    part: Literal["verifier", "claimant", "holder", "clerk"]


class AnomalyShop(Out):
    """A shop in a pattern."""

    id: UUID
    name: str


class AnomalyOut(Out):
    """A pattern to look at, never a verdict: ``count`` out of ``total`` between ``since`` and ``until``.

    ``area``, ``shop``, ``people`` and ``day`` say whom and what it is about, as far as the kind has them.
    """

    kind: AnomalyKind
    area: AreaRef | None
    shop: AnomalyShop | None
    people: list[AnomalyPerson]
    day: date | None
    count: int
    total: int | None
    since: datetime
    until: datetime
    explanation: str
    actions: list[str]


class Anomalies(Out):
    """The most striking ones of each kind."""

    items: list[AnomalyOut]
