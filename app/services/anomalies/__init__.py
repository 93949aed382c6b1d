"""Anomalies: patterns in who verified, redeemed and gave by hand, listed for an auditor. A hint, never a verdict."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from app.core.clock import SHANGHAI, now, today
from app.core.db import Reads
from app.domain.caller import Caller, Role
from app.domain.errors import Problem
from app.domain.kinds import AnomalyKind
from app.domain.texts import ANOMALIES, ONLY_A_HINT
from app.services import areas
from app.services.anomalies import caps, manual, shops, verifications
from app.services.anomalies.pattern import Pattern

PATTERNS: dict[AnomalyKind, Pattern] = {
    AnomalyKind.SAME_VERIFIER: verifications.SAME_VERIFIER,
    AnomalyKind.VERIFICATION_BURST: verifications.VERIFICATION_BURST,
    AnomalyKind.IMPOSSIBLE_DAY: verifications.IMPOSSIBLE_DAY,
    AnomalyKind.NEAR_DAY_CAP: caps.NEAR_DAY_CAP,
    AnomalyKind.NEAR_MONTH_CAP: caps.NEAR_MONTH_CAP,
    AnomalyKind.SHARED_DEVICE: shops.SHARED_DEVICE,
    AnomalyKind.MANUAL_SHARE: manual.MANUAL_SHARE,
}
ITEMS_MAX = 20
"""Of each kind, the most striking first: more than that nobody looks into in a day."""

DAYS_MAX = 366
"""How far back a period may begin; what is asked for before that begins there."""


async def list_of_area(
    reads: Reads, caller: Caller, area_id: UUID, kind: AnomalyKind | None, since: date | None
) -> dict[str, Any]:
    """Return what stands out in an area and all below it, one statement a kind.

    Raises ``not-allowed`` unless the caller audits or administers that area.
    """
    if not await areas.is_in_scope(reads, area_id, caller.scope(Role.AUDITOR)):
        raise Problem("not-allowed")
    items: list[dict[str, Any]] = []
    for asked in PATTERNS if kind is None else (kind,):
        items += await _find(reads, area_id, asked, since)
    return {"items": items}


async def _find(reads: Reads, area_id: UUID, kind: AnomalyKind, since: date | None) -> list[dict[str, Any]]:
    pattern = PATTERNS[kind]
    begins = _beginning(since if since is not None else today() - timedelta(days=pattern.days))
    rows = await reads.fetch(pattern.statement, area_id, begins, ITEMS_MAX, *pattern.thresholds)
    period = {"kind": kind, "since": begins, "until": now(), "actions": []}
    items = []
    for row in rows:
        figures = pattern.view(row)
        explanation = ANOMALIES[kind].format(count=figures["count"], total=figures["total"]) + ONLY_A_HINT
        items.append(period | figures | {"explanation": explanation})
    return items


def _beginning(day: date) -> datetime:
    """Return when a day began where the product's people live, or the earliest day that is looked at."""
    earliest = today() - timedelta(days=DAYS_MAX)
    return datetime.combine(max(day, earliest), time(), SHANGHAI).astimezone(UTC)
