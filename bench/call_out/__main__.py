"""``make bench-call-out``: calls 20,000 demo people out, has 5,000 answer over HTTP; writes ``bench/CALLOUT.md``.

The database keeps its promises to the disk (fsync on), one API process serves, and the load shares the machine with it.
"""

import argparse
import asyncio
import os
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from app.core.embedded_postgres import EmbeddedPostgres
from bench.call_out import run
from bench.district.section import Goal
from bench.place import environment_of
from bench.processes import run_echowall, serving

FILE = Path(__file__).parents[1] / "CALLOUT.md"
FILL = (
    "demo",
    *("--grids", "486", "--members", "5000", "--volunteers", "15000"),
    *("--wishes", "48", "--complaints", "48"),
)
SERVE = ["-c", "from app.cli import main; main()", "serve", "--workers", "1"]
HEAD = """\
# What a call-out costs

Written by `python -m bench.call_out` (`make bench-call-out`), which repeats it, on {cores} cores; do not edit.
Python {python}, asyncpg {asyncpg}; one API process, PostgreSQL with fsync on, and the load on the same cores.

| goal | found | limit |
|---|--:|--:|
{goals}

A demo district of 486 grids is called out: one person orders, another confirms, and with the answer to the confirmation
all messages are in the inboxes. Then {answering:,} of those called answer, each once, on {connections} connections,
while {watchers} staff watch the counts as server-sent events. Then it is stood down.

| figure | |
|---|--:|
{figures}
"""


def main() -> int:
    """Measure and write; the exit status is 1 when a goal is missed."""
    argparse.ArgumentParser(prog="python -m bench.call_out", description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="echowall-call-out-", ignore_cleanup_errors=True) as home:
        folder = Path(home)
        server = EmbeddedPostgres(folder / "database")
        try:
            environment = environment_of(server.start())
            run_echowall("migrate", environment=environment)
            run_echowall(*FILL, environment=environment)
            with serving(SERVE, environment, folder / "serve.log", "/healthz") as (port, _):
                found = asyncio.run(run.measure(environment["ECHOWALL_DATABASE_URL"], port))
        finally:
            server.remove()
    told = tell(found)
    print(told)
    FILE.write_text(told, encoding="utf-8")
    return int(any(goal.is_missed for goal in goals_of(found)))


def goals_of(found: run.Found) -> list[Goal]:
    """Return what was promised, against what was found."""
    return [
        Goal(f"{found.called:,} people: all messages in the inbox", found.told_s, 10, "s"),
        Goal(f"{run.ANSWERING:,} answers: all given", found.answered_s, 60, "s"),
        Goal("answers refused or lost", found.lost, 0, ""),
        Goal("messages that are missing", found.untold, 0, ""),
        Goal("watchers whose last counts are wrong", found.watchers_wrong, 0, ""),
    ]


def tell(found: run.Found) -> str:
    """Return the page."""
    figures = [
        ("people called", f"{found.called:,}"),
        ("messages", f"{found.messages:,}"),
        ("from the confirmation until all are in the inbox", f"{found.told_s:.2f} s"),
        ("answers in a second", f"{run.ANSWERING / found.answered_s:,.0f}"),
        ("an answer, median and 99th of a hundred", f"{found.p50_ms:.0f} and {found.p99_ms:.0f} ms"),
        ("counts of 486 grids, asked for once: median", f"{found.counts_ms:.0f} ms"),
        ("events that a watcher got", f"{found.events:,}"),
        ("from the last answer until every watcher has the right counts", f"{found.settled_s:.2f} s"),
        ("standing down, those who come told", f"{found.stood_down_s:.2f} s"),
    ]
    return HEAD.format(
        cores=os.cpu_count(),
        python=platform.python_version(),
        asyncpg=version("asyncpg"),
        goals="\n".join(goal.row() for goal in goals_of(found)),
        answering=run.ANSWERING,
        connections=run.CONNECTIONS,
        watchers=run.WATCHERS,
        figures="\n".join(f"| {name} | {figure} |" for name, figure in figures),
    )


if __name__ == "__main__":
    sys.exit(main())
