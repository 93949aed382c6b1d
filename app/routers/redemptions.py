"""Redemptions: the clerk's scan, and undoing it."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, Response

from app.deps import JSON, WRITE_PROBLEMS, CallerDep, ReadsDep, SettingsDep, SingleWriteDep, UnitOfWorkDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.merchants import RedemptionIn, RedemptionOut, RedemptionReversalIn
from app.services import redemptions

router = APIRouter(prefix="/redemptions", tags=["redemptions"])


@router.post(
    "",
    status_code=201,
    response_model=RedemptionOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "scan-too-old",
        "too-many-tries",
        "voucher-code-invalid",
        "voucher-other-shop",
        "own-voucher",
        "voucher-settled",
        "voucher-reversed",
        "voucher-cancelled",
        "voucher-expired",
        "scans-not-accepted",
        "ledger-halted",
        "service-unavailable",
    ),
)
async def settle(form: RedemptionIn, caller: CallerDep, write: SingleWriteDep, settings: SettingsDep) -> Response:
    """Settle the voucher whose code was scanned or typed, and say what to hand over."""
    body = await redemptions.settle(write, caller, form, settings.secret_key.get_secret_value())
    return Response(body, 201, media_type=JSON)


@router.get("/{redemption_id}", response_model=RedemptionOut, responses=responses("not-found", "invalid-payload"))
async def get_redemption(redemption_id: UUID, caller: CallerDep, reads: ReadsDep) -> Response:
    """Get one redemption, as the shop's owner or as the alliance's staff."""
    return answer(await redemptions.get(reads, caller, redemption_id))


@router.post(
    "/{redemption_id}/reverse",
    response_model=RedemptionOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "not-found",
        "own-interest",
        "state-conflict",
        "reversal-too-late",
        "redemption-in-settlement",
    ),
)
async def reverse(
    redemption_id: UUID, form: RedemptionReversalIn, caller: CallerDep, work: UnitOfWorkDep, settings: SettingsDep
) -> Response:
    """Undo a scan: points back to the holder. The shop's owner within an hour, the alliance's staff later too."""
    within = timedelta(minutes=settings.reversal_minutes)
    await redemptions.reverse(work.connection, caller, redemption_id, form.reason, owner_within=within)
    return work.answer(await redemptions.get(work.connection, caller, redemption_id))
