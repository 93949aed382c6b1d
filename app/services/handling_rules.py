"""Handling rules of areas: a new version never changes an older one; what holds is read along the lineage."""

import json
from collections.abc import Iterable
from datetime import datetime, time
from typing import Any
from uuid import UUID

from asyncpg import Connection, Record
from pydantic_core import to_json

from app.core.clock import now
from app.core.db import Reads
from app.domain import handling
from app.domain.caller import Caller, Role
from app.domain.deadlines import Span, SpanUnit
from app.domain.errors import Problem
from app.domain.handling import Handling, Rule
from app.domain.kinds import AreaKind, Urgency
from app.domain.working_time import Hours
from app.schemas.handling_rules import HandlingRuleIn, SpanIn
from app.services import area_versions
from app.services.pages import PageRequest, page

TABLE = "handling_rule"
VIEW = f"""
    SELECT v.*, a.name AS area_name, u.name AS unit_name
    FROM {TABLE} v JOIN area a ON a.id = v.area_id LEFT JOIN unit u ON u.id = v.unit_id
"""
GET = f"{VIEW} WHERE v.id = $1"
LIST = area_versions.list_sql(VIEW, TABLE)
IN_FORCE = """
    SELECT step.id AS lineage_id, above.name AS area_name, a.kind AS handler_kind, unit.id AS open_unit_id,
        unit.name AS unit_name, c.urgency AS usual_urgency, r.*{more}
    FROM area a CROSS JOIN unnest(coalesce((
        SELECT p.lineage FROM area_period p WHERE p.area_id = a.id AND p.since <= $2 AND (p.until > $2) IS NOT FALSE
    ), a.lineage)) WITH ORDINALITY AS step (id, place) JOIN area above ON above.id = step.id
    LEFT JOIN complaint_category c ON c.code = $3
    LEFT JOIN LATERAL (
        SELECT DISTINCT ON (x.category, x.urgency, x.level) x.* FROM handling_rule x
        WHERE x.area_id = step.id AND x.effective_from <= $2
            AND (x.category IS NULL OR x.category = $3) AND (x.level IS NULL OR x.level = a.kind)
        ORDER BY x.category, x.urgency, x.level, x.version DESC
    ) AS r ON true
    LEFT JOIN unit ON unit.id = r.unit_id AND unit.closed_at IS NULL
    WHERE a.id = $1 ORDER BY step.place
"""
"""Each area from the root to the handler $1, where that hung at $2, with what it says then of the category $3: once for
each rule in force. What a rule says of a unit that is closed by now is left to other rules."""


async def add(connection: Connection, caller: Caller, form: HandlingRuleIn) -> UUID:
    """Give an area a new version of a rule; return its id. Locks the area's row.

    Raises ``area-unknown``, ``not-allowed`` for an area that the caller does not administer, ``rule-in-the-past``, and
    by the database ``unit-unknown`` and ``category-unknown``.
    """
    says = {
        "category": form.category,
        "urgency": form.urgency,
        "level": form.level,
        "unit_id": form.unit_id,
        "sets_urgency": form.sets_urgency,
        **_columns("accept", form.accept),
        **_columns("answer", form.answer),
        "hours": form.hours and to_json([period.model_dump(by_alias=True) for period in form.hours]).decode(),
    }
    in_the_past = Problem("rule-in-the-past")
    return await area_versions.append(
        connection, caller, TABLE, form.area_id, form.effective_from, says, if_past=in_the_past
    )


async def find(
    reads: Reads, area_id: UUID, category: str | None, moment: datetime, urgency: Urgency | None = None
) -> Handling:
    """Return what holds at ``moment`` for complaints of a category that the area handles.

    Without an ``urgency`` it is the one that rules give the category, or else the category's usual one.
    """
    return resolve(await reads.fetch(IN_FORCE.format(more=""), area_id, moment, category), category, urgency, moment)


async def get(reads: Reads, rule_id: UUID) -> dict[str, Any]:
    """Return one version, which is there."""
    row = await reads.fetchrow(GET, rule_id)
    assert row is not None, "versions are never deleted"
    return _view(row)


async def list_of_area(reads: Reads, area_id: UUID, request: PageRequest) -> dict[str, Any]:
    """Return the versions of one area's own rules, newest first."""
    rows = await reads.fetch(LIST, area_id, request.below("handling-rules", area_id), request.rows)
    return page(rows, request, _view, "handling-rules", area_id)


async def get_effective(
    reads: Reads, caller: Caller | None, area_id: UUID, category: str | None, urgency: Urgency | None
) -> dict[str, Any]:
    """Return what holds now for complaints that an area handles, and for each part the rule that says so.

    Raises ``not-found``.
    """
    moment = now()
    rows = await reads.fetch(IN_FORCE.format(more=""), area_id, moment, category)
    if not rows:
        raise Problem("not-found")
    found = resolve(rows, category, urgency, moment)
    names = {row["lineage_id"]: row["area_name"] for row in rows}
    units = {row["open_unit_id"]: row["unit_name"] for row in rows}
    values: dict[str, Any] = {
        "urgency": found.urgency,
        "unit": None if found.unit_id is None else {"id": found.unit_id, "name": units[found.unit_id]},
        "accept": _span(found.accept),
        "answer": _span(found.answer),
        "hours": _hours(found.hours),
    }
    origins = {"unit": found.origins["unit_id"], **found.origins}
    administered = set(caller.scope(Role.ADMINISTRATOR)) if caller else set()
    return {
        "area": {"id": area_id, "name": names[area_id]},
        "level": rows[0]["handler_kind"],
        "category": category,
        "effective_at": moment,
        **{name: {"value": value, **_source(origins[name], names)} for name, value in values.items()},
        "actions": ["add_rule"] if administered & names.keys() else [],
    }


def resolve(rows: Iterable[Record], category: str | None, urgency: Urgency | None, moment: datetime) -> Handling:
    """Return what the rows of ``IN_FORCE`` say; they are there, for areas never go."""
    rows = list(rows)
    usual = rows[0]["usual_urgency"]
    return handling.resolve(
        list(dict.fromkeys(row["lineage_id"] for row in rows)),
        [_rule(row, row["open_unit_id"]) for row in rows if row["id"] is not None],
        moment,
        level=AreaKind(rows[0]["handler_kind"]),
        category=category,
        urgency=urgency,
        default_urgency=Urgency.ORDINARY if usual is None else Urgency(usual),
    )


def _rule(row: Record, unit_id: UUID | None) -> Rule:
    return Rule(
        id=row["id"],
        area_id=row["area_id"],
        version=row["version"],
        effective_from=row["effective_from"],
        category=row["category"],
        urgency=row["urgency"] and Urgency(row["urgency"]),
        level=row["level"] and AreaKind(row["level"]),
        unit_id=unit_id,
        sets_urgency=row["sets_urgency"] and Urgency(row["sets_urgency"]),
        accept=_read_span(row, "accept"),
        answer=_read_span(row, "answer"),
        hours=row["hours"] and _read_hours(json.loads(row["hours"])),
    )


def _read_span(row: Record, name: str) -> Span | None:
    amount = row[f"{name}_amount"]
    return None if amount is None else Span(amount, SpanUnit(row[f"{name}_unit"]))


def _read_hours(written: list[dict[str, str]]) -> Hours:
    return Hours(tuple((time.fromisoformat(period["from"]), time.fromisoformat(period["to"])) for period in written))


def _columns(name: str, span: SpanIn | None) -> dict[str, Any]:
    return {f"{name}_amount": span and span.amount, f"{name}_unit": span and span.unit}


def _span(span: Span) -> dict[str, Any]:
    return {"amount": span.amount, "unit": span.unit}


def _hours(hours: Hours) -> list[dict[str, str]]:
    return [{"from": f"{opens:%H:%M}", "to": f"{closes:%H:%M}"} for opens, closes in hours.periods]


def _source(rule: Rule | None, names: dict[UUID, str]) -> dict[str, Any]:
    if rule is None:
        return {"area": None, "rule_id": None}
    return {"area": {"id": rule.area_id, "name": names[rule.area_id]}, "rule_id": rule.id}


def _view(row: Record) -> dict[str, Any]:
    rule = _rule(row, row["unit_id"])
    return {
        "id": rule.id,
        "area": {"id": rule.area_id, "name": row["area_name"]},
        "version": rule.version,
        "effective_from": rule.effective_from,
        "category": rule.category,
        "urgency": rule.urgency,
        "level": rule.level,
        "unit": None if rule.unit_id is None else {"id": rule.unit_id, "name": row["unit_name"]},
        "sets_urgency": rule.sets_urgency,
        "accept": rule.accept and _span(rule.accept),
        "answer": rule.answer and _span(rule.answer),
        "hours": rule.hours and _hours(rule.hours),
        "created_at": row["created_at"],
        "actions": [],
    }
