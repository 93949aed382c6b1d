"""What belongs to an area, and what becomes of each when the area is merged, split or closed: decided here, all of it.

Every foreign key to ``area`` has its line; a test holds the lines against the database, so that whoever adds a key
decides too. What is open goes to the area that takes the old one's place, and while any is left an area is not closed.
What is finished stays where it was done.
"""

from dataclasses import dataclass
from uuid import UUID

from asyncpg import Connection

from app.core.sql import quoted
from app.domain.lifecycle import Lifecycle
from app.domain.lifecycles import (
    ACTIVE_CALL_OUT_STATES,
    ADJUSTMENT,
    AREA_ORDER,
    ERRAND,
    IDENTIFICATION,
    LENDING_LINE,
    LIVE_CLAIM_STATES,
    LIVE_COMPLAINT_STATES,
    LIVE_MERCHANT_STATES,
    LOAN,
    MEMBER,
    OPEN_PART_STATES,
    TASK,
    TASK_SERIES,
    TEAM,
    VOLUNTEER,
    WISH,
)


@dataclass(frozen=True, slots=True)
class Goes:
    """Goes along, as long as ``where`` holds of it (alias ``x``), and leaves an event.

    ``point`` are its own longitude and latitude, ``beside`` is SQL for the area of what it belongs to: when that is one
    of the new areas it goes there too; with neither it goes to the default part. Where names are unique in an area,
    ``name_max`` is how long they may be, and a name that is taken gets a number. What
    ``is_numbered`` counts on from the numbers of the area where it goes.
    """

    table: str
    column: str = "area_id"
    where: str = "true"
    state: str = "'active'"
    point: tuple[str, str] | None = None
    beside: str | None = None
    name_max: int | None = None
    taken: str = "true"
    is_numbered: bool = False


@dataclass(frozen=True, slots=True)
class Apart:
    """Goes along in a way of its own; ``how`` says which, ``where`` what of it keeps an area from being closed."""

    table: str
    column: str
    how: str
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Stays:
    """Stays with the area that it was of; ``why``."""

    table: str
    column: str
    why: str


def _in(*states: str) -> str:
    return f"x.status IN ({quoted(states)})"


def _unfinished(lifecycle: Lifecycle, *finished: str) -> str:
    return _in(*(state for state in lifecycle.states if state not in finished))


STATUS = "x.status"
OPEN_COMPLAINT_STATES = (*LIVE_COMPLAINT_STATES, "answered")
"""Somebody still owes an answer, or a word on it."""
COMPLAINT_IS_OPEN = _in(*OPEN_COMPLAINT_STATES)
IS_WORKED_ON = f"""EXISTS (
    SELECT FROM claim c WHERE c.task_id = x.id AND c.{_in(*LIVE_CLAIM_STATES).removeprefix("x.")}
)"""
IS_OF_OPEN_UNIT = "EXISTS (SELECT FROM unit u WHERE u.id = x.unit_id AND u.closed_at IS NULL)"
LINE_IS_LIVE = _unfinished(LENDING_LINE, "filled", "refused", "ended")
PART_IS_OPEN = _in(*OPEN_PART_STATES)
LOAN_RUNS = _unfinished(LOAN, "ended")
MERCHANT_IS_LIVE = _in(*LIVE_MERCHANT_STATES)

BELONGINGS: tuple[Goes | Apart | Stays, ...] = (
    # What an area is made of
    Apart("area", "parent_id", "areas.py hangs what is open below elsewhere", "x.closed_at IS NULL"),
    Stays("area", "successor_id", "says what took the place of an area that was closed before"),
    Stays("area_period", "area_id", "history"),
    Stays("area_period", "parent_id", "history"),
    Apart("area_shape", "area_id", "land.py joins shapes when areas are merged; a part brings its own"),
    Apart("building", "area_id", "buildings.py: an address is of one grid, and known there once"),
    # Rules
    Apart("points_policy", "area_id", "rules.py gives each part all versions; of a merged area the other's hold"),
    Apart("handling_rule", "area_id", "rules.py, as policies"),
    Apart("strength_rule", "area_id", "rules.py, as policies"),
    Apart("staffing_rule", "area_id", "rules.py, as policies"),
    # Organisations and people
    Goes("unit", where="x.closed_at IS NULL", name_max=50, taken="o.closed_at IS NULL"),
    Apart("unit_area", "area_id", "units.py: a unit reports to an area once", IS_OF_OPEN_UNIT),
    Goes("member", "home_area_id", _unfinished(MEMBER, "refused", "left"), STATUS),
    Goes("member", "unit_area_id", _unfinished(MEMBER, "refused", "left"), STATUS),
    Goes("volunteer", "home_area_id", _unfinished(VOLUNTEER, "refused", "left"), STATUS),
    Goes("identification", "home_area_id", _unfinished(IDENTIFICATION, "approved", "refused"), STATUS),
    Stays("stay", "area_id", "who was where; the database begins the next one when a hat goes along"),
    Goes("post", where="x.closed_at IS NULL", name_max=30, taken="o.closed_at IS NULL"),
    Goes("team", where=_unfinished(TEAM, "dissolved"), state=STATUS, name_max=30, taken="o.status <> 'dissolved'"),
    Goes("alliance", where="x.closed_at IS NULL", name_max=30, taken="o.closed_at IS NULL"),
    Apart("branch", "area_id", "branches.py: a grid has one; its members go into the one that is there", _in("active")),
    Goes("venue", where="x.closed_at IS NULL", point=("x.longitude", "x.latitude")),
    Apart("grant", "area_id", "grants.py: what was granted on the land holds on the whole of it", "true"),
    Goes("api_key"),
    # People lent to others
    Apart("lending_plan", "area_id", "lending.py: what is still to be drawn up fails, the other plans stay"),
    Stays("lending_line", "from_area_id", "was reckoned for the grids there were; lending.py ends what is live of it"),
    Stays("lending_line", "to_area_id", "as above"),
    Stays("lending_gap", "area_id", "told how things stood"),
    Goes("loan", "from_area_id", LOAN_RUNS, STATUS),
    Goes("loan", "to_area_id", LOAN_RUNS, STATUS),
    Stays("loan_period", "from_area_id", "who was lent when; the database begins the next one when a loan goes along"),
    Stays("loan_period", "to_area_id", "as above"),
    # Orders from above
    Goes("area_order", where=_unfinished(AREA_ORDER, "closed", "cancelled"), state=STATUS),
    Apart("order_part", "area_id", "orders.py: an area does the same once, whoever it takes in", PART_IS_OPEN),
    # Work
    Goes("task_list", where=_in("draft", "published"), state=STATUS, is_numbered=True),
    Apart("complaint", "area_id", "complaints.py, by where it is", COMPLAINT_IS_OPEN),
    Apart(
        "complaint", "handler_id", "complaints.py, with the place", f"{COMPLAINT_IS_OPEN} AND x.area_id <> x.handler_id"
    ),
    Apart("joint_case", "area_id", "complaints.py: what is open of it is a case of the new area", _in("open")),
    Goes(
        "task",
        where=f"({_unfinished(TASK, 'closed', 'cancelled')} OR {IS_WORKED_ON})",
        state=STATUS,
        point=("x.longitude", "x.latitude"),
        beside="(SELECT c.area_id FROM complaint c WHERE c.id = x.complaint_id)",
    ),
    Goes(
        "task_series",
        where=_unfinished(TASK_SERIES, "ended"),
        state=STATUS,
        point=("x.longitude", "x.latitude"),
    ),
    Goes("wish", where=_unfinished(WISH, "fulfilled", "rejected", "withdrawn", "expired"), state=STATUS),
    Goes("errand", where=_unfinished(ERRAND, "done", "rejected", "withdrawn", "ended"), state=STATUS),
    # Nobody merges an area that is in an emergency into another one that is: the database refuses a second one.
    Goes("call_out", where=_in(*ACTIVE_CALL_OUT_STATES), state=STATUS),
    Stays("call_out_person", "grid_id", "where somebody counted who was called"),
    Goes("adjustment", where=_unfinished(ADJUSTMENT, "approved", "refused"), state=STATUS),
    # Shops
    Goes("merchant", where=MERCHANT_IS_LIVE, state=STATUS),
    Goes(
        "offer",
        where="x.status <> 'ended' AND EXISTS (SELECT FROM merchant m WHERE m.id = x.merchant_id AND {})".format(
            MERCHANT_IS_LIVE.replace("x.", "m.")
        ),
        state=STATUS,
        beside="(SELECT m.area_id FROM merchant m WHERE m.id = x.merchant_id)",
    ),
    Goes("circle", where="x.closed_at IS NULL", name_max=30, taken="o.closed_at IS NULL"),
    Apart("circle_area", "area_id", "circles.py: a circle lies over all of the land that it lay over"),
    # What was counted and given
    Stays("donation", "area_id", "was given to the community that there was"),
    Stays("digest", "area_id", "told how things stood"),
    Stays("rate_count", "area_id", "published; areas above count it as before"),
    Stays(
        "import_run",
        "area_id",
        "a file is of the area that there was: of a closed one it is not checked, not written, and can be cancelled",
    ),
)

LEFT = " UNION ALL ".join(
    f"SELECT '{kind.table}' AS kind FROM \"{kind.table}\" x WHERE x.{kind.column} = $1 AND {kind.where}"
    for kind in BELONGINGS
    if not isinstance(kind, Stays) and kind.where is not None
)
COUNT_LEFT = f"SELECT kind, count(*) AS left_over FROM ({LEFT}) AS found GROUP BY kind ORDER BY kind"


# Tasks before the wishes that they are made of; complaints are locked before the tasks that helpers are called to.
LOCKED: tuple[tuple[str, str, str], ...] = (
    *((kind.table, kind.column, kind.where) for kind in BELONGINGS if isinstance(kind, Goes)),
    ("order_part", "area_id", PART_IS_OPEN),
    ("lending_line", "from_area_id", LINE_IS_LIVE),
    ("lending_line", "to_area_id", LINE_IS_LIVE),
)
LOCK_AREAS = "SELECT FROM area WHERE lineage @> ARRAY[$1::uuid] OR id = $2 ORDER BY id FOR NO KEY UPDATE"
LOCK_COMPLAINTS = f"""
    SELECT FROM complaint x JOIN area a ON a.id = x.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] AND {COMPLAINT_IS_OPEN} ORDER BY x.id FOR NO KEY UPDATE OF x
"""


# Whoever takes an order back locks it, then its parts.
LOCK_ORDERS = f"""
    SELECT FROM area_order o
    WHERE o.status = 'open' AND (
        o.area_id = $1 OR o.id IN (SELECT x.order_id FROM order_part x WHERE x.area_id = $1 AND {PART_IS_OPEN})
    ) ORDER BY o.id FOR NO KEY UPDATE
"""


async def lock_land(connection: Connection, area_id: UUID, successor_id: UUID | None = None) -> None:
    """Let nobody else hand on what is complained of in an area and all below, after those areas and the successor.

    That is the order of whoever locks areas before all else. Who acts on a complaint locks that alone, and then keeps
    its area from being hung elsewhere.
    """
    await connection.execute(LOCK_AREAS, area_id, successor_id)
    await connection.execute(LOCK_COMPLAINTS, area_id)


async def lock_open(connection: Connection, area_id: UUID) -> None:
    """Let nobody else change what else would go along, table by table and each in the order of ids."""
    await connection.execute(LOCK_ORDERS, area_id)
    for table, column, where in LOCKED:
        await connection.fetchval(
            f"""
            SELECT count(*) FROM (
                SELECT FROM "{table}" x WHERE x.{column} = $1 AND {where} ORDER BY x.id FOR NO KEY UPDATE
            ) AS locked
            """,
            area_id,
        )


async def count_left(connection: Connection, area_id: UUID) -> dict[str, int]:
    """Return how much of what has to go along is still in an area, by table."""
    return {row["kind"]: row["left_over"] for row in await connection.fetch(COUNT_LEFT, area_id)}
