"""Series of tasks."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.domain.kinds import SeriesKind
from app.domain.recurrence import RULE_CHARACTERS_MAX
from app.schemas.areas import AreaRef
from app.schemas.fields import Check, Day, In, Note, Out
from app.schemas.locations import PointOut
from app.schemas.tasks import PostedIn, TaskStatus

TaskSeriesStatus = Literal["draft", "open", "ended"]


class TaskSeriesEditIn(PostedIn):
    """What there is to say of a series from one day on, all of it.

    `rule` is a recurrence rule of RFC 5545 without its name, such as `FREQ=WEEKLY;BYDAY=MO,WE;UNTIL=20270131`: DAILY,
    WEEKLY or MONTHLY, with INTERVAL, BYDAY, BYMONTHDAY, and UNTIL a day or COUNT. It ends within two years and 400
    days. The day `from` counts only if the rule names it. `starts` is by the clock of Shanghai. With `skips_holidays`
    there is nothing on public holidays.
    """

    begins_on: Annotated[Day, Field(alias="from")]
    rule: Annotated[str, StringConstraints(min_length=1, max_length=RULE_CHARACTERS_MAX), Check]
    starts: Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    length_minutes: Annotated[int, Field(ge=1, le=1440, strict=True)]
    skips_holidays: Annotated[bool, Field(strict=True)] = False


class TaskSeriesIn(TaskSeriesEditIn):
    """A series of tasks that staff post for an area."""

    area_id: UUID
    kind: SeriesKind


class EndSeriesIn(In):
    """Why the series ends."""

    reason: Note


class TaskSeriesOut(Out):
    """A series of tasks; what was before `from` stands in its tasks. Tasks are made through the day `made_until`."""

    id: UUID
    kind: SeriesKind
    area: AreaRef
    title: str
    body: str | None
    status: TaskSeriesStatus
    seats: int
    min_people: int
    minutes: int | None
    skills: list[str]
    tags: list[str]
    place: str | None
    location: PointOut | None
    begins_on: Annotated[date, Field(alias="from")]
    rule: str
    starts: str
    length_minutes: int
    timezone: Literal["Asia/Shanghai"]
    skips_holidays: bool
    last_on: date
    made_until: date
    created_at: datetime
    actions: list[str]


class OccurrenceOut(Out):
    """One task of a series: on the day `occurrence`, unless somebody changed it by hand (`is_detached`)."""

    task_id: UUID
    occurrence: date
    status: TaskStatus
    seats: int
    seats_taken: int
    is_detached: bool


class TaskSeriesDetailOut(TaskSeriesOut):
    """A series and its tasks from today on, the next 50."""

    tasks: list[OccurrenceOut]


class TaskSeriesChangedOut(TaskSeriesDetailOut):
    """A series after a change; `kept` are the tasks that stay as they are, claimed or changed by hand before."""

    kept: list[OccurrenceOut]
