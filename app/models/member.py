"""Party members who reported in to their community (双报到)."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from app.domain.kinds import MemberKind
from app.domain.lifecycles import MEMBER
from app.models.columns import created_at, enum_type, status_check


class Member(SQLModel, table=True):
    """One person's membership: work unit (单位) and home grid (社区)."""

    __table_args__ = (status_check(MEMBER),)

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", unique=True)
    kind: MemberKind = Field(sa_type=enum_type(MemberKind, "kind"))
    unit_id: UUID = Field(foreign_key="unit.id", index=True)
    home_area_id: UUID = Field(foreign_key="area.id", index=True)
    status: str = Field(default=MEMBER.initial, max_length=32)
    created_at: datetime = created_at()
