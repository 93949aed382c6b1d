"""The caller's own things."""

from datetime import date, datetime
from uuid import UUID

from app.domain.caller import Role
from app.domain.kinds import TransferKind
from app.schemas.areas import UnitRef
from app.schemas.fields import In, Nickname, Out
from app.schemas.members import EnrolmentStatus


class GrantHeld(Out):
    """A role that the caller holds."""

    role: Role
    area_id: UUID
    area_name: str


class Shop(Out):
    """A shop for which the caller may settle."""

    id: UUID
    name: str
    is_owner: bool


class Me(Out):
    """The caller. ``pending_nickname`` waits for its content check and is shown to nobody else; ``phone`` is the
    number that WeChat confirmed, masked; ``units`` are those for which they act, not where they work.
    """

    id: UUID
    nickname: str
    pending_nickname: str | None
    phone: str | None
    member_status: EnrolmentStatus | None
    volunteer_status: EnrolmentStatus | None
    grants: list[GrantHeld]
    shops: list[Shop]
    units: list[UnitRef]
    created_at: datetime
    actions: list[str]


class MeIn(In):
    """What the caller may change about themselves."""

    nickname: Nickname


class ExpiringPoints(Out):
    """Points that can be spent up to a day, that day included, or for ever."""

    expires_on: date | None
    points: int


class WaitingPoints(Out):
    """Points that can be spent from a day on."""

    available_on: date
    expires_on: date | None
    points: int


class PointsWarning(Out):
    """Word, given so many days before, that so many points were about to expire."""

    expires_on: date
    days_before: int
    points: int
    created_at: datetime


class Points(Out):
    """Whole points: what can be spent, what open vouchers hold, what waits. What expires first stands first."""

    spendable_points: int
    held_points: int
    waiting_points: int
    by_expiry: list[ExpiringPoints]
    waiting: list[WaitingPoints]
    warnings: list[PointsWarning]
    actions: list[str]


class PointsTransfer(Out):
    """One move of the caller's points; ``change_points`` is what it did to the spendable ones."""

    id: UUID
    kind: TransferKind
    change_points: int
    title: str
    created_at: datetime
    actions: list[str]
