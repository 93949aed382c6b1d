"""A user's points, as the ledger has them."""

from typing import Any

from app import ledger
from app.core.db import Reads
from app.domain.caller import Caller
from app.domain.kinds import TransferKind
from app.domain.texts import TRANSFER_TITLES
from app.services.pages import PageRequest, page


async def get_balance(reads: Reads, caller: Caller) -> dict[str, Any]:
    """Return what the caller can spend and what their vouchers hold."""
    spendable, held = await ledger.find_balance(reads, caller.id)
    return {"spendable_points": spendable, "held_points": held, "actions": []}


async def list_transfers(reads: Reads, caller: Caller, request: PageRequest) -> dict[str, Any]:
    """Return the moves of the caller's spendable points."""
    rows = await ledger.list_transfers(reads, caller.id, request.below("transfers"), request.rows)
    return page(
        rows,
        request,
        lambda row: {
            "id": row["id"],
            "kind": row["kind"],
            "change_points": row["change_points"],
            "title": TRANSFER_TITLES[TransferKind(row["kind"])],
            "created_at": row["created_at"],
            "actions": [],
        },
        "transfers",
    )
