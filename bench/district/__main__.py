"""``make bench-district``: imports, maps and plans of lendings in real size; writes ``bench/DISTRICT.md``.

Each part alone: ``python -m bench.district imports``, ``maps``, ``lending`` or ``job``, printed and not written.
"""

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from bench.district import imports, lending, lending_job, maps
from bench.district.section import Section

FILE = Path(__file__).parents[1] / "DISTRICT.md"
PARTS: dict[str, Callable[[], Section]] = {
    "imports": imports.measure,
    "maps": maps.measure,
    "lending": lending.measure,
    "job": lending_job.measure,
}
LIBRARIES = ("shapely", "scipy", "numpy", "asyncpg", "xlsxwriter")
HEAD = """\
# What a district costs

Written by `python -m bench.district` (`make bench-district`), which repeats it, on {cores} cores; do not edit.
Python {python}; {libraries}.

| goal | found | limit |
|---|--:|--:|
{goals}

"""


def main() -> int:
    """Measure and write; the exit status is 1 when a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.district", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="only these, printed and not written")
    asked = parser.parse_args().parts
    sections = []
    for name in asked or PARTS:
        print(f"Measuring {name} …", file=sys.stderr, flush=True)
        sections.append(PARTS[name]())
    told = tell(sections)
    print(told)
    if not asked:
        FILE.write_text(told, encoding="utf-8")
        print(f"Wrote {FILE.name}.", file=sys.stderr)
    return int(any(goal.is_missed for section in sections for goal in section.goals))


def tell(sections: Sequence[Section]) -> str:
    """Return the page."""
    head = HEAD.format(
        cores=os.cpu_count(),
        python=platform.python_version(),
        libraries=", ".join(f"{name} {version(name)}" for name in LIBRARIES),
        goals="\n".join(goal.row() for section in sections for goal in section.goals),
    )
    return head + "\n".join(section.page() for section in sections)


if __name__ == "__main__":
    sys.exit(main())
