"""What an entry of the catalogue of refusals says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProblemType:
    """One entry of the catalogue."""

    code: str
    status: int
    title: str
    detail: str
    retry_after_s: int | None = None
    is_stored: bool = True
    """Whether an Idempotency-Key remembers it: decisions are remembered, passing faults are not (I5)."""


def passing(code: str, status: int, title: str, detail: str, retry_after_s: int | None = None) -> ProblemType:
    """Return an entry for a fault that passes: an Idempotency-Key does not remember it."""
    return ProblemType(code, status, title, detail, retry_after_s, is_stored=False)
