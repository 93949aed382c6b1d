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

Written by `python -m bench.text` (`make bench-text`) on {today}, {cores} cores, everything on one machine. The code was
made with other texts (`tests/domain/complaints.csv`) and not with these.

Each text was put among {complaints:,} made-up complaints of a district of 80 communities, all of which could be
offered, and looked for from another grid of its community in other words: typed in haste (characters dropped, doubled
and swapped, marks strewn in), in traditional characters, in these with pinyin in brackets behind every other common one
(社區(qū)), and told anew by somebody else. Found means: among the five shown.

| set | texts | told in | recall at 5 |
|---|---|---|---|
"""
ROUTING = """
Routing: the share of texts whose proposed category is the label; a text for which no word speaks counts as wrong unless
its label is `other`. A set with the labels of another taxonomy is compared by where that one puts what our category
names.

| set | texts | by | accuracy |
|---|---|---|---|
"""
TIMES = """
A search among {complaints:,} complaints, from the words to the cards of what was found (limit {limit:g} ms for 95 of
100):

| set | searches | median | 95 of 100 below | longest |
|---|---|---|---|---|
"""


def tell(found: Sequence[Measured], complaints: int) -> str:
    """Return the page."""
    return "".join(
        [
            HEAD.format(today=today(), cores=os.cpu_count(), complaints=complaints),
            *(_share(one, kind, share) for one in found for kind, share in one.found.items()),
            ROUTING,
            *(_share(one, kind, share) for one in found for kind, share in one.routed.items()),
            "\n",
            *(f"Of {one.name} {one.unrouted:.1%} got no proposal.\n" for one in found),
            TIMES.format(complaints=complaints, limit=LIMIT_MS),
            *map(_time, found),
        ]
    )


def _share(one: Measured, kind: str, share: float) -> str:
    return f"| {one.name} | {one.texts} | {kind} | {share:.1%} |\n"


def _time(one: Measured) -> str:
    times = f"{statistics.median(one.times_ms):.1f} ms | {_late(one):.1f} ms | {max(one.times_ms):.1f} ms"
    return f"| {one.name} | {len(one.times_ms)} | {times} |\n"


def is_missed(found: Sequence[Measured]) -> bool:
    """Whether searching takes too long."""
    return any(_late(one) > LIMIT_MS for one in found)


def _late(one: Measured) -> float:
    return statistics.quantiles(one.times_ms, n=20)[-1]
