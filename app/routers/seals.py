"""Seals over the points ledger: public roots, and the proof of one's own transfers."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from app.deps import CallerDep, PageDep, ReadsDep, answer
from app.problems import responses
from app.schemas.fields import Page
from app.schemas.seals import ProofOut, SealOut
from app.services import seals

router = APIRouter(prefix="/points", tags=["points"])


@router.get("/seals", response_model=Page[SealOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_seals(reads: ReadsDep, page: PageDep) -> Response:
    """List the seals, newest first: whoever keeps them can tell later whether the past was changed."""
    return answer(await seals.list_newest(reads, page))


@router.get("/seals/{seal_number}", response_model=SealOut, responses=responses("not-found", "invalid-payload"))
async def get_seal(
    seal_number: Annotated[int, Path(ge=1, le=seals.NUMBER_MAX)],
    reads: ReadsDep,
) -> Response:
    """Get one seal."""
    return answer(await seals.get(reads, seal_number))


@router.get(
    "/transfers/{transfer_id}/proof",
    response_model=ProofOut,
    responses=responses("not-found", "invalid-payload", "not-sealed-yet"),
)
async def get_proof(transfer_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Prove a transfer of one's own points, or of one's own shop, up to the root of its seal."""
    return answer(await seals.get_proof(reads, caller, transfer_id))
