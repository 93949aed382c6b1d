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
from app.domain import points
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import Expiry, TaskKind, WishCategory
from app.domain.points import FIELDS, Policy, Rate, Terms, Version
from app.schemas.policies import PolicyIn
from app.services import area_versions
from app.services.pages import PageRequest, page

TABLE = "points_policy"
VIEW = f"SELECT v.*, a.name AS area_name FROM {TABLE} v JOIN area a ON a.id = v.area_id"
GET = f"{VIEW} WHERE v.id = $1"
LIST = area_versions.list_sql(VIEW, TABLE)
IN_FORCE = area_versions.in_force_sql(TABLE)
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
    rates = None if form.rates is None else to_json([rate.model_dump() for rate in form.rates]).decode()
    says = {name: getattr(form, name) for name in (*FIELDS, "expiry_months")} | {"rates": rates}
    in_the_past = Problem("policy-in-the-past")
    return await area_versions.append(
        connection, caller, TABLE, form.area_id, form.effective_from, says, if_past=in_the_past
    )


async def find(reads: Reads, area_id: UUID, moment: datetime, default: Terms = points.DEFAULT) -> Policy:
    """Return what holds in an area at ``moment``; for an area that is not there, the default."""
    rows = await reads.fetch(IN_FORCE, area_id, moment)
    return _resolve(rows, moment, default)


async def promise(
    reads: Reads, area_id: UUID, kind: TaskKind, base_points: int, category: WishCategory | None = None
) -> Rate:
    """Return what a task of a kind, and a wish of its category, promises now in an area, for ever from then on.

    It is what the policy of the area says; where none does, ``base_points``.
    """
    policy = await find(reads, area_id, now(), points.default_terms(base_points))
    return points.rate_for(policy.terms, kind, category)


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
