"""What complaints are about: the categories, and what others complained of before."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from app.deps import CallerDep, MaybeCallerDep, PlacesDep, ReadsDep, SecretDep, TransactionDep, answer
from app.problems import JSON_BODY_PROBLEMS, responses
from app.routers.places import LOCATION_PROBLEMS
from app.schemas.complaint_topics import (
    CategoriesOut,
    CategoryForAdministratorOut,
    CategoryIn,
    SimilarOut,
    SimilarQuery,
)
from app.services import complaint_categories, routing, similar

router = APIRouter(tags=["complaints"])


@router.get(
    "/complaints/similar",
    response_model=SimilarOut,
    responses=responses("invalid-payload", "area-unknown", *LOCATION_PROBLEMS),
)
async def list_similar(
    asked: Annotated[SimilarQuery, Query()], caller: CallerDep, reads: ReadsDep, index: PlacesDep, secret: SecretDep
) -> Response:
    """List what others complained of before that says much the same, open or closed within 90 days, nearby first.

    `proposal` says where the complaint would go and which words say so; a complaint without a category goes there.
    """
    point: tuple[Decimal, Decimal] | None = None
    area_id = asked.area_id
    if asked.longitude is not None and asked.latitude is not None:
        point = Decimal(str(asked.longitude)), Decimal(str(asked.latitude))
        area_id = area_id or await index.locate(reads, asked.longitude, asked.latitude)
    assert area_id is not None, "the schema asks for one or the other"
    proposal = await routing.propose(reads, area_id, asked.title, asked.body)
    found = await similar.find(
        reads,
        secret,
        caller,
        area_id=area_id,
        title=asked.title,
        body=asked.body,
        category=proposal.category,
        point=point,
    )
    return answer({"items": found, "proposal": await routing.view(reads, proposal)})


@router.get("/complaint-categories", response_model=CategoriesOut)
async def list_categories(caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """List the categories of complaints in their order; those that are not active are not chosen any more."""
    return answer(await complaint_categories.list_all(reads, caller))


@router.put(
    "/complaint-categories/{category_code}",
    response_model=CategoryForAdministratorOut,
    responses=responses(*JSON_BODY_PROBLEMS, "not-allowed", "not-found", "category-name-taken", "category-needed"),
)
async def change_category(
    category_code: Annotated[str, Path(max_length=32)],
    form: CategoryIn,
    caller: CallerDep,
    connection: TransactionDep,
) -> Response:
    """Change a category, for whoever administers a whole district; what was posted under it keeps it."""
    return answer(await complaint_categories.change(connection, caller, category_code, form))
