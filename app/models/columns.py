"""Shared column forms: enums as VARCHAR + CHECK, states from the lifecycles, UTC times, names of constraints."""

from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import CheckConstraint, DateTime, Enum, text
from sqlmodel import Field, SQLModel

from app.core.sql import quoted
from app.domain.lifecycle import Lifecycle

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def enum_type(kind: type[StrEnum], name: str) -> Enum:
    """Return VARCHAR with a CHECK named ``name`` over the values; PostgreSQL's own enums are hard to change."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=_versioned(name, [member.value for member in kind]),
        values_callable=lambda members: [member.value for member in members],
    )


def status_check(lifecycle: Lifecycle) -> CheckConstraint:
    """Return the CHECK that a ``status`` is a state of ``lifecycle``."""
    states = quoted(lifecycle.states)
    return CheckConstraint(f"status IN ({states})", name=_versioned("status", lifecycle.states))


def _versioned(name: str, values: Sequence[str]) -> str:
    """Return a constraint's name that changes with its values: names are all that migrations compare."""
    return f"{name}_{sha256(' '.join(values).encode()).hexdigest()[:6]}"


def created_at() -> Any:
    """Return a field for the moment of creation, set by the database when the code does not."""
    return Field(
        default=None,
        sa_type=DateTime(timezone=True),
        nullable=False,
        sa_column_kwargs={"server_default": text("now()")},
    )
