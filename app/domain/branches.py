"""Terms of branch secretaries: how long one is meant to last (pure).

Committees of branches serve three years as a rule, those of villages and communities five (《中国共产党支部工作条例
（试行）》, chapter 6, as handbooks quote it). A grid's functional branch is neither: three are proposed, five allowed.
"""

from datetime import date

TERM_YEARS = 3
TERM_YEARS_MAX = 5


def last_day(begun_on: date, years: int = TERM_YEARS) -> date:
    """Return the day by which a term that begins on ``begun_on`` is to be handed over; of 29 February, the 28th."""
    year = begun_on.year + years
    try:
        return begun_on.replace(year=year)
    except ValueError:
        return date(year, 2, 28)


def is_possible(begun_on: date, due_on: date) -> bool:
    """Whether a term may last from one day to the other."""
    return begun_on < due_on <= last_day(begun_on, TERM_YEARS_MAX)
