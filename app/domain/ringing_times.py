"""When a message may ring: not at night, not again at once, and not a day late (pure)."""

from datetime import datetime, time, timedelta

from app.core.clock import SHANGHAI

QUIET_FROM, QUIET_UNTIL = time(22), time(8)
"""In Shanghai. Whoever is called out in an emergency is woken; everybody else reads it in the morning."""
LIFE = timedelta(hours=24)
"""Later than this nobody is rung: the inbox has it."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=30)


def allowed_from(moment: datetime, *, is_urgent: bool) -> datetime:
    """Return ``moment``, or the next one at which a message may ring: eight in the morning."""
    here = moment.astimezone(SHANGHAI)
    if is_urgent or QUIET_UNTIL <= here.time() < QUIET_FROM:
        return moment
    morning = here.date() + timedelta(days=1 if here.time() >= QUIET_FROM else 0)
    return datetime.combine(morning, QUIET_UNTIL, SHANGHAI)


def again_at(moment: datetime, tries: int, *, is_urgent: bool, least: timedelta = timedelta()) -> datetime:
    """Return when to try again after so many tries: half a minute, then twice as long each time, up to half an hour."""
    wait = min(FIRST_WAIT * 2 ** min(tries - 1, 16), LONGEST_WAIT)
    return allowed_from(moment + max(wait, least), is_urgent=is_urgent)
