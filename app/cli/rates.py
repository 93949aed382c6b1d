"""``echowall rates``: count the rates of complaints again from events alone, and compare what was published."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import reduce
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from app.cli.progress import Bar
from app.core.clock import SHANGHAI, now
from app.core.db import Database
from app.core.settings import Settings, SettingsError, get_settings
from app.domain import months
from app.domain.rates import DEFINITIONS, NOTHING, Counts, per_mille
from app.services import rates as figures
from app.services.rates import Difference, Publication

MONTH_FORM = re.compile(r"20\d\d-(0[1-9]|1[0-2])")
DIFFERENCES_NAMED_MAX = 20
RATES = {
    "response": ("responded", "response_due"),
    "resolution": ("resolved", "resolution_due"),
    "satisfaction": ("satisfied", "rated"),
}

AreaOption = Annotated[str, typer.Option(help="The area's id: it stands in GET /v1/areas.")]
FromOption = Annotated[str, typer.Option("--from", help="The first month of posting, like 2026-09.")]
ToOption = Annotated[str, typer.Option("--to", help="The last month of posting, like 2026-11.")]
AsOfOption = Annotated[
    str | None,
    typer.Option(
        help="Count what was published last by then: a day, which counts as its first moment in Shanghai, or a moment "
        "in ISO 8601 with its offset. Now, if left out."
    ),
]


@dataclass(frozen=True, slots=True)
class Derived:
    """A month's counts from events alone, and where those that were published differ."""

    publication: Publication
    counts: Counts
    groups: int
    differences: Sequence[Difference]


def rates(*, area: AreaOption, first: FromOption, last: ToOption, as_of: AsOfOption = None) -> None:
    """Count the rates of an area again from the events of its complaints alone.

    Exit status 1 when a published figure differs; it is named.
    """
    begin, end = read_month(first), read_month(last)
    if end < begin:
        raise SettingsError(f"{last} is before {first}.")
    moment = now() if as_of is None else read_moment(as_of)
    derived = asyncio.run(_derive(get_settings(), read_area(area), begin, end, moment))
    console = Console()
    console.print(table(derived))
    differences = [difference for month in derived for difference in month.differences]
    for difference in differences[:DIFFERENCES_NAMED_MAX]:
        console.print(sentence(difference), highlight=False)
    if differences:
        console.print(f"{len(differences):,} published groups are not what the events say.", highlight=False)
        raise typer.Exit(1)
    published = [month for month in derived if month.publication.is_published]
    console.print(
        f"All {sum(month.groups for month in published):,} published groups of {len(published)} months are what the "
        f"events say, by version {DEFINITIONS} of the definitions.",
        highlight=False,
    )


def read_month(written: str) -> date:
    """Return a month as it is written on the command line. Raises SettingsError."""
    if not MONTH_FORM.fullmatch(written):
        raise SettingsError(f"{written} is no month: write it like 2026-11.")
    return months.read(written)


def read_moment(written: str) -> datetime:
    """Return the moment that a day or a moment means. Raises SettingsError."""
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise SettingsError(f"{written} is neither a day like 2026-11-22 nor a moment in ISO 8601.") from error
    if moment.tzinfo is not None:
        return moment
    if len(written) > len("2026-11-22"):
        raise SettingsError(f"{written} has no offset: write it like 2026-11-22T08:00+08:00.")
    return moment.replace(tzinfo=SHANGHAI)


def read_area(written: str) -> UUID:
    """Return an area's id. Raises SettingsError."""
    try:
        return UUID(written)
    except ValueError as error:
        raise SettingsError("An area's id is a UUID: take it from GET /v1/areas.") from error


def table(derived: Sequence[Derived]) -> Table:
    """Return what was counted, a month a line."""
    shown = Table(
        "month", "as of", "received", "rejected", "merged", "withdrawn", "overdue", *RATES, "published",
        title="From the events alone", title_justify="left",
    )  # fmt: skip
    for column in shown.columns[2:-1]:
        column.justify = "right"
    for month in derived:
        publication = month.publication
        shown.add_row(
            months.write(publication.month),
            f"{publication.as_of.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            *_cells(month.counts),
            _verdict(month),
        )
    if len(derived) > 1:
        shown.add_section()
        shown.add_row("all", "", *_cells(reduce(Counts.__add__, (month.counts for month in derived))), "")
    return shown


def sentence(difference: Difference) -> str:
    """Return what differs of a group."""
    group, published, derived = difference.group, asdict(difference.published), asdict(difference.derived)
    found = [f"{name} {published[name]}, not {derived[name]}" for name in published if published[name] != derived[name]]
    unit = f", unit {group.unit_id}" if group.unit_id else ""
    return f"{months.write(group.month)}, grid {group.area_id}, {group.category}{unit}: published {'; '.join(found)}"


def _verdict(month: Derived) -> str:
    if not month.publication.is_published:
        return "nothing yet"
    return f"{len(month.differences)} groups differ" if month.differences else "the same"


def _cells(counts: Counts) -> list[str]:
    beside = [counts.received, counts.rejected, counts.merged, counts.withdrawn, counts.overdue]
    return [f"{count:,}" for count in beside] + [
        _rate(getattr(counts, numerator), getattr(counts, denominator)) for numerator, denominator in RATES.values()
    ]


def _rate(numerator: int, denominator: int) -> str:
    rate = per_mille(numerator, denominator)
    counts = f"{numerator:,} of {denominator:,}"
    return counts if rate is None else f"{counts} = {rate // 10}.{rate % 10} %"


async def _derive(settings: Settings, area_id: UUID, first: date, last: date, as_of: datetime) -> list[Derived]:
    database = Database(settings.require_database_url(), settings)
    try:
        async with database.snapshot() as connection:
            area_ids = await figures.list_areas_below(connection, area_id)
            if not area_ids:
                raise SettingsError("There is no such area: take its id from GET /v1/areas.")
            publications = await figures.find_publications(connection, first, last, as_of)
            found = []
            for publication in publications:
                bar = Bar(f"events of {months.write(publication.month)}")
                try:
                    groups, differences = await figures.derive(connection, publication, area_ids, bar.advance)
                finally:
                    bar.end()
                counts = reduce(Counts.__add__, groups.values(), NOTHING)
                found.append(Derived(publication, counts, len(groups), differences))
            return found
    finally:
        database.close()
