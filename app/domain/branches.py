"""Secretaries of branches: how they come and go, and how long a term is meant to last (pure).

Committees of branches serve three years as a rule, those of villages and communities five (《中国共产党支部工作条例
（试行）》, chapter 6, as handbooks quote it). A grid's functional branch is neither: three are proposed, five allowed.
"""

from datetime import date
from enum import StrEnum

TERM_YEARS = 3
TERM_YEARS_MAX = 5


class CandidacyOrigin(StrEnum):
    """How somebody came to stand for secretary of a branch."""

    RECOMMENDED = "recommended"  # 组织推荐: by staff, with the member's own yes
    SELF_NOMINATED = "self_nominated"  # 自荐


class TermEnd(StrEnum):
    """Why somebody is secretary of a branch no more."""

    HANDED_OVER = "handed_over"
    VACATED = "vacated"  # resigned, or relieved by staff
    LEFT = "left"  # is not in the branch any more
    DISSOLVED = "dissolved"  # the branch is no more


class SecretaryState(StrEnum):
    """How a branch stands for a secretary."""

    IN_OFFICE = "in_office"
    OVERDUE = "overdue"  # in office beyond the last day of the term
    VACANT = "vacant"


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
