"""Claims: delivering, giving back, and the staff's decision."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    LinksDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    TermsDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
)
from app.domain.caller import Caller
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.adjustments import AdjustmentOut, AwardReversalIn
from app.schemas.attendances import CheckInIn, CheckOutIn
from app.schemas.errands import HandBackIn, PickUpIn
from app.schemas.members import RefusalIn
from app.schemas.tasks import ClaimOut, SubmitIn
from app.services import adjustments, check_ins, claims
from app.services.errands import things

router = APIRouter(prefix="/claims", tags=["claims"])
CLAIM_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "own-interest", "not-found", "state-conflict")
THINGS_PROBLEMS = (
    *CLAIM_PROBLEMS,
    *("malformed-json", "not-allowed", "scan-too-old", "check-in-elsewhere", "shown-code-invalid", "too-many-tries"),
)


async def _tell(work: UnitOfWork, secret: str, caller: Caller, claim_id: UUID) -> Response:
    return work.answer(await claims.get(work.connection, work.links, secret, caller, claim_id))


@router.get("/{claim_id}", response_model=ClaimOut, responses=responses("not-found", "invalid-payload"))
async def get_claim(claim_id: UUID, caller: CallerDep, reads: ReadsDep, links: LinksDep, secret: SecretDep) -> Response:
    """Get one claim, as its claimant, as whoever asked for the service, or as staff."""
    return answer(await claims.get(reads, links, secret, caller, claim_id))


@router.post(
    "/{claim_id}/submit",
    response_model=ClaimOut,
    responses=responses(
        *CLAIM_PROBLEMS,
        "not-allowed",
        "malformed-json",
        "minutes-beyond-window",
        "things-not-handed-back",
        "media-unknown",
    ),
)
async def submit(claim_id: UUID, form: SubmitIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Say what was done; whoever asked for it confirms."""
    await claims.submit(work.connection, secret, caller, claim_id, form)
    return await _tell(work, secret, caller, claim_id)


@router.post(
    "/{claim_id}/check-in",
    response_model=ClaimOut,
    responses=responses(
        *CLAIM_PROBLEMS,
        *("malformed-json", "not-allowed", "already-checked-in", "scan-too-old", "check-in-early", "check-in-late"),
        *("check-in-elsewhere", "shown-code-invalid", "too-many-tries"),
    ),
)
async def check_in(
    claim_id: UUID, form: CheckInIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep, settings: SettingsDep
) -> Response:
    """Check in by the code that the place or the resident shows."""
    secrets = secret, settings.secret_key.get_secret_value()
    await check_ins.check_in(work.connection, secrets, caller, claim_id, form)
    return await _tell(work, secret, caller, claim_id)


@router.post(
    "/{claim_id}/check-out",
    response_model=ClaimOut,
    responses=responses(*CLAIM_PROBLEMS, "malformed-json", "not-allowed", "not-checked-in"),
)
async def check_out(
    claim_id: UUID, form: CheckOutIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep
) -> Response:
    """Say that one leaves; who forgets has left when it was planned."""
    await check_ins.check_out(work.connection, secret, caller, claim_id, form)
    return await _tell(work, secret, caller, claim_id)


@router.post("/{claim_id}/pick-up", response_model=ClaimOut, responses=responses(*THINGS_PROBLEMS, "things-too-many"))
async def pick_up(
    claim_id: UUID, form: PickUpIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep, settings: SettingsDep
) -> Response:
    """Note what the resident of an errand gave to the helper: by the resident's code, or by their or staff's word."""
    secrets = secret, settings.secret_key.get_secret_value()
    await things.pick_up(work.connection, secrets, caller, claim_id, form)
    return await _tell(work, secret, caller, claim_id)


@router.post("/{claim_id}/hand-back", response_model=ClaimOut, responses=responses(*THINGS_PROBLEMS, "nothing-in-hand"))
async def hand_back(
    claim_id: UUID, form: HandBackIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep, settings: SettingsDep
) -> Response:
    """Note that the resident has everything again; before that the work cannot be submitted."""
    secrets = secret, settings.secret_key.get_secret_value()
    await things.hand_back(work.connection, secrets, caller, claim_id, form)
    return await _tell(work, secret, caller, claim_id)


@router.post("/{claim_id}/release", response_model=ClaimOut, responses=responses(*CLAIM_PROBLEMS, "not-allowed"))
async def release(claim_id: UUID, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Give the seat back; the next in line has it at once."""
    await claims.release(work.connection, terms, caller, claim_id)
    return await _tell(work, terms.secret, caller, claim_id)


@router.post(
    "/{claim_id}/cannot", response_model=ClaimOut, responses=responses(*CLAIM_PROBLEMS, "not-allowed", "malformed-json")
)
async def cannot(claim_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Say why the work cannot be done: staff are told, the seat is free, and it never counts as a lapse."""
    await claims.cannot(work.connection, terms, caller, claim_id, form.reason)
    return await _tell(work, terms.secret, caller, claim_id)


@router.post("/{claim_id}/verify", response_model=ClaimOut, responses=responses(*CLAIM_PROBLEMS))
async def verify(claim_id: UUID, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Verify a delivery as staff; the helper gets the points at once."""
    await claims.verify(work.connection, terms, caller, claim_id)
    return await _tell(work, terms.secret, caller, claim_id)


@router.post("/{claim_id}/confirm", response_model=ClaimOut, responses=responses(*CLAIM_PROBLEMS, "not-allowed"))
async def confirm(claim_id: UUID, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Confirm a delivery as whoever asked for it: who called helpers for a complaint, or the resident of a wish.

    A resident says more, with a rating, by confirming the wish.
    """
    await claims.confirm(work.connection, terms, caller, claim_id)
    return await _tell(work, terms.secret, caller, claim_id)


@router.post("/{claim_id}/return", response_model=ClaimOut, responses=responses(*CLAIM_PROBLEMS, "malformed-json"))
async def send_back(
    claim_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep
) -> Response:
    """Return a delivery to be done again, with a reason."""
    await claims.send_back(work.connection, terms, caller, claim_id, form.reason)
    return await _tell(work, terms.secret, caller, claim_id)


@router.post("/{claim_id}/refuse", response_model=ClaimOut, responses=responses(*CLAIM_PROBLEMS, "malformed-json"))
async def refuse(claim_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep, terms: TermsDep) -> Response:
    """Refuse a delivery that never was; the seat is there for the next in line."""
    await claims.refuse(work.connection, terms, caller, claim_id, form.reason)
    return await _tell(work, terms.secret, caller, claim_id)


@router.post(
    "/{claim_id}/reverse-award",
    status_code=201,
    response_model=AdjustmentOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "own-interest",
        "not-found",
        "state-conflict",
        "nothing-awarded",
        "reversal-exists",
    ),
)
async def reverse_award(claim_id: UUID, form: AwardReversalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Propose to take back what a verified claim brought, since the service proved false; another person decides."""
    adjustment_id = await adjustments.propose_reversal(work.connection, caller, claim_id, form)
    return work.answer(await adjustments.get(work.connection, caller, adjustment_id), 201)
