"""Vouchers: showing the code, giving back."""

from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, ReadsDep, SettingsDep, UnitOfWorkDep, answer
from app.problems import responses
from app.schemas.offers import VoucherCodeOut, VoucherOut
from app.services import vouchers

router = APIRouter(prefix="/vouchers", tags=["vouchers"])


@router.get("/{voucher_id}", response_model=VoucherOut, responses=responses("not-found", "invalid-payload"))
async def get_voucher(voucher_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one of the caller's vouchers."""
    return answer(await vouchers.get(reads, caller, voucher_id))


@router.get(
    "/{voucher_id}/code",
    response_model=VoucherCodeOut,
    responses=responses("not-found", "state-conflict", "invalid-payload"),
)
async def get_code(voucher_id: UUID, caller: CallerDep, reads: ReadsDep, settings: SettingsDep) -> Response:
    """Get the code to show now; `next` carries those of the coming ten minutes for a phone without signal."""
    secret = settings.secret_key.get_secret_value()
    return answer(await vouchers.get_code(reads, caller, voucher_id, secret))


@router.post(
    "/{voucher_id}/cancel",
    response_model=VoucherOut,
    responses=responses(*WRITE_PROBLEMS, "not-found", "state-conflict", "invalid-payload"),
)
async def cancel(voucher_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Give a held voucher back for its points."""
    await vouchers.cancel(work.connection, caller, voucher_id)
    return work.answer(await vouchers.get(work.connection, caller, voucher_id))
