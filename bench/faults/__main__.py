"""``make faults``: kill servers amid scans, prove that nothing was lost or doubled, write ``bench/FAULTS.md``."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from bench.faults import controls, report, runs
from bench.faults.checks import Finding
from bench.faults.proof import prove
from bench.faults.runs import Arena, Run
from bench.faults.system import System, attacked

REPETITIONS = 3


def main() -> int:
    """Run everything; the exit status is 1 when a run does not hold, or a control is not found out."""
    parser = argparse.ArgumentParser(prog="python -m bench.faults", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the vouchers, printed and not written")
    parser.add_argument("--only", default="", help="only runs whose verb holds this; printed and not written")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="echowall-faults-", ignore_cleanup_errors=True) as home:
        print("Starting …", flush=True)
        with attacked(System(Path(home))) as system:
            arena = Arena.of(system)
            done = [run() for name, run in _plan(arena, is_quick=options.quick) if options.only in name]
            done += [] if options.quick or options.only else [_all_in_all(done)]
            _tell(done)
            if not (options.quick or options.only):
                report.write(done, system)
                print(f"Wrote {report.FAULTS}.")
    return int(not all(run.is_as_wanted for run in done))


def _plan(arena: Arena, *, is_quick: bool) -> Sequence[tuple[str, Callable[[], Run]]]:
    few, many, some = (10, 1_000, 1_000) if is_quick else (100, 10_000, 3_000)
    return [
        ("crowd", partial(runs.crowd, arena, few)),
        *[("distinct", partial(runs.distinct, arena, many))] * (1 if is_quick else REPETITIONS),
        ("expiry", partial(runs.expiry, arena, 1_000)),
        ("guarded", partial(controls.naive_but_guarded, arena)),
        ("proof", partial(prove, arena)),
        ("naive", partial(controls.naive, arena)),
        ("new_keys", partial(controls.new_keys, arena, some)),
        ("asynchronous", partial(controls.asynchronous, arena, some)),
    ]


def _all_in_all(done: Sequence[Run]) -> Run:
    """Return the proof that the kills were not too gentle: some tries had been committed before they were cut off."""
    replays = [dict(run.told)["replays"] for run in done if run.name.endswith("each scanned once")]
    return Run("All in all", [Finding("no replay in any run: too gentle", int(max(replays) == 0), 0)])


def _tell(done: Sequence[Run]) -> None:
    for run in done:
        print(f"{'as wanted' if run.is_as_wanted else 'NOT AS WANTED':<15}{run.name}")
        print(f"{'':<15}{', '.join(f'{name} {count:,}' for name, count in run.told)}")
        for finding in run.findings:
            if not finding.is_right or run.is_control:
                print(f"{'':<15}{finding.name}: {finding.found:,}, {'not ' * run.is_control}{finding.wanted:,} wanted")


if __name__ == "__main__":
    sys.exit(main())
