"""Who is asking: the caller, the grants they hold, and what they are to a thing (pure)."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from app.domain.kinds import ComplaintPart
from app.domain.lifecycle import Party


class Role(StrEnum):
    """What a grant allows on an area and everything below it."""

    ADMINISTRATOR = "administrator"  # grants roles, and may do what staff and alliance may
    STAFF = "staff"  # reviews wishes, verifies service, approves members
    ALLIANCE = "alliance"  # approves merchants and their offers
    AUDITOR = "auditor"  # reads what hands did to points and what looks odd; changes nothing


ACTING_ROLES = {
    Role.STAFF: frozenset({Role.STAFF, Role.ADMINISTRATOR}),
    Role.ALLIANCE: frozenset({Role.ALLIANCE, Role.ADMINISTRATOR}),
    Role.AUDITOR: frozenset({Role.AUDITOR, Role.ADMINISTRATOR}),
    Role.ADMINISTRATOR: frozenset({Role.ADMINISTRATOR}),
}
"""Which grants let somebody act in a role."""


@dataclass(frozen=True, slots=True)
class HeldGrant:
    """A role that the caller holds on ``area_id`` and all below it."""

    role: Role
    area_id: UUID


@dataclass(frozen=True, slots=True)
class Caller:
    """A logged-in person as one statement finds them."""

    id: UUID
    is_helper: bool = False
    grants: tuple[HeldGrant, ...] = ()
    shop_ids: frozenset[UUID] = field(default_factory=frozenset)

    def scope(self, role: Role) -> list[UUID]:
        """Return the areas on which the caller may act as ``role``, tops only."""
        accepted = ACTING_ROLES[role]
        return [grant.area_id for grant in self.grants if grant.role in accepted]


NOBODY: frozenset[Party] = frozenset()
_AUTHOR = frozenset({Party.AUTHOR})
_JOINER = frozenset({Party.JOINER})
_CLAIMANT = frozenset({Party.CLAIMANT})
_HELPER = frozenset({Party.HELPER})
_STAFF = frozenset({Party.STAFF})
_OWNER = frozenset({Party.OWNER})
_ALLIANCE = frozenset({Party.ALLIANCE})
_UNIT = frozenset({Party.UNIT})
_STAFF_HELPER = frozenset({Party.STAFF, Party.HELPER})


def parties_to_service(
    caller: Caller | None,
    *,
    author_id: UUID,
    claimant_id: UUID | None,
    in_scope: bool,
    is_complainant: bool = False,
) -> frozenset[Party]:
    """Return what ``caller`` is to a wish, its task or a claim on it; ``in_scope`` says that it lies in their areas.

    Whoever asked for the service, complained of what it is for or gives it is never staff to it, whatever grants they
    hold (I2).
    """
    if caller is None:
        return NOBODY
    if caller.id == author_id:
        return _AUTHOR
    if caller.id == claimant_id:
        return _CLAIMANT
    if in_scope:
        if is_complainant:
            return _JOINER
        return _STAFF_HELPER if caller.is_helper else _STAFF
    return _HELPER if caller.is_helper else NOBODY


def parties_to_complaint(part: ComplaintPart | None, *, handles: bool) -> frozenset[Party]:
    """Return what somebody is to a complaint; ``handles`` says that the area that has to act lies in their areas.

    Whoever complained or joined in decides nothing about it as staff (I2).
    """
    if part is not None:
        return _AUTHOR if part == ComplaintPart.AUTHOR else _JOINER
    return _STAFF if handles else NOBODY


def parties_to_step(part: ComplaintPart | None, *, works: bool, handles: bool) -> frozenset[Party]:
    """Return what somebody is to a unit's step in a complaint; ``works`` says that they act for the unit.

    Whoever acts for the unit does not judge its answer as staff, nor does whoever complained (I2).
    """
    if part is None and works:
        return _UNIT
    return parties_to_complaint(part, handles=handles)


def parties_to_team(caller: Caller | None, *, leader_id: UUID | None, in_scope: bool) -> frozenset[Party]:
    """Return what ``caller`` is to a team; who leads it decides nothing about it as staff (I2)."""
    if caller is None:
        return NOBODY
    if caller.id == leader_id:
        return _OWNER
    return _STAFF if in_scope else NOBODY


def parties_to_team_member(
    caller: Caller, *, user_id: UUID | None, leader_id: UUID | None, in_scope: bool
) -> frozenset[Party]:
    """Return what ``caller`` is to somebody's place in a team; nobody admits themselves (I2)."""
    if caller.id == user_id:
        return _AUTHOR
    return parties_to_team(caller, leader_id=leader_id, in_scope=in_scope)


def parties_to_pledge(
    caller: Caller | None, *, leader_id: UUID | None, in_scope: bool, is_inside: bool
) -> frozenset[Party]:
    """Return what ``caller`` is to seats that a group took; who is in the group and helps may have one of them."""
    if caller is None:
        return NOBODY
    parties = parties_to_team(caller, leader_id=leader_id, in_scope=in_scope)
    return parties | _HELPER if is_inside and caller.is_helper else parties


def parties_to_candidacy(caller: Caller, *, user_id: UUID | None, is_rival: bool, in_scope: bool) -> frozenset[Party]:
    """Return what ``caller`` is to somebody's standing for secretary of a branch.

    Nobody decides on themselves, nor as a rival: who stands for the same office or holds it (I2).
    """
    if caller.id == user_id:
        return _AUTHOR
    if in_scope:
        return _JOINER if is_rival else _STAFF
    return NOBODY


def parties_to_call_out(caller: Caller, *, ordered_by: UUID, in_scope: bool) -> frozenset[Party]:
    """Return what ``caller`` is to a call-out; who ordered it is never who confirms it (I2)."""
    if not in_scope:
        return NOBODY
    return _AUTHOR if caller.id == ordered_by else _STAFF


def parties_to_order(*, orders: bool) -> frozenset[Party]:
    """Return what somebody is to an order; ``orders`` says that the area that ordered lies in their areas."""
    return _OWNER if orders else NOBODY


def parties_to_order_part(
    caller: Caller, *, reported_by: UUID | None, orders: bool, executes: bool
) -> frozenset[Party]:
    """Return what ``caller`` is to an area's part in an order.

    ``executes`` says that they are staff of the area, or of one between it and the area that ordered. Whoever reported
    it decides nothing about that report, whatever else they are (I2).
    """
    ordering = (_AUTHOR if caller.id == reported_by else _OWNER) if orders else NOBODY
    return ordering | (_STAFF if executes else NOBODY)


def parties_to_settlement(
    caller: Caller, *, owner_id: UUID | None, merchant_id: UUID, in_scope: bool
) -> frozenset[Party]:
    """Return what ``caller`` is to a shop's settlement; nobody who works for the shop acts for the alliance (I2)."""
    if caller.id == owner_id:
        return _OWNER
    return _ALLIANCE if in_scope and merchant_id not in caller.shop_ids else NOBODY


def parties_to_application(
    caller: Caller, *, applicant_id: UUID | None, in_scope: bool, decider: Party
) -> frozenset[Party]:
    """Return what ``caller`` is to an application that a ``decider`` of the area decides; never to their own (I2)."""
    if caller.id == applicant_id:
        return _AUTHOR
    return frozenset({decider}) if in_scope else NOBODY


def parties_to_adjustment(caller: Caller, *, interested_ids: AbstractSet[UUID], in_scope: bool) -> frozenset[Party]:
    """Return what ``caller`` is to an adjustment of points.

    Whoever proposed it, whose points they are and who asked for the service decide nothing about it (I2).
    """
    if caller.id in interested_ids:
        return _AUTHOR
    return _STAFF if in_scope else NOBODY
