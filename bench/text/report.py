"""What the measurement gave, as a page."""

import os
import statistics
from collections.abc import Sequence
from pathlib import Path

from app.core.clock import today
from bench.text.measure import Measured

FILE = Path(__file__).parents[1] / "TEXT.md"
LIMIT_MS = 50.0


HEAD = """# Near duplicates and routing

Written by `python -m bench.text` (`make bench-text`) on {today}, {cores} cores, everything on one machine, its
load {load:.1f}. The code was made with other texts (`tests/domain/complaints.csv`) and not with these.

Each text was put among {complaints:,} made-up complaints of a district of 80 communities and looked for from another
grid of its community in other words: typed in haste (characters dropped, doubled and swapped, marks strewn in), in
traditional characters, in these with pinyin in brackets behind every other common one (社區(qū)), and told anew by
somebody else. Found means: among the five shown. First all of them are on offer, 2,500 in each community and dozens on
the same trouble; then nine in ten were closed more than 90 days ago, as in a district of some years.

| set | texts | on offer | told in | recall at 5 |
|---|---|---|---|---|
"""
ROUTING = """
Routing: the share of texts whose proposed category is the label; a text for which no word speaks counts as wrong unless
its label is `other`. A set with the labels of another taxonomy is compared by where that one puts what our category
names.

| set | texts | by | accuracy |
|---|---|---|---|
"""
TIMES = """
Proposal and search together, from the words to the cards of what was found (limit {limit:g} ms at the median):

| set | on offer | searches | median | 95 of 100 below | longest |
|---|---|---|---|---|---|
"""


def tell(found: Sequence[Measured], complaints: int) -> str:
    """Return the page."""
    return "".join(
        [
            HEAD.format(today=today(), cores=os.cpu_count(), load=os.getloadavg()[0], complaints=complaints),
            *(
                f"| {one.name} | {one.texts} | {among} | {kind} | {share:.1%} |\n"
                for one in found
                for (among, kind), share in one.found.items()
            ),
            ROUTING,
            *(
                f"| {one.name} | {one.texts} | {kind} | {share:.1%} |\n"
                for one in found
                for kind, share in one.routed.items()
            ),
            "\n",
            *(f"Of {one.name} {one.unrouted:.1%} got no proposal.\n" for one in found),
            TIMES.format(limit=LIMIT_MS),
            *(_time(one.name, among, times_ms) for one in found for among, times_ms in one.times_ms.items()),
        ]
    )


def _time(name: str, among: str, times_ms: list[float]) -> str:
    median, late = statistics.median(times_ms), statistics.quantiles(times_ms, n=20)[-1]
    return f"| {name} | {among} | {len(times_ms)} | {median:.1f} ms | {late:.1f} ms | {max(times_ms):.1f} ms |\n"


def is_missed(found: Sequence[Measured]) -> bool:
    """Whether searching takes too long."""
    return any(statistics.median(times_ms) > LIMIT_MS for one in found for times_ms in one.times_ms.values())
