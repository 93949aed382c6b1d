"""``python -m bench.text [--data FILE.csv]``: search and routing, measured; writes ``bench/TEXT.md``."""

import argparse
import asyncio
import sys
from pathlib import Path

from bench.text import measure, report, sets, town

SEED = 20260104


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.text", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="labelled complaints: a file with the columns title, detail, category"
    )
    parser.add_argument("--complaints", type=int, default=200_000, help="how many to search among")
    parser.add_argument("--dry", action="store_true", help="write no file")
    options = parser.parse_args()
    chosen = [sets.held_out()]
    if options.data is not None:
        chosen.append(sets.labelled(options.data))
    print(f"Filling a district with {options.complaints:,} complaints …", flush=True)
    with town.scratch_url() as url:
        found = asyncio.run(_measure(url, options.complaints, chosen))
    told = report.tell(found, options.complaints)
    print(told)
    if not options.dry:
        report.FILE.write_text(told, "utf-8")
        print(f"Wrote {report.FILE}.")
    return int(report.is_missed(found))


async def _measure(url: str, complaints: int, chosen: list[sets.TextSet]) -> list[measure.Measured]:
    found = [measure.Measured(texts.name, len(texts.texts)) for texts in chosen]
    async with town.open_town(url, complaints, SEED) as place:
        for texts, measured in zip(chosen, found, strict=True):
            await measure.search(place, texts, f"{complaints:,}", measured)
            await measure.route(place, texts, measured)
        left = await place.age()
        for texts, measured in zip(chosen, found, strict=True):
            await measure.search(place, texts, f"{left:,}", measured)
    return found


if __name__ == "__main__":
    sys.exit(main())
