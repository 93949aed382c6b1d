"""People as tests know them."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Person:
    """A user with a valid token."""

    id: UUID
    openid: str
    token: str
