"""``make wechat-faults``: the journey under each of WeChat's faults in turn; writes ``bench/WECHAT.md``."""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.faults.system import attacked
from bench.wechat import report, tours
from bench.wechat.checks import PICTURES, STATES, Counts, examine, sees_what_is_wrong
from bench.wechat.journey import Journey
from bench.wechat.report import Outcome
from bench.wechat.system import WeChatSystem
from bench.wechat.trials import TRIALS, Trial


def main() -> int:
    """Run every trial; the exit status is 1 when one does not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.wechat", description=__doc__)
    parser.add_argument("--only", default="", help="only trials whose name holds this; printed and not written")
    options = parser.parse_args()
    trials = [trial for trial in TRIALS if trial.is_quiet or options.only in trial.name]
    with running() as system:
        outcomes = asyncio.run(run_all(system, trials))
    with running() as system:  # the demo district is made where there is none
        walks = tours.walk_all(system, [trial for trial in trials if trial.kills is None])
    if not options.only:
        report.write(outcomes, walks)
        print(f"Wrote {report.RESULT}.")
    return int(not all(outcome.holds for outcome in outcomes) or not all(tour.is_whole for tour in walks))


@contextmanager
def running() -> Iterator[WeChatSystem]:
    """Run everything on an empty database; tell at the end how many tracebacks the processes wrote."""
    with tempfile.TemporaryDirectory(prefix="echowall-wechat-", ignore_cleanup_errors=True) as home:
        print("Starting …", flush=True)
        with attacked(WeChatSystem(Path(home))) as system:
            assert isinstance(system, WeChatSystem)
            yield system
            written = (Path(home) / "processes.log").read_text(errors="replace")
    print(f"{written.count('Traceback')} tracebacks in the logs")


async def run_all(system: WeChatSystem, trials: Sequence[Trial]) -> list[Outcome]:
    """Run the trials one after the other; the first, in which nothing goes wrong, is the measure of the others."""
    outcomes: list[Outcome] = []
    async with httpx.AsyncClient(base_url=system.api_url, timeout=60, trust_env=False) as http:
        for number, trial in enumerate(trials, 1):
            outcome = await run(number, trial, system, http, outcomes[0].counts if outcomes else None)
            outcomes.append(outcome)
            tell(outcome)
    return outcomes


async def run(
    number: int, trial: Trial, system: WeChatSystem, http: httpx.AsyncClient, quiet: Counts | None
) -> Outcome:
    """Go through one trial and hold it against the truth."""
    journey = await Journey.begin(number, trial, system, http)
    try:
        before = system.look("calls")
        sent_before = len(system.look("messages"))
        await journey.go()
        counts = Counts.between(before, system.look("calls"))
        findings = await examine(journey, counts, quiet or counts)
        controls = await sees_what_is_wrong(journey) if quiet is None else []
        for undone in journey.undone:
            print(f"{'':<15}{undone}", flush=True)
        pictures = Counter(row["status"] for row in await journey.database.fetch(PICTURES, list(journey.pictures)))
        states = Counter(dict(await journey.database.fetch(STATES, list(journey.written))))
        told = {
            "texts written": len(journey.written),
            "texts rejected": states["rejected"],
            "texts held for a person": states["reviewing"],
            "phones": journey.phones,
            "pictures passed": pictures["passed"],
            "pictures rejected": pictures["rejected"],
            "pictures held": pictures["held"],
            "pictures asked again": journey.asked_again,
            "codes": journey.codes,
            "messages": len(system.look("messages")) - sent_before,
            "not possible": len(journey.undone),
            "back after s": round(journey.back_after_s or 0),
        }
        return Outcome(trial, findings, counts, told, journey.took_s, controls)
    finally:
        await journey.database.close()


def tell(outcome: Outcome) -> None:
    """Print one trial."""
    print(f"{'holds' if outcome.holds else 'DOES NOT HOLD':<15}{outcome.trial.name} ({outcome.took_s:.0f} s)")
    print(f"{'':<15}{', '.join(f'{name} {count:,}' for name, count in outcome.told.items())}")
    calls = (f"{name} {outcome.counts.by_path.get(path, 0)}" for path, name in report.SHORT.items())
    print(f"{'':<15}calls: {', '.join(calls)}", flush=True)
    for finding in [*outcome.findings, *outcome.controls]:
        if not finding.is_right:
            print(f"{'':<15}{finding.name}: {finding.found:,}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
