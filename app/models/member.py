"""Party members who reported in to their community (双报到)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from app.core.sql import quoted
from app.domain.kinds import EMPLOYED_KINDS, MemberKind
from app.domain.lifecycles import MEMBER
from app.models.columns import created_at, enum_type, status_check

EMPLOYED = quoted(EMPLOYED_KINDS)


class Member(SQLModel, table=True):
    """One person's membership: work unit (单位) and home grid (社区), and when they reported in at each.

    ``unit_area_id`` is the area to which the unit's branch reported. Floating members have two branches: at home, where
    the membership lies, and at the host's, who takes them in.
    """

    __table_args__ = (
        status_check(MEMBER),
        CheckConstraint(f"unit_id IS NOT NULL OR kind NOT IN ({EMPLOYED})", name="unit_of_employed"),
        CheckConstraint("unit_area_id IS NULL OR unit_id IS NOT NULL", name="unit_area_of_unit"),
        CheckConstraint("unit_checked_in_on IS NULL OR unit_area_id IS NOT NULL", name="unit_area_of_check_in"),
        CheckConstraint(
            "kind = 'floating' OR (home_branch IS NULL AND host_branch IS NULL)", name="branches_of_floating"
        ),
        CheckConstraint("char_length(home_branch) BETWEEN 1 AND 50", name="home_branch_length"),
        CheckConstraint("char_length(host_branch) BETWEEN 1 AND 50", name="host_branch_length"),
        Index("ix_member_home_area_id_status_id", "home_area_id", "status", "id"),
        Index("ix_member_status_id", "status", "id"),
    )

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", unique=True)
    kind: MemberKind = Field(sa_type=enum_type(MemberKind, "kind"))
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id", index=True)
    home_area_id: UUID = Field(foreign_key="area.id")
    status: str = Field(default=MEMBER.initial, max_length=32)
    created_at: datetime = created_at()
    unit_area_id: UUID | None = Field(default=None, foreign_key="area.id")
    unit_checked_in_on: date | None = None
    home_checked_in_on: date | None = None
    home_branch: str | None = Field(default=None, max_length=50)
    host_branch: str | None = Field(default=None, max_length=50)
