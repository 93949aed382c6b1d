"""Tasks that are posted for an area's part in an order, seen by staff on both sides."""

from typing import Any
from uuid import UUID

from app.core.db import Reads
from app.domain.caller import Caller
from app.services import tasks
from app.services.orders import standing
from app.services.pages import PageRequest


async def list_of_part(
    reads: Reads, secret: str, caller: Caller, part_id: UUID, request: PageRequest
) -> dict[str, Any]:
    """Return the tasks of a part, newest first, those not yet open too. Raises ``not-found`` (I8)."""
    filters = ("order-part-tasks", part_id)
    request.below(*filters)
    await standing.find_part(reads, caller, part_id)
    return await tasks.list_of_order_part(reads, secret, caller, part_id, request, *filters)
