"""Merchants, their offers and redemptions."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.fields import Page
from app.schemas.merchants import MerchantIn, MerchantOut, RedemptionOut
from app.schemas.offers import OfferIn, OfferOut
from app.services import merchants, offers, redemptions

router = APIRouter(prefix="/merchants", tags=["merchants"])


@router.post(
    "",
    status_code=201,
    response_model=MerchantOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown"),
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
    status: Literal["applied", "approved"] = "applied",
) -> Response:
    """List the shops of an area to the alliance's staff."""
    return answer(await merchants.list_of_area(reads, caller, area_id, status, page))


@router.get("/{merchant_id}", response_model=MerchantOut, responses=responses("not-found", "invalid-payload"))
async def get_merchant(merchant_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one shop, as its owner or as the alliance's staff."""
    return answer(await merchants.get(reads, caller, merchant_id))


@router.post(
    "/{merchant_id}/approve",
    response_model=MerchantOut,
    responses=responses(*WRITE_PROBLEMS, "invalid-payload", "own-interest", "not-found", "state-conflict"),
)
async def approve(merchant_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Admit a shop to the alliance."""
    await merchants.approve(work.connection, caller, merchant_id)
    return work.answer(await merchants.get(work.connection, caller, merchant_id))


@router.post(
    "/{merchant_id}/offers",
    status_code=201,
    response_model=OfferOut,
    responses=responses(*WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "not-found", "merchant-not-approved"),
)
async def add_offer(merchant_id: UUID, form: OfferIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Add an offer to the caller's shop; it is listed once its words are checked."""
    offer_id = await offers.add(work.connection, caller, merchant_id, form)
    return work.answer(await offers.get(work.connection, caller, offer_id), 201)


@router.get(
    "/{merchant_id}/redemptions",
    response_model=Page[RedemptionOut],
    responses=responses("not-found", "invalid-payload", "cursor-invalid"),
)
async def list_redemptions(merchant_id: UUID, caller: CallerDep, reads: ReadsDep, page: PageDep) -> Response:
    """List what the shop has settled, newest first, to its clerks."""
    return answer(await redemptions.list_of_merchant(reads, caller, merchant_id, page))
