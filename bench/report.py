"""The table for people: ``bench/RESULTS.md``, without dates, so that it changes only when a figure does."""

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bench.cast import PEOPLE
from bench.limit import Limit
from bench.load import CONNECTIONS, THREADS, has_wrk
from bench.measure import Figures, Pace
from bench.place import COMPLAINTS, GRIDS, MEMBERS, VOLUNTEERS, WISHES
from bench.scenarios import (
    HOT,
    HOT_GOAL,
    NEAR,
    NEAR_GOAL_MS,
    SETTLE,
    SETTLE_AIM,
    TAKE,
    TASKS_CONTENDED,
    WALL,
    WALL_GOAL_MS,
    WALL_GOAL_STATEMENTS,
    WRITE_GOAL,
)

RESULTS = Path(__file__).with_name("RESULTS.md")
LIMIT = """\
The same statements sent by `pgbench`, prepared, over the same socket and with as many connections: what PostgreSQL
could do if nothing stood before it. The cores are busy either way, so the share says how much of the machine is left to
PostgreSQL."""
REDEMPTIONS = """\
A scan settles at the shop whose clerk scans: all shops in turn, or one shop alone, whose account nobody queues for. To
take a voucher counts down the offer's stock, so those who take from one shop do wait for each other. `make bench`
repeats both."""
WALLS = """\
A page of 20 of the wall of an area and all below it, among all complaints: the first one counts besides what has no
answer and what is overdue. One statement reads the page, another finds who asks; nobody needs to log in."""
PARTS = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "asyncpg")


def write(unit: Figures, found: Sequence[Figures], limits: Sequence[Limit], pace: Pace, postgres: str) -> None:
    """Write the results."""
    text = "\n\n".join(
        [
            "# What a request costs",
            "Written by `make bench`, which repeats it; do not edit.",
            table(unit, found),
            "## Redemptions",
            redemptions(found, limits),
            "## Walls",
            walls(found),
            "## The limit",
            LIMIT,
            _limits(found, limits),
            "## What survives kill -9",
            "Its tables stand in [FAULTS.md](FAULTS.md); `make faults` repeats them.",
            "## How to read it",
            _how(pace),
            "## Where it was measured",
            _machine(postgres),
        ]
    )
    RESULTS.write_text(text + "\n", encoding="utf-8")


def table(unit: Figures, found: Sequence[Figures]) -> str:
    """Return the figures as a Markdown table."""
    head = (
        "| route | units | goal | server CPU ms | PostgreSQL CPU ms | requests/s | p50 ms | p99 ms | statements "
        "| round trips |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
    )
    return "\n".join([head, *(_row(figures, unit) for figures in (unit, *found))])


def _row(figures: Figures, unit: Figures) -> str:
    is_unit = figures is unit
    cells = [
        figures.name,
        f"{figures.ratio:.1f}",
        "" if is_unit else f"≤ {figures.goal}",
        f"{figures.server_ms:.3f}",
        "" if is_unit else f"{figures.postgres_ms:.3f}",
        f"{figures.per_second:,.0f}",
        f"{figures.p50_ms:.1f}",
        f"{figures.p99_ms:.1f}",
        "" if is_unit else f"{figures.statements:.0f}",
        "" if is_unit else f"{figures.round_trips:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def is_missed(found: Sequence[Figures], limits: Sequence[Limit]) -> bool:
    """Whether any goal is missed."""
    too_dear = any(figures.ratio > figures.goal for figures in found)
    too_dear = too_dear or any(
        figures.server_ms > WALL_GOAL_MS or figures.statements > WALL_GOAL_STATEMENTS
        for figures in found
        if figures.name.startswith(WALL)
    )
    too_dear = too_dear or any(
        figures.server_ms > NEAR_GOAL_MS or figures.statements > WALL_GOAL_STATEMENTS
        for figures in found
        if figures.name.startswith(NEAR)
    )
    return too_dear or any(ratio < HOT_GOAL for name, ratio in _hot_to_even(found, limits).items() if SETTLE in name)


def _hot_to_even(found: Sequence[Figures], limits: Sequence[Limit]) -> dict[str, float]:
    """Return what one hot shop reaches of what evenly spread scans do, through the server and in PostgreSQL alone."""
    reached = {f"{figures.name}, over HTTP": figures.per_second for figures in found}
    reached |= {f"{limit.route}, pgbench": limit.per_second for limit in limits}
    return {
        name: reached[name.replace(route, route + HOT)] / per_second
        for route in (TAKE, SETTLE)
        for name, per_second in reached.items()
        if name.startswith(f"{route}, ") and HOT not in name
    }


def redemptions(found: Sequence[Figures], limits: Sequence[Limit]) -> str:
    """Return the section on vouchers and scans, spread evenly and at one shop."""
    by_name = {figures.name: figures for figures in found}
    rows = [
        f"| {figures.name} | HTTP | {figures.per_second:,.0f} | {figures.p50_ms:.1f} | {figures.p99_ms:.1f} "
        f"| {figures.server_ms:.3f} | {figures.ratio:.1f} | ≤ {figures.goal} |"
        for figures in found
        if figures.name.startswith((TAKE, SETTLE))
    ]
    rows += [
        f"| {limit.route} | pgbench | {limit.per_second:,.0f} | {limit.p50_ms:.1f} | {limit.p99_ms:.1f} | | | |"
        for limit in limits
        if limit.route.startswith((TAKE, SETTLE))
    ]
    head = (
        "| | through | a second | p50 ms | p99 ms | server CPU ms | units | goal |\n|---|---|--:|--:|--:|--:|--:|--:|"
    )
    ratios = "\n".join(
        f"- {name}: one hot shop reaches {ratio:.2f} of what all shops in turn do"
        + (f" (goal: {HOT_GOAL} at least)." if SETTLE in name else ".")
        for name, ratio in _hot_to_even(found, limits).items()
    )
    cycles = "\n".join(
        f"- Voucher and settlement together, two writes{suffix}: "
        f"{by_name[TAKE + suffix].ratio + by_name[SETTLE + suffix].ratio:.1f} units, "
        f"{by_name[TAKE + suffix].server_ms + by_name[SETTLE + suffix].server_ms:.3f} ms of the server's CPU and "
        f"{by_name[TAKE + suffix].postgres_ms + by_name[SETTLE + suffix].postgres_ms:.3f} ms of PostgreSQL's."
        for suffix in ("", HOT)
    )
    settle = by_name[SETTLE].ratio
    aim = f"- To settle costs {settle:.1f} units; at most {WRITE_GOAL} is the goal and {SETTLE_AIM} the aim."
    return "\n\n".join([REDEMPTIONS, "\n".join([head, *rows]), f"{ratios}\n{cycles}\n{aim}"])


def walls(found: Sequence[Figures]) -> str:
    """Return the section on the walls, whose goal is in milliseconds and statements."""
    rows = [
        f"| {figures.name} | {figures.server_ms:.3f} | ≤ {WALL_GOAL_MS} | {figures.statements:.0f} "
        f"| ≤ {WALL_GOAL_STATEMENTS} | {figures.postgres_ms:.3f} |"
        for figures in found
        if figures.name.startswith(WALL)
    ]
    head = "| | server CPU ms | goal | statements | goal | PostgreSQL CPU ms |\n|---|--:|--:|--:|--:|--:|"
    return "\n\n".join([WALLS, "\n".join([head, *rows])])


def _limits(found: Sequence[Figures], limits: Sequence[Limit]) -> str:
    by_name = {figures.name: figures for figures in found}
    rows = [
        f"| {limit.route} | {limit.per_second:,.0f} | {limit.postgres_ms:.3f} | {by_name[limit.route].per_second:,.0f} "
        f"| {by_name[limit.route].per_second / limit.per_second:.0%} |"
        for limit in limits
    ]
    head = "| route | pgbench, transactions/s | its PostgreSQL CPU ms | the server, requests/s | share |"
    return "\n".join([head, "|---|--:|--:|--:|--:|", *rows])


def _how(pace: Pace) -> str:
    client = f"wrk with {THREADS} threads" if has_wrk() else "threads of Python, themselves slow"
    return f"""\
- **Units**: server CPU time of a request, divided by that of a constant JSON route on bare Starlette under the same
  uvicorn settings, in a process of its own, measured right before and right after. Milliseconds belong to this machine;
  units travel.
- **CPU** is what the kernel counted (`/proc`, user and system) for the server's process tree, and for all of
  PostgreSQL's processes, divided by the requests answered meanwhile.
- **Statements** are counted on the wire between server and PostgreSQL, BEGIN, COMMIT and ROLLBACK included; a **round
  trip** is one wait for PostgreSQL.
- One API process, logging at INFO as JSON; the job worker does not run. Client: {client}, {CONNECTIONS} connections on
  the loopback, {pace.warm_up_s:g} s to warm up and {pace.measure_s:g} s measured, {pace.repetitions} times; the median
  is quoted. Everything shares the machine, so requests/s and latencies are those of a server under full load.
- One answer with a status that was not expected ends the run without a result.
- A contended claim is one of {PEOPLE:,} helpers wanting one of {TASKS_CONTENDED} one-seat tasks: nearly all are
  refused, and each refusal is remembered under its Idempotency-Key in a transaction of its own.
- The data: the demo district with {GRIDS} grids, {MEMBERS:,} members, {VOLUNTEERS:,} volunteers, {WISHES:,} wishes
  and {COMPLAINTS:,} complaints, copied anew for each run. `python -m bench --fresh` fills it anew."""


def _machine(postgres: str) -> str:
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    parts = ", ".join(f"{name} {version(name)}" for name in PARTS)
    return (
        f"{os.cpu_count()} cores, {memory_gib:.0f} GiB of memory, {platform.system()} on {platform.machine()}; "
        f"Python {platform.python_version()}; {parts}. {postgres}"
    )
