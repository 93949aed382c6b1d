"""The table for people: ``bench/WECHAT.md``."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.faults.checks import Finding
from bench.wechat.checks import Counts
from bench.wechat.tours import Tour
from bench.wechat.trials import Trial

RESULT = Path(__file__).resolve().parents[1] / "WECHAT.md"
INTRODUCTION = """\
# What WeChat's bad days do to us

Written by `make wechat-faults`, which repeats it; do not edit.

Two API processes, a worker, an embedded PostgreSQL and the WeChat simulator, all of them processes of their own. In
each trial the simulator is ordered to fail in one way (in the last two it is slow, and a process of ours is killed as
soon as it has come back), and people log in, allow messages, show a telephone number, post
wishes and complaints (some of them risky) with pictures, close an account, approve, claim, deliver, confirm and answer.
Then the fault is over, and everything that is under way has time to end, the forty minutes in which a word on a picture
has to come among it. What our database says is held against what the simulator answered: nothing is published without a
pass of WeChat or a person's hand, nothing is lost, no message is sent twice, and no path is called in a storm."""
WALKED = """\
`echowall tour --bad-day`, every step checked: what is told to come again comes again under its key, and what WeChat
could not be asked about is passed by people in the review queue. Telephone numbers and messages, which are WeChat's
own, are in the tables above."""
SHORT = {
    "/sns/jscode2session": "log-in",
    "/cgi-bin/stable_token": "token",
    "/wxa/business/getuserphonenumber": "phone",
    "/wxa/msg_sec_check": "texts",
    "/wxa/media_check_async": "pictures",
    "/cgi-bin/message/subscribe/send": "messages",
    "/wxa/getwxacodeunlimit": "codes",
}


@dataclass(frozen=True)
class Outcome:
    """What one trial came to."""

    trial: Trial
    findings: Sequence[Finding]
    counts: Counts
    told: dict[str, int]
    took_s: float
    controls: Sequence[Finding] = ()
    """What was made wrong on purpose and has to be found."""

    @property
    def holds(self) -> bool:
        return all(finding.is_right for finding in [*self.findings, *self.controls])


def write(outcomes: Sequence[Outcome], walks: Sequence[Tour]) -> None:
    """Write the results."""
    parts = [INTRODUCTION, *sections(outcomes), *walked(walks)]
    RESULT.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def walked(walks: Sequence[Tour]) -> list[str]:
    """Return the table of the walks."""
    lines = [
        f"| {walk.trial.name} | {'whole' if walk.is_whole else 'STOPPED'} | {walk.steps} | {walk.took_s:.0f} s |"
        for walk in walks
    ]
    return [
        "## The whole story under each fault",
        WALKED,
        table(["fault", "story", "steps", "took"], lines),
    ]


def sections(outcomes: Sequence[Outcome]) -> list[str]:
    """Return the tables: what must hold, what came of it, and the calls."""
    names = [finding.name for finding in outcomes[0].findings]
    held = [
        "| " + " | ".join([outcome.trial.name, *(str(finding.found) for finding in outcome.findings)]) + " |"
        for outcome in outcomes
    ]
    told = [
        "| "
        + " | ".join(
            [outcome.trial.name, *(f"{count:,}" for count in outcome.told.values()), f"{outcome.took_s:.0f} s"]
        )
        + " |"
        for outcome in outcomes
    ]
    calls = [
        "| " + " | ".join([outcome.trial.name, *(f"{outcome.counts.by_path.get(path, 0):,}" for path in SHORT)]) + " |"
        for outcome in outcomes
    ]
    return [
        "## What must be nought",
        table(["fault", *names], held),
        "Control: of a wish that was published in the database with other words, and of a rejected picture that was "
        "passed there, these counts have to be one: "
        + ", ".join(f"{finding.name} {finding.found}" for outcome in outcomes for finding in outcome.controls)
        + ".",
        "## What came of it",
        table(["fault", *outcomes[0].told, "took"], told),
        "## Calls of WeChat",
        table(["fault", *SHORT.values()], calls),
    ]


def table(head: Sequence[str], lines: Sequence[str]) -> str:
    return "\n".join(["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|", *lines])
