"""Anomalies, for the auditor."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.deps import CallerDep, ReadsDep, answer
from app.domain.kinds import AnomalyKind
from app.problems import responses
from app.schemas.adjustments import Anomalies
from app.services import anomalies

router = APIRouter(prefix="/anomalies", tags=["anomalies"])


@router.get("", response_model=Anomalies, responses=responses("not-allowed", "invalid-payload"))
async def list_anomalies(
    area_id: UUID,
    caller: CallerDep,
    reads: ReadsDep,
    kind: AnomalyKind | None = None,
    since: Annotated[
        date | None, Query(description="First day of the period, a year back at most; else what suits the kind")
    ] = None,
) -> Response:
    """List patterns worth a look, the most striking of each kind, to auditors and administrators of the area."""
    return answer(await anomalies.list_of_area(reads, caller, area_id, kind, since))
