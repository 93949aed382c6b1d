"""Tags of tasks."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from app.domain.kinds import TagGroup
from app.schemas.areas import AreaRef
from app.schemas.fields import Check, In, Numberless, Out

TagCode = Annotated[str, StringConstraints(min_length=2, max_length=32, pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=20), Check, Numberless]


def without_repeats(codes: list[str]) -> list[str]:
    """Return each code once, in the order in which they were given: nothing is counted twice."""
    return list(dict.fromkeys(codes))


class TagEditIn(In):
    """What there is to say of a tag. One that is not active is chosen no more; tasks that carry it keep it."""

    name: TagName
    position: Annotated[int, Field(ge=0, le=1000, strict=True)]
    is_active: Annotated[bool, Field(strict=True)]


class TagIn(TagEditIn):
    """A tag of a group to which districts add theirs; its code stays for ever."""

    code: TagCode
    group: Literal[TagGroup.JOINT_WORK, TagGroup.FIVE_RECORDS]
    is_active: Annotated[bool, Field(strict=True)] = True


class TagOut(Out):
    """A tag under which tasks are found and counted."""

    code: str
    group: TagGroup
    name: str
    position: int
    is_active: bool
    actions: list[str]


class TagsOut(Out):
    """All tags, by group and position."""

    items: list[TagOut]
    actions: list[str]


class TagCountOut(Out):
    """What was done under a tag: services verified, on so many tasks, by so many people, in so many minutes."""

    code: str
    group: TagGroup
    name: str
    tasks: int
    people: int
    claims: int
    minutes: int
    actions: list[str]


class TagCountsOut(Out):
    """The services of an area that were verified in a month, by tag; one that carries two stands in both lines."""

    area: AreaRef
    month: str = Field(description="A month of the calendar in Asia/Shanghai, like `2026-11`")
    items: list[TagCountOut]
    actions: list[str]
