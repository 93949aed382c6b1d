"""Errands (全程代理): asked for, read by staff, done by helpers."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    LinksDep,
    PageDep,
    ReadsDep,
    SecretDep,
    SettingsDep,
    UnitOfWork,
    UnitOfWorkDep,
    answer,
)
from app.domain.caller import Caller
from app.domain.texts import ERRAND_CONSENT, ERRAND_CONSENT_VERSION
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.errands import (
    ConsentOut,
    ErrandDetailOut,
    ErrandIn,
    ErrandOut,
    ErrandStatus,
    ErrandThingsOut,
    ResidentOut,
)
from app.schemas.fields import Page
from app.schemas.members import RefusalIn
from app.services.errands import asking, residents, things, views

router = APIRouter(prefix="/errands", tags=["errands"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "own-interest", "not-found", "state-conflict")
DECISION = responses(*DECISION_PROBLEMS)
DECISION_WITH_WORDS = responses(*DECISION_PROBLEMS, "malformed-json")


async def _tell(work: UnitOfWork, caller: Caller, errand_id: UUID, status: int = 200) -> Response:
    return work.answer(await views.get(work.connection, work.links, caller, errand_id), status)


@router.post(
    "",
    status_code=201,
    response_model=ErrandDetailOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        *("area-unknown", "area-closed", "area-not-a-home", "consent-outdated", "not-allowed", "media-unknown"),
    ),
)
async def ask(form: ErrandIn, caller: CallerDep, work: UnitOfWorkDep, secret: SecretDep) -> Response:
    """Ask for an errand, or write one down for somebody without the app; staff read it before helpers do."""
    return await _tell(work, caller, await asking.ask(work.connection, secret, caller, form), 201)


@router.get("", response_model=Page[ErrandOut], responses=responses("not-allowed", "invalid-payload", "cursor-invalid"))
async def list_errands(
    area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep, status: ErrandStatus = "reviewing"
) -> Response:
    """List the errands of an area and all below it, newest first, to its staff."""
    return answer(await views.list_of_area(reads, caller, area_id, status, page))


@router.get("/consent", response_model=ConsentOut)
async def get_consent() -> Response:
    """Get what residents agree to before they ask."""
    return answer({"version": ERRAND_CONSENT_VERSION, "text": ERRAND_CONSENT, "actions": []})


@router.get(
    "/things",
    response_model=Page[ErrandThingsOut],
    responses=responses("not-allowed", "invalid-payload", "cursor-invalid"),
)
async def list_things(area_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List residents' things that helpers have in hand, for staff of the area."""
    return answer(await things.list_of_area(reads, caller, area_id, page))


@router.get("/{errand_id}", response_model=ErrandDetailOut, responses=responses("not-found", "invalid-payload"))
async def get_errand(errand_id: UUID, caller: CallerDep, reads: ReadsDep, links: LinksDep) -> Response:
    """Get one errand, as its author, its helper or staff."""
    return answer(await views.get(reads, links, caller, errand_id))


@router.post("/{errand_id}/approve", response_model=ErrandDetailOut, responses=DECISION)
async def approve(errand_id: UUID, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep) -> Response:
    """Let helpers claim an errand that one has read; its task opens."""
    await asking.approve(work.connection, caller, errand_id, settings.wish_reward_points)
    return await _tell(work, caller, errand_id)


@router.post("/{errand_id}/reject", response_model=ErrandDetailOut, responses=DECISION_WITH_WORDS)
async def reject(errand_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Turn an errand down, with a reason."""
    await asking.reject(work.connection, caller, errand_id, form.reason)
    return await _tell(work, caller, errand_id)


@router.post("/{errand_id}/withdraw", response_model=ErrandDetailOut, responses=DECISION)
async def withdraw(errand_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Take one's errand back while nobody works on it."""
    await asking.withdraw(work.connection, caller, errand_id)
    return await _tell(work, caller, errand_id)


@router.post(
    "/{errand_id}/end",
    response_model=ErrandDetailOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "service-unavailable"),
)
async def end(errand_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """End an approved errand, under whoever claimed it too; things in hand have still to be given back."""
    await asking.end(work.connection, caller, errand_id, form.reason)
    return await _tell(work, caller, errand_id)


@router.post(
    "/{errand_id}/unmask",
    response_model=ErrandDetailOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "own-interest", "not-found"),
)
async def unmask(errand_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Give the reason for which one has to know who the resident is; the author reads it."""
    await residents.unmask(work.connection, caller, errand_id, form.reason)
    return await _tell(work, caller, errand_id)


@router.get(
    "/{errand_id}/contact",
    response_model=ResidentOut,
    responses=responses("not-found", "reason-needed", "invalid-payload"),
)
async def get_contact(errand_id: UUID, caller: CallerDep, reads: ReadsDep, secret: SecretDep) -> Response:
    """Get who the resident is and how to reach them, within ten minutes of having given a reason."""
    return answer(await residents.show(reads, secret, caller, errand_id))
