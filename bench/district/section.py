"""A section of the page: what was measured, and which of its figures have a goal."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that may not be above its limit, both in ``unit``."""

    name: str
    found: float
    limit: float
    unit: str

    @property
    def is_missed(self) -> bool:
        """Whether the figure is above its limit."""
        return self.found > self.limit

    def row(self) -> str:
        """Return the row of the table of goals."""
        return f"| {self.name} | {self.found:,.3g} {self.unit} | ≤ {self.limit:,.4g} {self.unit} |"


@dataclass(frozen=True, slots=True)
class Section:
    """A title, what it tells, a Markdown table, and goals."""

    title: str
    told: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    goals: Sequence[Goal]

    def page(self) -> str:
        """Return the section as Markdown; the first column is words, the others are figures."""
        lines = [self.head, ["---", *["--:"] * (len(self.head) - 1)], *self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        return f"## {self.title}\n\n{self.told}\n\n{table}\n"


def peak_mib() -> float:
    """Return the most memory that this process has had (Linux).

    ``getrusage`` would tell the most that the process had from which this one was started, if that was more.
    """
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None, "Linux tells it of every process"
    return int(found[1]) / 1024
