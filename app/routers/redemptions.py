"""Redemptions: the clerk's scan."""

from fastapi import APIRouter, Response

from app.deps import WRITE_PROBLEMS, CallerDep, SettingsDep, UnitOfWorkDep
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.merchants import RedemptionIn, RedemptionOut
from app.services import redemptions

router = APIRouter(prefix="/redemptions", tags=["redemptions"])


@router.post(
    "",
    status_code=201,
    response_model=RedemptionOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "voucher-code-invalid",
        "voucher-other-shop",
        "own-voucher",
        "voucher-settled",
        "voucher-cancelled",
        "voucher-expired",
        "ledger-halted",
        "service-unavailable",
    ),
)
async def settle(form: RedemptionIn, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep) -> Response:
    """Settle the voucher whose code was scanned, and say what to hand over."""
    secret = settings.secret_key.get_secret_value()
    return work.answer(await redemptions.settle(work.connection, caller, form.code, secret), 201)
