"""Offers: what shops give for points."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    LinksDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    SettingsDep,
    TransactionDep,
    UnitOfWorkDep,
    answer,
)
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.members import RefusalIn
from app.schemas.offers import OfferCardOut, OfferIn, OfferOut, OfferStatus, VoucherOut
from app.services import offers, vouchers

router = APIRouter(prefix="/offers", tags=["offers"])
CHANGE_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "not-found", "state-conflict")
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-allowed", "own-interest", "not-found", "state-conflict")


@router.get(
    "", response_model=Page[OfferCardOut], responses=responses("not-allowed", "invalid-payload", "cursor-invalid")
)
async def list_offers(
    area_id: UUID,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    links: LinksDep,
    page: PageDep,
    circle_id: UUID | None = None,
    status: OfferStatus = "listed",
) -> Response:
    """List the offers of an area and all below it, or of its shops in a circle alone, newest first."""
    return answer(await offers.list_of_area(reads, links, caller, area_id, circle_id, status, page))


@router.get("/{offer_id}", response_model=OfferOut, responses=responses("not-found", "invalid-payload"))
async def get_offer(offer_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, links: LinksDep) -> Response:
    """Get one offer."""
    return answer(await offers.get(reads, links, caller, offer_id))


@router.post("/{offer_id}/approve", response_model=OfferOut, responses=responses(*DECISION_PROBLEMS))
async def approve(offer_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """List an offer that waits for the alliance."""
    await offers.decide(work.connection, caller, offer_id, "approve")
    return work.answer(await offers.get(work.connection, work.links, caller, offer_id))


@router.post("/{offer_id}/reject", response_model=OfferOut, responses=responses(*DECISION_PROBLEMS, "malformed-json"))
async def reject(offer_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Reject an offer that waits for the alliance, with a reason."""
    await offers.decide(work.connection, caller, offer_id, "reject", reason=form.reason)
    return work.answer(await offers.get(work.connection, work.links, caller, offer_id))


@router.put(
    "/{offer_id}",
    response_model=OfferOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-found", "not-allowed", "state-conflict", "stock-below-taken"),
)
async def edit(
    offer_id: UUID, form: OfferIn, caller: CallerDep, connection: TransactionDep, links: LinksDep
) -> Response:
    """Change the caller's offer; other words are checked like new ones, and vouchers that people hold stay as they are.

    The stock counts what was taken too, and cannot be less.
    """
    await offers.edit(connection, caller, offer_id, form)
    return answer(await offers.get(connection, links, caller, offer_id))


@router.post("/{offer_id}/pause", response_model=OfferOut, responses=responses(*CHANGE_PROBLEMS))
async def pause(offer_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Take an offer off the lists for a while, as its owner or for the alliance."""
    await offers.decide(work.connection, caller, offer_id, "pause")
    return work.answer(await offers.get(work.connection, work.links, caller, offer_id))


@router.post("/{offer_id}/resume", response_model=OfferOut, responses=responses(*CHANGE_PROBLEMS))
async def resume(offer_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Put a paused offer on the lists again."""
    await offers.decide(work.connection, caller, offer_id, "resume")
    return work.answer(await offers.get(work.connection, work.links, caller, offer_id))


@router.post("/{offer_id}/end", response_model=OfferOut, responses=responses(*CHANGE_PROBLEMS))
async def end(offer_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """End the caller's offer for good; vouchers that people hold are still settled."""
    await offers.decide(work.connection, caller, offer_id, "end")
    return work.answer(await offers.get(work.connection, work.links, caller, offer_id))


@router.post(
    "/{offer_id}/vouchers",
    status_code=201,
    response_model=VoucherOut,
    responses=responses(
        *WRITE_PROBLEMS,
        "not-found",
        "invalid-payload",
        "offer-sold-out",
        "points-below-threshold",
        "offer-limit-reached",
        "offer-daily-limit-reached",
        "offer-not-valid-now",
        "points-insufficient",
    ),
)
async def take_voucher(offer_id: UUID, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep) -> Response:
    """Take a voucher; its points are held until it is settled, cancelled or expires."""
    voucher_id = await vouchers.take(work.connection, caller, offer_id, days=settings.voucher_days)
    return work.answer(await vouchers.get(work.connection, caller, voucher_id), 201)
