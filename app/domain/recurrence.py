"""Recurrence: on which days something happens again and again, by a rule of RFC 5545, section 3.3.10 (pure).

Only a part of the standard is taken: ``FREQ=DAILY``, ``WEEKLY`` or ``MONTHLY`` with ``INTERVAL``, ``BYDAY`` and
``BYMONTHDAY``, and an end, ``UNTIL`` a day or after a ``COUNT``. A rule names whole days, so that each has one
occurrence at most. The first day counts only if the rule names it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from dateutil.rrule import DAILY, FR, MO, MONTHLY, SA, SU, TH, TU, WE, WEEKLY, rrule

from app.core.clock import SHANGHAI
from app.domain.errors import Problem

RULE_CHARACTERS_MAX = 200
SPAN_MAX = timedelta(days=731)
OCCURRENCES_MAX = 400

FREQUENCIES = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY}
WEEKDAYS = {"MO": MO, "TU": TU, "WE": WE, "TH": TH, "FR": FR, "SA": SA, "SU": SU}
WEEKDAY_CODES = tuple(WEEKDAYS)
ORDINALS = "[+-]?[1-5]"
FORMS = {
    "FREQ": "|".join(FREQUENCIES),
    "INTERVAL": "[1-9][0-9]?",
    "COUNT": "[1-9][0-9]{0,5}",
    "UNTIL": "[0-9]{8}",
    "BYDAY": "({day})(,({day}))*".format(day=f"({ORDINALS})?({'|'.join(WEEKDAYS)})"),
    "BYMONTHDAY": "({day})(,({day}))*".format(day="-?([12][0-9]|3[01]|[1-9])"),
}
"""The parts that a rule may have, and how each is written; nothing else reaches the library."""
FULL_FORMS = {name: re.compile(form, re.ASCII) for name, form in FORMS.items()}


@dataclass(frozen=True, slots=True)
class Window:
    """When one occurrence is, and until when it can be claimed."""

    starts_at: datetime
    ends_at: datetime
    claim_until: datetime


def days(rule: str, begins_on: date) -> list[date]:
    """Return the days that ``rule`` names from ``begins_on`` on, in order; there is at least one.

    Raises ``rule-unclear``, ``series-endless``, ``series-too-long`` beyond two years or 400 days, ``series-empty``.
    """
    parts = _read(rule)
    if "UNTIL" not in parts and "COUNT" not in parts:
        raise Problem("series-endless")
    last = begins_on + SPAN_MAX
    until = _day(parts["UNTIL"]) if "UNTIL" in parts else last
    count = int(parts.get("COUNT", OCCURRENCES_MAX + 1))
    if until > last or ("COUNT" in parts and count > OCCURRENCES_MAX):
        raise Problem("series-too-long")
    # The end is given in every case: to look for a day that never comes would take until the year 9999.
    found = [moment.date() for moment in islice(_expand(parts, begins_on, until), count)]
    if not found:
        raise Problem("series-empty")
    if len(found) > OCCURRENCES_MAX or ("COUNT" in parts and len(found) < count):
        raise Problem("series-too-long")
    return found


def window(day: date, starts: time, length_minutes: int, min_people: int) -> Window:
    """Return when the occurrence of a day is by the clock of Shanghai.

    It can be claimed until it ends, or until it begins where several people are needed.
    """
    starts_at = datetime.combine(day, starts, SHANGHAI).astimezone(UTC)
    ends_at = starts_at + timedelta(minutes=length_minutes)
    return Window(starts_at, ends_at, starts_at if min_people > 1 else ends_at)


def planned(
    named: list[date],
    begins: Callable[[date], Window],
    moment: datetime,
    is_left_out: Callable[[date], bool],
) -> dict[date, Window]:
    """Return the windows of the days that are not left out and can be claimed at ``moment`` or later."""
    windows = {day: begins(day) for day in named if not is_left_out(day)}
    return {day: when for day, when in windows.items() if when.claim_until > moment}


def _read(rule: str) -> dict[str, str]:
    """Return the parts of a rule by name. Raises ``rule-unclear`` for whatever is not of the forms above."""
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        form = FULL_FORMS.get(name)
        if form is None or name in parts or form.fullmatch(value) is None:
            raise Problem("rule-unclear")
        parts[name] = value
    has_ordinals = re.search(r"[1-5]", parts.get("BYDAY", "")) is not None
    if (
        "FREQ" not in parts
        or {"UNTIL", "COUNT"} <= parts.keys()
        or (has_ordinals and parts["FREQ"] != "MONTHLY")
        or ("BYMONTHDAY" in parts and parts["FREQ"] == "WEEKLY")
    ):
        raise Problem("rule-unclear")
    return parts


def _day(written: str) -> date:
    try:
        return datetime.strptime(written, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError as error:
        raise Problem("rule-unclear") from error


def _expand(parts: dict[str, str], begins_on: date, until: date) -> rrule:
    weekdays = []
    for named in filter(None, parts.get("BYDAY", "").split(",")):
        weekday = WEEKDAYS[named[-2:]]
        weekdays.append(weekday(int(named[:-2])) if named[:-2] else weekday)
    month_days = [int(named) for named in filter(None, parts.get("BYMONTHDAY", "").split(","))]
    return rrule(
        FREQUENCIES[parts["FREQ"]],
        dtstart=datetime.combine(begins_on, time()),
        interval=int(parts.get("INTERVAL", 1)),
        byweekday=weekdays or None,
        bymonthday=month_days or None,
        until=datetime.combine(until, time()),
    )
