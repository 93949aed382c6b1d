"""Handling rules; public, since everybody may know by when they are promised an answer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.deps import WRITE_PROBLEMS, CallerDep, MaybeCallerDep, PageDep, ReadsDep, UnitOfWorkDep, answer
from app.domain.kinds import Urgency
from app.problems import JSON_BODY_PROBLEMS, responses
from app.schemas.complaints import CategoryCode
from app.schemas.fields import Page
from app.schemas.handling_rules import EffectiveHandlingOut, HandlingRuleIn, HandlingRuleOut
from app.services import handling_rules

router = APIRouter(prefix="/handling-rules", tags=["handling-rules"])


@router.post(
    "",
    status_code=201,
    response_model=HandlingRuleOut,
    responses=responses(
        *WRITE_PROBLEMS,
        *JSON_BODY_PROBLEMS,
        "not-allowed",
        "area-unknown",
        "area-closed",
        "unit-unknown",
        "unit-closed",
        "category-unknown",
        "rule-in-the-past",
    ),
)
async def add(form: HandlingRuleIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Give an area that the caller administers a new version of a rule; deadlines that were set before stay."""
    rule_id = await handling_rules.add(work.connection, caller, form)
    return work.answer(await handling_rules.get(work.connection, rule_id), 201)


@router.get("", response_model=Page[HandlingRuleOut], responses=responses("invalid-payload", "cursor-invalid"))
async def list_rules(area_id: UUID, reads: ReadsDep, page: PageDep) -> Response:
    """List the versions of one area's own rules, newest first."""
    return answer(await handling_rules.list_of_area(reads, area_id, page))


@router.get("/effective", response_model=EffectiveHandlingOut, responses=responses("not-found", "invalid-payload"))
async def get_effective(
    area_id: UUID,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    category: Annotated[CategoryCode | None, Query()] = None,
    urgency: Urgency | None = None,
) -> Response:
    """Tell what holds now for the complaints that an area handles, and for each part which rule says so."""
    return answer(await handling_rules.get_effective(reads, caller, area_id, category, urgency))
