"""Complaints, in one form for each reader: everybody, whose it is, staff."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.domain.kinds import Outcome, Urgency
from app.schemas.areas import AreaRef
from app.schemas.fields import Body, Check, In, Note, Out, PictureIds, Title
from app.schemas.joint import JointPart, JointPartForStaff, PartyRatings
from app.schemas.locations import Location, Place
from app.schemas.media import PictureOut
from app.schemas.people import Phone
from app.schemas.tasks import TaskStatus

ComplaintStatus = Literal[
    "checking",
    "reviewing",
    "open",
    "accepted",
    "waiting",
    "answered",
    "closed",
    "reopened",
    "merged",
    "rejected",
    "withdrawn",
]
PersonName = Annotated[str, StringConstraints(min_length=1, max_length=20), Check]
CategoryCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,30}$")]


class Contact(In):
    """How to reach whoever complains; staff see it masked."""

    name: PersonName | None = None
    phone: Phone | None = None


class ProxyIn(In):
    """The resident for whom somebody else types, and how they agreed to it."""

    name: PersonName
    phone: Phone | None = None
    consent: Note


class ComplaintIn(In):
    """A problem, where it is, and whether the nickname may stand beside it.

    Its grid is `area_id`, chosen from a list, or the one in which `location` lies.
    """

    area_id: UUID | None = None
    location: Location | None = None
    place: Place | None = None
    category: CategoryCode | None = None
    title: Title
    body: Body
    anonymous: bool = True
    contact: Contact | None = None
    proxy: ProxyIn | None = None
    picture_ids: PictureIds = ()

    @model_validator(mode="after")
    def require_place(self) -> Self:
        """Refuse a problem that is nowhere."""
        if self.area_id is None and self.location is None:
            raise PydanticCustomError("place_missing", "Either area_id or location is needed")
        return self


class ComplaintAnswerIn(In):
    """The echo, and what became of the problem."""

    answer: Body
    outcome: Outcome
    picture_ids: PictureIds = ()


class ReasonIn(In):
    """Why."""

    reason: Note


class ResumeIn(In):
    """What the resident was asked for."""

    words: Note


class ComplaintMergeIn(In):
    """The complaint on the same matter that goes on for both."""

    into_id: UUID


class CorrectIn(In):
    """What it is really about, and how soon it needs an answer."""

    category: CategoryCode
    urgency: Urgency


class CallIn(In):
    """How many helpers are called; what for, where that is not what the complaint's title says."""

    title: Title | None = None
    body: Body | None = None
    seats: Annotated[int, Field(ge=1, le=1000, strict=True)] = 1


class ComplaintRatingIn(In):
    """Whether the answer satisfies."""

    is_satisfied: Annotated[bool, Field(strict=True)]
    note: Note | None = None


class CategoryRef(Out):
    """A topic as others mention it."""

    code: str
    name: str


class About(Out):
    """About where, to a hundred metres; GCJ-02."""

    longitude: float
    latitude: float


class Author(Out):
    """The nickname of an author who chose to show it."""

    nickname: str


class Echo(Out):
    """The answer that stands beside the problem."""

    answer: str
    outcome: Outcome
    answered_at: datetime


class ComplaintOut(Out):
    """A complaint as everybody sees it. ``handler`` has to act, ``leader`` answers by name, units act together."""

    id: UUID
    number: int
    area: AreaRef
    handler: AreaRef
    category: CategoryRef
    urgency: Urgency
    title: str
    body: str
    status: ComplaintStatus
    about: About | None
    author: Author | None
    leader: Author | None
    joins: int
    unit_count: int
    echo: Echo | None
    is_satisfied: bool | None
    merged_into_id: UUID | None
    due_at: datetime | None
    is_overdue: bool
    age_days: int
    created_at: datetime
    actions: list[str]


class QueuedComplaintOut(ComplaintOut):
    """A complaint that an area has to act on; ``is_reminded`` says that little of its time is left."""

    is_reminded: bool


class Step(Out):
    """One event of a complaint's life, as everybody may know it."""

    action: str
    to_state: str
    handler: AreaRef | None
    created_at: datetime


class TaskRef(Out):
    """The task for which helpers were called last."""

    id: UUID
    status: TaskStatus
    seats: int
    seats_taken: int


class ComplaintDetailOut(ComplaintOut):
    """A complaint with the way it went and the units that work on it together."""

    pictures: list[PictureOut]
    answer_pictures: list[PictureOut]
    parts: list[JointPart]
    task: TaskRef | None
    timeline: list[Step]


class NotedStep(Step):
    """One event with what was said."""

    note: str | None


class Masked(Out):
    """Who complained, as staff see it until they give a reason to see more."""

    name: str | None
    phone: str | None


class Look(Out):
    """Somebody looked at who complained, and why, or printed a work order, on which that does not stand."""

    kind: Literal["unmask", "print"]
    nickname: str
    reason: str | None
    created_at: datetime


class ComplaintForAuthorOut(ComplaintOut):
    """A complaint as whoever made it or joined in sees it, with what was said and who looked at who they are."""

    pictures: list[PictureOut]
    answer_pictures: list[PictureOut]
    place: str | None
    part: Literal["author", "joiner"]
    contact: Masked | None
    who_sees: str
    """A sentence for the page: who still sees what."""
    is_new: bool
    answer: Echo | None
    is_answer_public: bool
    looks: list[Look]
    parts: list[JointPart]
    task: TaskRef | None
    timeline: list[NotedStep]


class OwnComplaintOut(ComplaintOut):
    """One of one's own complaints in a list; ``is_new`` says that something happened since one looked."""

    part: Literal["author", "joiner"]
    is_new: bool


class ActedStep(NotedStep):
    """One event with who acted; a complainant is never named."""

    party: str
    actor: Author | None


class ExactPlace(Out):
    """Exactly where, GCJ-02."""

    longitude: float
    latitude: float


class ComplaintForStaffOut(ComplaintOut):
    """A complaint as the staff of its area see it."""

    pictures: list[PictureOut]
    answer_pictures: list[PictureOut]
    location: ExactPlace | None
    place: str | None
    channel: str
    consent: str | None
    is_confidential: bool
    case_id: UUID | None
    complainant: Masked
    answer: Echo | None
    is_answer_public: bool
    accept_due_at: datetime | None
    answer_due_at: datetime | None
    parts: list[JointPartForStaff]
    ratings: list[PartyRatings]
    task: TaskRef | None
    timeline: list[ActedStep]


class ComplainantOut(Out):
    """Who complained and what they wrote, word by word; shown for a while to whoever gave a reason."""

    nickname: str | None
    name: str | None
    phone: str | None
    email: str | None
    title: str
    body: str
    actions: list[str]
