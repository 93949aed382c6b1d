"""The rule of strength: how many members and volunteers a grid must have, and who is missing or to spare (pure)."""

from dataclasses import dataclass

from app.domain.kinds import Hat

REQUIRED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Rule:
    """How many people of each hat a grid must have at least."""

    members: int
    volunteers: int

    def required(self, hat: Hat) -> int:
        """Return how many of one hat it asks for."""
        return self.members if hat is Hat.MEMBER else self.volunteers


DEFAULT = Rule(members=6, volunteers=30)
"""What holds where no area says otherwise."""


@dataclass(frozen=True, slots=True)
class Force:
    """The people of one hat in a grid.

    ``present`` are those who count there: its own who are not lent away, and those lent to it. ``lendable`` are those
    of its own who could be asked to help elsewhere, ``skilled`` those of them with a skill that is looked for.
    """

    present: int
    required: int
    lendable: int = 0
    skilled: int = 0

    @property
    def shortage(self) -> int:
        """How many are missing."""
        return max(0, self.required - self.present)

    @property
    def spare(self) -> int:
        """How many could be lent with the grid still at the rule; who was lent to it is not lent on."""
        return max(0, min(self.present - self.required, self.lendable))

    @property
    def spare_skilled(self) -> int:
        """How many of those who could be lent may have a skill that is looked for."""
        return min(self.skilled, self.spare)
