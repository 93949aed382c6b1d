"""Tags of tasks: the words under which a district counts its work."""

from sqlalchemy import CheckConstraint, Index, SmallInteger
from sqlmodel import Field, SQLModel

from app.domain.kinds import TagGroup
from app.models.columns import enum_type


class TaskTag(SQLModel, table=True):
    """Never deleted, and its code never changed: tasks carry it. One that is not active is chosen no more."""

    __tablename__ = "task_tag"
    __table_args__ = (
        CheckConstraint("code ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'", name="code_kebab"),
        CheckConstraint("char_length(name) BETWEEN 1 AND 20", name="name_length"),
        CheckConstraint("position BETWEEN 0 AND 1000", name="position_range"),
        Index("uq_task_tag_tag_group_name", "tag_group", "name", unique=True),
    )

    code: str = Field(primary_key=True, max_length=32)
    tag_group: TagGroup = Field(sa_type=enum_type(TagGroup, "tag_group"))
    name: str = Field(max_length=20)
    position: int = Field(sa_type=SmallInteger)
    is_active: bool = True
