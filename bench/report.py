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
from bench.place import GRIDS, MEMBERS, VOLUNTEERS, WISHES
from bench.scenarios import TASKS_CONTENDED

RESULTS = Path(__file__).with_name("RESULTS.md")
LIMIT = """\
The same statements sent by `pgbench`, prepared, over the same socket and with as many connections: what PostgreSQL
could do if nothing stood before it. The cores are busy either way, so the share says how much of the machine is left to
PostgreSQL."""
PARTS = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "asyncpg", "sqlalchemy")


def write(unit: Figures, found: Sequence[Figures], limits: Sequence[Limit], pace: Pace, postgres: str) -> None:
    """Write the results."""
    text = "\n\n".join(
        [
            "# What a request costs",
            "Written by `make bench`, which repeats it; do not edit.",
            table(unit, found),
            _cycle(found),
            "## The limit",
            LIMIT,
            _limits(found, limits),
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


def _cycle(found: Sequence[Figures]) -> str:
    parts = [figures for figures in found if figures.name in {"take voucher", "settle voucher"}]
    units, server_ms, postgres_ms = (
        sum(figures.ratio for figures in parts),
        sum(figures.server_ms for figures in parts),
        sum(figures.postgres_ms for figures in parts),
    )
    return (
        f"Voucher and settlement together, two writes: {units:.1f} units, {server_ms:.3f} ms of the server's CPU and "
        f"{postgres_ms:.3f} ms of PostgreSQL's."
    )


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
- The data: the demo district with {GRIDS} grids, {MEMBERS:,} members, {VOLUNTEERS:,} volunteers and {WISHES:,} wishes,
  copied anew for each run. `python -m bench --fresh` fills it anew."""


def _machine(postgres: str) -> str:
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    parts = ", ".join(f"{name} {version(name)}" for name in PARTS)
    return (
        f"{os.cpu_count()} cores, {memory_gib:.0f} GiB of memory, {platform.system()} on {platform.machine()}; "
        f"Python {platform.python_version()}; {parts}. {postgres}"
    )
