"""Tasks and claims."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import EmergencyWork, TaskKind, WishCategory
from app.schemas.areas import AreaRef
from app.schemas.attendances import AttendanceOut
from app.schemas.fields import Body, Check, In, Moment, Note, Out, Page, PictureIds, Skill, Title
from app.schemas.locations import Location, Place, PointOut
from app.schemas.media import CoverOut, PictureOut
from app.schemas.task_tags import TagCode, without_repeats
from app.schemas.wishes import Poster

WINDOW_MAX = timedelta(days=731)
RADIUS_MAX_M = 50_000
Whose = Literal["grid", "branch", "team"]
SearchWords = Annotated[str, StringConstraints(min_length=1, max_length=60), Check]
PostedKind = Literal[TaskKind.ACTIVITY, TaskKind.PATROL, TaskKind.PAIRING]
TaskStatus = Literal["draft", "open", "closed", "cancelled"]
ClaimStatus = Literal["active", "submitted", "returned", "verified", "released", "lapsed", "refused"]


class OwnPlace(Out):
    """The reader's own place in line for a full task, and which number it is."""

    id: UUID
    number: int
    actions: list[str]


class TaskOut(Out):
    """A task; ``wish_id``, ``complaint_id`` or ``errand_id`` leads to what it is about.

    It promises points, and more for each hour.

    An item of a month's list is number ``item_number`` of ``list_id``; one of a series is for the day ``occurrence`` of
    ``series_id``, whenever it takes place.

    ``seats_taken`` counts claims, and seats that a group took and has named nobody for yet.

    ``body`` is what staff ask of helpers where that is more than the title says. Staff of the area read which part in
    an order from above it is for.
    """

    id: UUID
    kind: TaskKind
    wish_id: UUID | None
    complaint_id: UUID | None
    errand_id: UUID | None
    list_id: UUID | None
    item_number: int | None
    call_out_id: UUID | None
    series_id: UUID | None
    occurrence: date | None
    order_part_id: UUID | None
    is_drill: bool
    area: AreaRef
    title: str
    body: str | None
    status: TaskStatus
    seats: int
    seats_taken: int
    min_people: int
    reward_points: int
    hourly_points: int
    minutes: int | None
    skills: list[str]
    tags: list[str]
    place: str | None
    location: PointOut | None
    starts_at: datetime | None
    ends_at: datetime | None
    claim_until: datetime | None
    groups_until: datetime | None
    created_at: datetime
    own_place: OwnPlace | None
    actions: list[str]


class NearTaskOut(TaskOut):
    """A task as the search around a point shows it, with a free seat.

    One without a `location`, a wish above all, lies at the middle of its grid for this: its `distance_m` is rounded to
    100 metres. `cover` is what a wish shows first.
    """

    cover: CoverOut | None
    distance_m: int
    seats_left: int


class NearQuery(In):
    """What somebody looks for around a point in GCJ-02: within 5 kilometres unless `radius_m` says otherwise.

    With `for`, all that belongs to one's own grid, branch or team within 50 kilometres. `minutes_max` and `skill` find
    what says how long it takes and which skills it needs.
    """

    longitude: Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
    latitude: Annotated[float, Field(ge=-85, le=85, allow_inf_nan=False)]
    radius_m: Annotated[int, Field(ge=1, le=RADIUS_MAX_M)] | None = None
    minutes_max: Annotated[int, Field(ge=1, le=1440)] | None = None
    skill: Skill | None = None
    kind: TaskKind | None = None
    category: WishCategory | None = None
    tag: TagCode | None = None
    q: SearchWords | None = None
    whose: Annotated[Whose | None, Field(alias="for")] = None
    cursor: Annotated[str | None, Field(max_length=64, description="`next_cursor` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 20


class WorkNeeds(In):
    """Whom and what posted work needs, and where."""

    body: Body | None = None
    seats: Annotated[int, Field(ge=1, le=1000, strict=True)] = 1
    min_people: Annotated[int, Field(ge=1, le=1000, strict=True)] = 1
    minutes: Annotated[int, Field(ge=1, le=1440, strict=True)] | None = None
    skills: Annotated[list[Skill], Field(max_length=5, default_factory=list)]
    place: Place | None = None
    location: Location | None = None

    @model_validator(mode="after")
    def check_people(self) -> Self:
        """Refuse to need more helpers than there are seats."""
        if self.min_people > self.seats:
            raise PydanticCustomError("min_people_seats", "More helpers are needed than there are seats")
        return self


class PostedIn(WorkNeeds):
    """What there is to say of posted work, but for when it is."""

    title: Title
    tags: Annotated[list[TagCode], Field(max_length=5, default_factory=list), AfterValidator(without_repeats)]


class WindowedIn(WorkNeeds):
    """When work is to be done, and until when it can be claimed."""

    starts_at: Moment | None = None
    ends_at: Moment | None = None
    claim_until: Moment | None = None

    @model_validator(mode="after")
    def check_times(self) -> Self:
        """Refuse a window that is no window, and a claim after it."""
        if (self.starts_at is None) != (self.ends_at is None):
            raise PydanticCustomError("window_half", "A window has a beginning and an end")
        if self.starts_at is not None and self.ends_at is not None:
            if self.ends_at <= self.starts_at:
                raise PydanticCustomError("window_order", "The window ends before it starts")
            if self.ends_at - self.starts_at > WINDOW_MAX:
                raise PydanticCustomError("window_length", "The window is longer than two years")
            if self.claim_until is not None and self.claim_until > self.ends_at:
                raise PydanticCustomError("claim_until_late", "Nobody can claim after the end")
        if self.min_people > 1 and self.starts_at is None and self.claim_until is None:
            raise PydanticCustomError("min_people_by_when", "By when so many have to be found is not said")
        return self


class TaskEditIn(PostedIn, WindowedIn):
    """What there is to say of a posted task, all of it.

    `minutes` is what one helper will need. With `starts_at` and `ends_at` helpers are there at that time. Nobody claims
    after `claim_until`: the end where it is left out, the beginning where `min_people` asks for more than one. With
    fewer than these it is cancelled then. Until `groups_until` teams and branches alone take seats.
    """

    groups_until: Moment | None = None


class EmergencyTaskIn(WindowedIn):
    """A task during a call-out, in one area of it. Without words of one's own it is open at once."""

    area_id: UUID
    work: EmergencyWork


class TaskIn(TaskEditIn):
    """A task that staff post for an area, also to do its part in an order from above."""

    area_id: UUID
    kind: PostedKind
    order_part_id: UUID | None = None


class CancelIn(In):
    """Why the task is called off; those who claimed it read this."""

    reason: Note


class ClaimTask(Out):
    """The claimed task as a claim mentions it."""

    id: UUID
    title: str
    area: AreaRef
    reward_points: int
    hourly_points: int
    wish_id: UUID | None
    complaint_id: UUID | None
    errand_id: UUID | None


class ClaimOut(Out):
    """A claim, for its claimant, whoever asked for the service, and staff."""

    id: UUID
    task: ClaimTask
    status: ClaimStatus
    note: str | None
    pictures: list[PictureOut]
    minutes: int | None
    done_percent: int | None
    due_at: datetime
    created_at: datetime
    submitted_at: datetime | None
    things: list[str]
    things_since: datetime | None
    attendance: AttendanceOut | None
    actions: list[str]


class TaskClaimOut(ClaimOut):
    """A claim on a list of those who claimed a task."""

    helper: Poster


class TickedOut(Out):
    """The claims that were ticked on a task's list, as they are now."""

    items: list[TaskClaimOut]


class TickIn(In):
    """A claim to be verified, in other minutes than it says where that is so."""

    id: UUID
    minutes: Annotated[int, Field(ge=1, le=1440, strict=True)] | None = None


class TicksIn(In):
    """The claims of one task to be verified together."""

    claims: Annotated[list[TickIn], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def check_once(self) -> Self:
        """Refuse to name a claim twice: it would not be clear in how many minutes."""
        if len({tick.id for tick in self.claims}) < len(self.claims):
            raise PydanticCustomError("claims_twice", "A claim is named twice")
        return self


class ClaimLimits(Out):
    """How many claims one may hold at once and holds. ``reason`` says why fewer than others, until when."""

    limit: int
    open_claims: int
    narrowed_until: datetime | None
    reason: str | None


class OwnClaims(Page[ClaimOut]):
    """One's claims, and how many one may hold at once."""

    limits: ClaimLimits


class SeatsIn(In):
    """How many people may claim the task in all: more than before."""

    seats: Annotated[int, Field(ge=2, le=1000, strict=True)]


class SubmitIn(In):
    """What was done, in how many minutes where that counts, and how much of it where that is not all."""

    note: Note
    picture_ids: PictureIds = ()
    minutes: Annotated[int, Field(ge=1, le=1440, strict=True)] | None = None
    done_percent: Annotated[int, Field(ge=1, le=99, strict=True)] | None = None
