"""Merchants, their offers and redemptions."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, LinksDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.members import RefusalIn
from app.schemas.merchants import MerchantIn, MerchantOut, MerchantStatus, RedemptionOut, SuspensionIn
from app.schemas.offers import NewOfferIn, OfferCardOut, OfferOut
from app.schemas.settlements import DayOut
from app.services import merchants, offers, redemptions, shop_days

router = APIRouter(prefix="/merchants", tags=["merchants"])
DECISION_PROBLEMS = (*WRITE_PROBLEMS, "invalid-payload", "not-found", "state-conflict")


@router.post(
    "",
    status_code=201,
    response_model=MerchantOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "area-closed", "licence-taken"),
)
async def apply(form: MerchantIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Apply to the alliance with a shop; the caller becomes its owner."""
    merchant_id = await merchants.apply(work.connection, caller, form)
    return work.answer(await merchants.get(work.connection, caller, merchant_id), 201)


@router.get("", response_model=Page[MerchantOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_merchants(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    page: PageDep,
    circle_id: UUID | None = None,
    status: MerchantStatus = "applied",
) -> Response:
    """List the shops of an area, or of a circle in it alone, to the alliance's staff."""
    return answer(await merchants.list_of_area(reads, caller, area_id, circle_id, status, page))


@router.get("/{merchant_id}", response_model=MerchantOut, responses=responses("not-found", "invalid-payload"))
async def get_merchant(merchant_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one shop, as its owner or as the alliance's staff."""
    return answer(await merchants.get(reads, caller, merchant_id))


@router.post(
    "/{merchant_id}/approve", response_model=MerchantOut, responses=responses(*DECISION_PROBLEMS, "own-interest")
)
async def approve(merchant_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Admit a shop to the alliance."""
    await merchants.decide(work.connection, caller, merchant_id, "approve")
    return work.answer(await merchants.get(work.connection, caller, merchant_id))


@router.post(
    "/{merchant_id}/refuse",
    response_model=MerchantOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "own-interest"),
)
async def refuse(merchant_id: UUID, form: RefusalIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Refuse a shop with a reason; it may apply again."""
    await merchants.decide(work.connection, caller, merchant_id, "refuse", reason=form.reason)
    return work.answer(await merchants.get(work.connection, caller, merchant_id))


@router.post(
    "/{merchant_id}/reapply",
    response_model=MerchantOut,
    responses=responses(
        *DECISION_PROBLEMS, "malformed-json", "not-allowed", "area-unknown", "area-closed", "licence-taken"
    ),
)
async def reapply(merchant_id: UUID, form: MerchantIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Apply again with the caller's refused shop."""
    await merchants.reapply(work.connection, caller, merchant_id, form)
    return work.answer(await merchants.get(work.connection, caller, merchant_id))


@router.post(
    "/{merchant_id}/suspend",
    response_model=MerchantOut,
    responses=responses(*DECISION_PROBLEMS, "malformed-json", "own-interest"),
)
async def suspend(merchant_id: UUID, form: SuspensionIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Suspend a shop; its open vouchers are honoured, or given back to their holders."""
    await merchants.suspend(work.connection, caller, merchant_id, form)
    return work.answer(await merchants.get(work.connection, caller, merchant_id))


@router.post(
    "/{merchant_id}/resume", response_model=MerchantOut, responses=responses(*DECISION_PROBLEMS, "own-interest")
)
async def resume(merchant_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """End the suspension of a shop."""
    await merchants.decide(work.connection, caller, merchant_id, "resume")
    return work.answer(await merchants.get(work.connection, caller, merchant_id))


@router.post("/{merchant_id}/leave", response_model=MerchantOut, responses=responses(*DECISION_PROBLEMS, "not-allowed"))
async def leave(merchant_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Leave the alliance with the caller's shop; its open vouchers are given back to their holders."""
    await merchants.leave(work.connection, caller, merchant_id)
    return work.answer(await merchants.get(work.connection, caller, merchant_id))


@router.post(
    "/{merchant_id}/offers",
    status_code=201,
    response_model=OfferOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-found", "merchant-not-approved", "media-unknown"),
)
async def add_offer(merchant_id: UUID, form: NewOfferIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Add an offer to the caller's shop; it is listed once its words are checked."""
    offer_id = await offers.add(work.connection, caller, merchant_id, form)
    return work.answer(await offers.get(work.connection, work.links, caller, offer_id), 201)


@router.get(
    "/{merchant_id}/offers",
    response_model=Page[OfferCardOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_offers(
    merchant_id: UUID, caller: CallerDep, reads: ReadsDep, links: LinksDep, page: PageDep
) -> Response:
    """List all offers of a shop, whatever became of them, to its owner and the alliance's staff."""
    return answer(await offers.list_of_merchant(reads, links, caller, merchant_id, page))


@router.get(
    "/{merchant_id}/redemptions",
    response_model=Page[RedemptionOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_redemptions(merchant_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List what the shop has settled, newest first, to its clerks."""
    return answer(await redemptions.list_of_merchant(reads, caller, merchant_id, page))


@router.get("/{merchant_id}/day", response_model=DayOut, responses=responses("not-found", "invalid-payload"))
async def get_day(merchant_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get a shop's day at a glance, as one of its clerks: today's scans, what is not paid for yet, the stock."""
    return answer(await shop_days.get(reads, caller, merchant_id))
