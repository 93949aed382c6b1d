"""Monthly lists of tasks (任务需求清单)."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from app.domain import months
from app.schemas.areas import AreaRef
from app.schemas.fields import In, Moment, Note, Out
from app.schemas.settlements import Month
from app.schemas.tasks import TaskEditIn, TaskOut

TaskListStatus = Literal["draft", "published", "closed", "cancelled"]


class TaskListIn(In):
    """For which area and month tasks are to be listed."""

    area_id: UUID
    month: Month

    @property
    def first_day(self) -> date:
        return months.read(self.month)


class ListItemIn(TaskEditIn):
    """An item of a list, in the area of the list unless another one below it is named."""

    area_id: UUID | None = None


class PublishIn(In):
    """Until when teams and branches alone take seats of items that do not say so themselves; null for not at all."""

    groups_until: Moment | None = None


class CancelListIn(In):
    """Why the list is called off."""

    reason: Note


class TaskListOut(Out):
    """A month's list; `number` counts the lists of its area."""

    id: UUID
    area: AreaRef
    month: str
    number: int
    title: str
    status: TaskListStatus
    published_at: datetime | None
    created_at: datetime
    actions: list[str]


class LastMonthOut(Out):
    """What became of the lists that the area published last before this month: services that were verified."""

    month: str
    item_count: int
    people: int
    verified: int
    minutes: int
    points: int


class TaskListDetailOut(TaskListOut):
    """A month's list with its counts; `last_month` is null when there was no list before.

    `group_count` teams and branches take part; until `groups_until` there are items of which they alone take seats.
    """

    item_count: int
    seats: int
    seats_taken: int
    group_count: int
    groups_until: datetime | None
    last_month: LastMonthOut | None


class ListItemOut(TaskOut):
    """An item of a list; of a draft `is_checked` says whether its words have passed, so that it can be published."""

    is_checked: bool


class TaskListSummaryOut(Out):
    """The text of a list for a group chat, at most 1,000 characters."""

    text: str
    actions: list[str]
