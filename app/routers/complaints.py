"""Complaints: posting one, reading it, and what everybody with a part in it does next."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    PlacesDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    TransactionDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
    links_of,
)
from app.domain.caller import Caller
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.complaints import (
    CallIn,
    ComplainantOut,
    ComplaintAnswerIn,
    ComplaintDetailOut,
    ComplaintForAuthorOut,
    ComplaintForStaffOut,
    ComplaintIn,
    ComplaintMergeIn,
    ComplaintRatingIn,
    ComplaintStatus,
    CorrectIn,
    QueuedComplaintOut,
    ReasonIn,
    ResumeIn,
)
from app.schemas.fields import Page
from app.services import complainants, complaint_views
from app.services.complaints import handling, helping, levels, posting, residents, unmasking

router = APIRouter(prefix="/complaints", tags=["complaints"])
View = ComplaintForStaffOut | ComplaintForAuthorOut | ComplaintDetailOut
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "own-interest", "not-found", "state-conflict")
DECISION = responses(*DECISION_PROBLEMS)
DECISION_WITH_WORDS = responses(*DECISION_PROBLEMS, "malformed-json")


async def _tell(work: UnitOfWork, secret: str, caller: Caller, complaint_id: UUID, status: int = 200) -> Response:
    return work.answer(await complaint_views.get(work.connection, work.links, secret, caller, complaint_id), status)


@router.post(
    "",
    status_code=201,
    response_model=View,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "area-unknown",
        "area-closed",
        "area-not-a-home",
        "location-outside",
        "location-in-no-grid",
        "location-on-border",
        "category-unknown",
        "not-allowed",
        "posting-too-fast",
        "media-unknown",
    ),
)
async def post(
    form: ComplaintIn, caller: CallerDep, work: UnitOfWorkDep, places: PlacesDep, secret: SecretDep
) -> Response:
    """Put a problem on the wall of its grid. Nobody else sees it before its content check has passed.

    `anonymous` hides the nickname from everybody; staff of the area see a masked name, and who looks further is shown
    to whoever complained. `proxy` is for staff and helpers who type for somebody who cannot.
    """
    area_id = form.area_id
    if area_id is None:
        assert form.location is not None, "the form has the one or the other"
        place = form.location
        area_id = await places.locate(work.connection, float(place.longitude), float(place.latitude))
    return await _tell(work, secret, caller, await posting.post(work.connection, secret, caller, form, area_id), 201)


@router.get(
    "",
    response_model=Page[QueuedComplaintOut],
    responses=responses("not-allowed", "invalid-payload", "cursor-invalid"),
)
async def list_queue(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    secret: SecretDep,
    status: ComplaintStatus | None = None,
) -> Response:
    """List what an area and those below it have to act on, what is due first; for its staff."""
    return answer(await complaint_views.list_queue(reads, secret, caller, area_id, status, page))


@router.get("/{complaint_id}", response_model=View, responses=responses("not-found", "invalid-payload"))
async def get_complaint(
    complaint_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, request: Request, secret: SecretDep
) -> Response:
    """Get one complaint with the way it went; in a form of their own for whose it is and for staff."""
    return answer(await complaint_views.get(reads, links_of(request), secret, caller, complaint_id))


@router.put("/{complaint_id}/seen", status_code=204, responses=responses("not-found", "invalid-payload"))
async def see(complaint_id: UUID, caller: CallerDep, connection: TransactionDep, secret: SecretDep) -> Response:
    """Note that one has looked at one's complaint: nothing of it is new any more."""
    await complainants.see(connection, secret, complaint_id, caller.id)
    return Response(status_code=204)


@router.post("/{complaint_id}/admit", response_model=View, responses=DECISION)
async def admit(complaint_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Let a complaint onto the wall that the content check left to people."""
    await handling.admit(work.connection, secret, caller, complaint_id)
    return await _tell(work, secret, caller, complaint_id)


@router.post("/{complaint_id}/accept", response_model=View, responses=DECISION)
async def accept(complaint_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Sign for a complaint (签收): from here on an answer is due."""
    await handling.accept(work.connection, secret, caller, complaint_id)
    return await _tell(work, secret, caller, complaint_id)


@router.post("/{complaint_id}/take-on", response_model=View, responses=DECISION)
async def take_on(complaint_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Answer for a complaint by name (书记领办)."""
    await handling.take_on(work.connection, secret, caller, complaint_id)
    return await _tell(work, secret, caller, complaint_id)


@router.post(
    "/{complaint_id}/answer",
    response_model=View,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "steps-open", "media-unknown"),
)
async def give_answer(
    complaint_id: UUID, form: ComplaintAnswerIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Answer a complaint: its complainant reads it at once, everybody once its content check has passed."""
    await handling.answer(work.connection, secret, caller, complaint_id, form.answer, form.outcome, form.picture_ids)
    return await _tell(work, secret, caller, complaint_id)


@router.post("/{complaint_id}/publish-answer", response_model=View, responses=DECISION)
async def publish_answer(complaint_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Put an answer on the echo wall that the content check left to people; nobody publishes their own."""
    await handling.publish_answer(work.connection, secret, caller, complaint_id)
    return await _tell(work, secret, caller, complaint_id)


@router.post(
    "/{complaint_id}/escalate",
    response_model=View,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "escalation-at-top"),
)
async def escalate(
    complaint_id: UUID, form: ReasonIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Hand a complaint up one level; it keeps its number, and its first wall shows where it is."""
    await levels.escalate(work.connection, secret, caller, complaint_id, form.reason)
    return await _tell(work, secret, caller, complaint_id)


@router.post(
    "/{complaint_id}/return",
    response_model=View,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "return-at-bottom", "area-closed"),
)
async def send_down(
    complaint_id: UUID, form: ReasonIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Hand a complaint down one level, towards its grid."""
    await levels.send_down(work.connection, secret, caller, complaint_id, form.reason)
    return await _tell(work, secret, caller, complaint_id)


@router.post(
    "/{complaint_id}/call-helpers",
    response_model=View,
    responses=responses(
        *DECISION_PROBLEMS, "malformed-json", "complaint-confidential", "helpers-called", "area-closed"
    ),
)
async def call_helpers(
    complaint_id: UUID,
    form: CallIn,
    caller: CallerDep,
    work: UnitOfWorkDep,
    secret: SecretDep,
    settings: SettingsDep,
) -> Response:
    """Call members and volunteers: an accepted complaint gets a task that they claim. The answer stays the staff's.

    A `title` or `body` of one's own is checked first; until then, and while a person has to look, the task is a draft.
    """
    await helping.call(work.connection, secret, caller, complaint_id, form, settings.wish_reward_points)
    return await _tell(work, secret, caller, complaint_id)


@router.post("/{complaint_id}/wait", response_model=View, responses=DECISION_WITH_WORDS)
async def wait(
    complaint_id: UUID, form: ReasonIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Ask the resident for something: `reason` says what is needed, and the clock stands still until it is there."""
    await handling.wait(work.connection, secret, caller, complaint_id, form.reason)
    return await _tell(work, secret, caller, complaint_id)


@router.post("/{complaint_id}/resume", response_model=View, responses=DECISION_WITH_WORDS)
async def resume(
    complaint_id: UUID, form: ResumeIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Let the clock run again, with what was asked for."""
    await handling.resume(work.connection, secret, caller, complaint_id, form.words)
    return await _tell(work, secret, caller, complaint_id)


@router.post("/{complaint_id}/reject", response_model=View, responses=DECISION_WITH_WORDS)
async def reject(
    complaint_id: UUID, form: ReasonIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Turn a complaint away, with a reason that its complainant reads.

    One that waits for its complainant or has its answer is taken off the walls instead, and goes on as it was.
    """
    await handling.reject(work.connection, secret, caller, complaint_id, form.reason)
    return await _tell(work, secret, caller, complaint_id)


@router.post(
    "/{complaint_id}/merge",
    response_model=View,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "merge-into-itself", "merge-target-unfit"),
)
async def merge(
    complaint_id: UUID, form: ComplaintMergeIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Merge a complaint into another on the same matter; everybody of it gets that one's answer."""
    await handling.merge(work.connection, secret, caller, complaint_id, form.into_id)
    return await _tell(work, secret, caller, complaint_id)


@router.post(
    "/{complaint_id}/correct",
    response_model=View,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "category-unknown"),
)
async def correct(
    complaint_id: UUID, form: CorrectIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Correct category and urgency, and the deadlines with them."""
    await handling.correct(work.connection, secret, caller, complaint_id, form.category, form.urgency)
    return await _tell(work, secret, caller, complaint_id)


@router.post("/{complaint_id}/join", response_model=View, responses=DECISION)
async def join(complaint_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Say "me too": it counts, and the answer comes to the joiner as well."""
    await residents.join(work.connection, secret, caller, complaint_id)
    return await _tell(work, secret, caller, complaint_id)


@router.post("/{complaint_id}/withdraw", response_model=View, responses=DECISION)
async def withdraw(complaint_id: UUID, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Take one's complaint back before it is answered."""
    await residents.withdraw(work.connection, secret, caller, complaint_id)
    return await _tell(work, secret, caller, complaint_id)


@router.post(
    "/{complaint_id}/rate",
    response_model=View,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "already-rated"),
)
async def rate(
    complaint_id: UUID, form: ComplaintRatingIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Say whether the answer satisfies; not satisfied takes the complaint up again, once by right."""
    await residents.rate(work.connection, secret, caller, complaint_id, is_satisfied=form.is_satisfied, note=form.note)
    return await _tell(work, secret, caller, complaint_id)


@router.post(
    "/{complaint_id}/reopen",
    response_model=View,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "reopen-used", "reopen-too-late"),
)
async def reopen(
    complaint_id: UUID, form: ReasonIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Have a closed complaint taken up again: its author once by right within 14 days, staff with a reason."""
    await residents.reopen(work.connection, secret, caller, complaint_id, form.reason)
    return await _tell(work, secret, caller, complaint_id)


@router.post("/{complaint_id}/unmask", response_model=View, responses=DECISION_WITH_WORDS)
async def unmask(
    complaint_id: UUID, form: ReasonIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Give the reason for which one has to know who complained; whoever complained reads it, and who looked."""
    await unmasking.unmask(work.connection, secret, caller, complaint_id, form.reason)
    return await _tell(work, secret, caller, complaint_id)


@router.get(
    "/{complaint_id}/complainant",
    response_model=ComplainantOut,
    responses=responses("not-found", "reason-needed", "invalid-payload"),
)
async def get_complainant(complaint_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get who complained, within ten minutes of having given a reason."""
    return answer(await unmasking.show(reads, secret, caller, complaint_id))
