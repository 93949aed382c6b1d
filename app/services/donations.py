"""Donations: what people give of their points to their community's fund. Points are given to nobody else."""

from typing import Any
from uuid import UUID

from asyncpg import Connection

from app import ledger
from app.core.clock import today
from app.core.db import Reads, insert
from app.core.ids import new_id
from app.domain.caller import Caller
from app.domain.errors import Problem
from app.domain.lifecycle import Party
from app.models.donation import Donation
from app.schemas.adjustments import DonationIn
from app.services import transitions
from app.services.transitions import Mover

FUND_OWNERS = ("community",)
FIND_AREA = "SELECT name, kind FROM area WHERE id = $1"
FUND = f"""
    SELECT a.id, a.name, a.kind, a.closed_at, {ledger.FUND_POINTS_SQL.format(area_id="a.id")} AS points,
        (SELECT count(*) FROM donation d WHERE d.area_id = a.id) AS donation_count
    FROM area a WHERE a.id = $1
"""


async def give(connection: Connection, caller: Caller, form: DonationIn) -> dict[str, Any]:
    """Give the caller's points to a community, those that expire first. Locks the caller's balances.

    Raises ``area-unknown``, ``area-not-a-community``, ``points-insufficient``.
    """
    area = await connection.fetchrow(FIND_AREA, form.area_id)
    if area is None:
        raise Problem("area-unknown")
    if area["kind"] not in FUND_OWNERS:
        raise Problem("area-not-a-community")
    donation = Donation(id=new_id(), user_id=caller.id, area_id=form.area_id, points=form.points)
    row = await insert(connection, donation)
    await transitions.log(connection, "donation", donation.id, "give", "given", Mover(Party.AUTHOR, caller.id))
    await ledger.donate(connection, caller.id, form.points, donation.id, area_id=form.area_id, today=today())
    return {
        "id": donation.id,
        "area": {"id": form.area_id, "name": area["name"]},
        "points": form.points,
        "created_at": row["created_at"],
        "actions": [],
    }


async def get_fund(reads: Reads, caller: Caller | None, area_id: UUID) -> dict[str, Any]:
    """Return what was given to an area. Raises ``not-found``."""
    row = await reads.fetchrow(FUND, area_id)
    if row is None:
        raise Problem("not-found")
    takes_more = row["kind"] in FUND_OWNERS and row["closed_at"] is None
    return {
        "area": {"id": row["id"], "name": row["name"]},
        "points": int(row["points"]),
        "donation_count": row["donation_count"],
        "actions": ["donate"] if caller is not None and takes_more else [],
    }
