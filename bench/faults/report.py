"""The table for people: ``bench/FAULTS.md``."""

from collections.abc import Sequence
from pathlib import Path

from bench.faults.runs import Run
from bench.faults.system import APIS, System
from bench.faults.terminals import THREADS

FAULTS = Path(__file__).resolve().parents[1] / "FAULTS.md"
INTRODUCTION = f"""\
# What survives kill -9

Written by `make faults`, which repeats it; do not edit.

{THREADS} terminals of clerks scan vouchers over HTTP, at {APIS} API processes in turn, in front of one embedded
PostgreSQL. Meanwhile **all** of PostgreSQL's processes are killed at once with SIGKILL and started again, and API
processes are killed and started again. A terminal keeps its code and its Idempotency-Key, and asks until it has a
definite answer. After each run everything that was answered is held against the books. Each voucher holds points of two
dates, in two legs."""
CONTROLS = """\
What is wrong on purpose. A control that is not found out makes the run fail as much as a fault does: a check that
cannot see the bug proves nothing by passing."""


def write(runs: Sequence[Run], system: System) -> None:
    """Write the results."""
    outages = sorted(system.outages_s)
    told = (
        f"PostgreSQL was killed {len(outages)} times and back after {outages[0]:.1f} to {outages[-1]:.1f} s; "
        f"API processes were killed {system.api_kills} times."
    )
    parts = [
        INTRODUCTION,
        told,
        "## What must hold",
        *(_section(run) for run in runs if not run.is_control),
        "## Controls",
        CONTROLS,
        _controls([run for run in runs if run.is_control]),
    ]
    FAULTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _section(run: Run) -> str:
    told = ", ".join(f"{name} {count:,}" for name, count in run.told)
    rows = [f"| {finding.name} | {finding.found:,} | {finding.wanted:,} |" for finding in run.findings]
    head = [f"### {run.name[0].upper()}{run.name[1:]}", f"{told[0].upper()}{told[1:]}." if told else ""]
    return "\n\n".join([*filter(None, head), "\n".join(["| | found | must be |", "|---|--:|--:|", *rows])])


def _controls(runs: Sequence[Run]) -> str:
    rows = [
        f"| {run.name} | {finding.name} | {finding.found:,} | not {finding.wanted:,} |"
        for run in runs
        for finding in run.findings
    ]
    return "\n".join(["| control | | found | must be |", "|---|---|--:|--:|", *rows])
