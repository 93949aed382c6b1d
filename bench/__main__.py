"""``make bench``: fill a real-size district, measure the hot routes, write ``bench/RESULTS.md``."""

import argparse
import sys
import tempfile
from pathlib import Path

import asyncpg

from app.cli.up.terminal import CannotGoOn
from bench import report
from bench.limit import find_limits
from bench.load import has_wrk
from bench.measure import Pace, WrongAnswersError, acquainted, count_statements, measure
from bench.place import FOLDER, prepared
from bench.scenarios import SCENARIOS

FULL = Pace(warm_up_s=2, measure_s=5, repetitions=3)
QUICK = Pace(warm_up_s=1, measure_s=2, repetitions=1)
SETTINGS_SHOWN = ("shared_buffers", "synchronous_commit", "fsync", "max_connections")


def main() -> int:
    """Measure and write; the exit status is 1 when an answer was wrong or a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="fill the district anew")
    parser.add_argument("--quick", action="store_true", help="one short repetition, printed and not written")
    parser.add_argument("--only", default="", help="only routes whose name holds this; printed and not written")
    options = parser.parse_args()
    if not has_wrk():
        print("wrk is not installed (Debian: apt-get install wrk): a slow Python client stands in.")
    pace = QUICK if options.quick else FULL
    scenarios = [scenario for scenario in SCENARIOS if options.only in scenario.name]
    with (
        prepared(FOLDER, is_fresh=options.fresh) as place,
        tempfile.TemporaryDirectory() as temporary,
        acquainted(place) as (runner, cast),
    ):
        folder = Path(temporary)
        print("Measuring …")
        try:
            unit, found = measure(place, folder, runner, cast, scenarios, pace)
            count_statements(place, folder, runner, cast, scenarios, found)
        except WrongAnswersError as error:
            print(error, file=sys.stderr)
            return 1
        print(report.table(unit, found))
        if options.only:
            return 0
        print("The limit …", flush=True)
        limits = find_limits(place, folder, runner, cast)
        if options.quick:
            print(report.redemptions(found, limits))
            return 0
        report.write(unit, found, limits, pace, runner.run(_describe(cast.connection)))
        print(f"Wrote {report.RESULTS}.")
    return int(report.is_missed(found, limits))


async def _describe(connection: asyncpg.Connection) -> str:
    name = await connection.fetchval("SHOW server_version")
    shown = [f"{setting} {await connection.fetchval(f'SHOW {setting}')}" for setting in SETTINGS_SHOWN]
    return f"PostgreSQL {name} from the wheel: {', '.join(shown)}."


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotGoOn as reason:
        print(reason, file=sys.stderr)
        sys.exit(reason.status)
