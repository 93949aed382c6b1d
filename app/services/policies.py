"""Points policies of areas: a new version never changes an older one; what is in force is read along the lineage."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record
from pydantic_core import to_json

from app.core.clock import now
from app.core.db import Reads
from app.core.ids import new_id
from app.domain import points
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import Expiry, TaskKind, WishCategory
from app.domain.lifecycle import Party
from app.domain.points import FIELDS, Policy, Rate, Terms, Version
from app.schemas.policies import PolicyIn
from app.services import transitions
from app.services.pages import PageRequest, page
from app.services.transitions import Mover

# Whoever makes a version waits for the one before, and then counts on from it.
LOCK_AREA = "SELECT lineage && $2::uuid[] AS in_scope FROM area WHERE id = $1 FOR NO KEY UPDATE"
INSERT = """
    INSERT INTO points_policy (id, area_id, version, effective_from, rates, day_cap, month_cap, balance_cap,
        first_redemption_threshold, waiting_days, expiry, expiry_months, created_by, created_at)
    SELECT $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
    FROM points_policy WHERE area_id = $2
"""
VIEW = """
    SELECT p.*, a.name AS area_name FROM points_policy p JOIN area a ON a.id = p.area_id
"""
GET = f"{VIEW} WHERE p.id = $1"
LIST = f"""
    {VIEW} WHERE p.area_id = $1
        AND p.version < coalesce((SELECT last.version FROM points_policy last WHERE last.id = $2), 2147483647)
    ORDER BY p.version DESC LIMIT $3
"""
# Each area from the root to $1 with its version in force at $2, if it has one.
IN_FORCE = """
    SELECT above.id AS lineage_id, above.name AS area_name, p.*
    FROM area a, unnest(a.lineage) WITH ORDINALITY AS step (id, place) JOIN area above ON above.id = step.id
    LEFT JOIN LATERAL (
        SELECT x.* FROM points_policy x WHERE x.area_id = step.id AND x.effective_from <= $2
        ORDER BY x.version DESC LIMIT 1
    ) AS p ON true
    WHERE a.id = $1 ORDER BY step.place
"""
THRESHOLD_SQL = """(
    SELECT p.first_redemption_threshold
    FROM area a, unnest(a.lineage) WITH ORDINALITY AS step (id, place) CROSS JOIN LATERAL (
        SELECT x.first_redemption_threshold FROM points_policy x
        WHERE x.area_id = step.id AND x.effective_from <= now() ORDER BY x.version DESC LIMIT 1
    ) AS p
    WHERE a.id = {area_id} AND p.first_redemption_threshold IS NOT NULL ORDER BY step.place DESC LIMIT 1
)"""
"""What somebody must have been awarded before their first voucher, or NULL; format it with the area's id."""


async def add(connection: Connection, caller: Caller, form: PolicyIn) -> UUID:
    """Give an area a new version of its policy; return its id. Locks the area's row.

    Raises ``area-unknown``, ``not-allowed`` for an area that the caller does not administer, ``policy-in-the-past``.
    """
    area = await connection.fetchrow(LOCK_AREA, form.area_id, caller.scope(Role.ADMINISTRATOR))
    if area is None:
        raise Problem("area-unknown")
    if not area["in_scope"]:
        raise Problem("not-allowed")
    moment = now()
    if form.effective_from is not None and form.effective_from < moment:
        raise Problem("policy-in-the-past")
    policy_id = new_id()
    rates = None if form.rates is None else to_json([rate.model_dump() for rate in form.rates]).decode()
    await connection.execute(
        INSERT,
        policy_id,
        form.area_id,
        form.effective_from or moment,
        rates,
        *(getattr(form, name) for name in (*FIELDS[1:], "expiry_months")),
        caller.id,
        moment,
    )
    await transitions.log(connection, "points_policy", policy_id, "create", "active", Mover(Party.STAFF, caller.id))
    return policy_id


async def find(reads: Reads, area_id: UUID, moment: datetime, default: Terms = points.DEFAULT) -> Policy:
    """Return what holds in an area at ``moment``; for an area that is not there, the default."""
    rows = await reads.fetch(IN_FORCE, area_id, moment)
    return _resolve(rows, moment, default)


async def get(reads: Reads, policy_id: UUID) -> dict[str, Any]:
    """Return one version, which is there."""
    row = await reads.fetchrow(GET, policy_id)
    assert row is not None, "versions are never deleted"
    return _view(row)


async def list_of_area(reads: Reads, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the versions of one area's own policy, newest first."""
    rows = await reads.fetch(LIST, area_id, request.below("policies", area_id), request.rows)
    return page(rows, request, _view, "policies", area_id)


async def get_effective(reads: Reads, caller: Caller | None, area_id: UUID, default: Terms) -> dict[str, Any]:
    """Return what holds in an area now, and for each field the area that says so. Raises ``not-found``."""
    moment = now()
    rows = await reads.fetch(IN_FORCE, area_id, moment)
    if not rows:
        raise Problem("not-found")
    policy = _resolve(rows, moment, default)
    names = {row["lineage_id"]: row["area_name"] for row in rows}
    terms = _words(policy.terms)
    administered = set(caller.scope(Role.ADMINISTRATOR)) if caller else set()
    return {
        "area": {"id": area_id, "name": names[area_id]},
        "effective_at": moment,
        "policy_ids": policy.version_ids,
        **{
            name: {
                "value": terms[name],
                "area": None if origin is None else {"id": origin, "name": names[origin]},
            }
            for name, origin in policy.origins.items()
        },
        "expiry_months": terms["expiry_months"],
        "actions": ["add_version"] if administered & names.keys() else [],
    }


def _resolve(rows: Iterable[Record], moment: datetime, default: Terms) -> Policy:
    rows = list(rows)
    return points.resolve(
        [row["lineage_id"] for row in rows],
        [_version(row) for row in rows if row["id"] is not None],
        moment,
        default,
    )


def _version(row: Record) -> Version:
    return Version(
        id=row["id"],
        area_id=row["area_id"],
        version=row["version"],
        effective_from=row["effective_from"],
        rates=None if row["rates"] is None else tuple(map(_rate, json.loads(row["rates"]))),
        expiry=None if row["expiry"] is None else Expiry(row["expiry"]),
        **{name: row[name] for name in (*FIELDS[1:-1], "expiry_months")},
    )


def _rate(written: dict[str, Any]) -> Rate:
    category = written["category"]
    return Rate(
        kind=TaskKind(written["kind"]),
        category=None if category is None else WishCategory(category),
        points=written["points"],
        points_per_hour=written["points_per_hour"],
    )


def _words(terms: Terms | Version) -> dict[str, Any]:
    """Return the fields of a policy as an answer has them."""
    rates = terms.rates and [
        {"kind": rate.kind, "category": rate.category, "points": rate.points, "points_per_hour": rate.points_per_hour}
        for rate in terms.rates
    ]
    return {name: getattr(terms, name) for name in (*FIELDS, "expiry_months")} | {"rates": rates}


def _view(row: Record) -> dict[str, Any]:
    return {
        "id": row["id"],
        "area": {"id": row["area_id"], "name": row["area_name"]},
        "version": row["version"],
        "effective_from": row["effective_from"],
        **_words(_version(row)),
        "created_at": row["created_at"],
        "actions": [],
    }
