"""Teams of volunteers, who is in them, and alliances of teams."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.domain.lifecycles import TEAM, TEAM_MEMBER
from app.models.columns import created_at, status_check


class Team(SQLModel, table=True):
    """A team of volunteers (志愿队伍) and the person who leads it.

    ``services`` is JSON, a list of ``{title, description, hours}``: what it does again and again.
    """

    __table_args__ = (
        status_check(TEAM),
        CheckConstraint("char_length(name) BETWEEN 1 AND 30", name="name_length"),
        CheckConstraint("char_length(introduction) BETWEEN 1 AND 500", name="introduction_length"),
        CheckConstraint(
            "jsonb_typeof(services) = 'array' AND jsonb_array_length(services) <= 20", name="services_form"
        ),
        Index("uq_team_live_name", "area_id", "name", unique=True, postgresql_where=text("status <> 'dissolved'")),
        Index("ix_team_area_id_id", "area_id", "id"),
        Index("ix_team_leader_id", "leader_id"),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    leader_id: UUID = Field(foreign_key="person.id")
    name: str = Field(max_length=30)
    introduction: str = Field(max_length=500)
    services: str = Field(default="[]", sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})
    status: str = Field(default=TEAM.initial, max_length=32)
    created_at: datetime = created_at()


class TeamMember(SQLModel, table=True):
    """Somebody who asked to be in a team, is in it or was."""

    __tablename__ = "team_member"
    __table_args__ = (
        status_check(TEAM_MEMBER),
        UniqueConstraint("team_id", "person_id"),
        Index("ix_team_member_person_id", "person_id"),
        Index("ix_team_member_team_id_status_id", "team_id", "status", "id"),
    )

    id: UUID = Field(primary_key=True)
    team_id: UUID = Field(foreign_key="team.id")
    person_id: UUID = Field(foreign_key="person.id")
    status: str = Field(default=TEAM_MEMBER.initial, max_length=32)
    created_at: datetime = created_at()


class Alliance(SQLModel, table=True):
    """Teams that are called together (志愿同盟), kept by the staff of an area; never deleted, but closed."""

    __table_args__ = (
        CheckConstraint("char_length(name) BETWEEN 1 AND 30", name="name_length"),
        CheckConstraint("char_length(introduction) BETWEEN 1 AND 500", name="introduction_length"),
        Index("uq_alliance_open_name", "area_id", "name", unique=True, postgresql_where=text("closed_at IS NULL")),
    )

    id: UUID = Field(primary_key=True)
    area_id: UUID = Field(foreign_key="area.id")
    name: str = Field(max_length=30)
    introduction: str | None = Field(default=None, max_length=500)
    closed_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()


class AllianceTeam(SQLModel, table=True):
    """A team that answers the calls of an alliance."""

    __tablename__ = "alliance_team"

    alliance_id: UUID = Field(primary_key=True, foreign_key="alliance.id")
    team_id: UUID = Field(primary_key=True, foreign_key="team.id", index=True)
    created_at: datetime = created_at()
