"""Venues; public, and kept by the staff of their area."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from app.deps import (
    WRITE_PROBLEMS,
    CallerDep,
    MaybeCallerDep,
    PageDep,
    ReadsDep,
    TransactionDep,
    UnitOfWorkDep,
    answer,
)
from app.domain.kinds import VenueKind
from app.problems import JSON_BODY_PROBLEMS, responses
from app.routers.places import Latitude, Longitude
from app.schemas.fields import Page
from app.schemas.venues import ContactPointOut, NearVenuesOut, VenueEditIn, VenueIn, VenueOut
from app.services import venues

router = APIRouter(prefix="/venues", tags=["venues"])
CHANGE_PROBLEMS = ("not-found", "not-allowed", "state-conflict")


@router.get(
    "", response_model=Page[VenueOut | ContactPointOut], responses=responses("invalid-payload", "cursor-invalid")
)
async def list_venues(
    area_id: UUID, caller: MaybeCallerDep, reads: ReadsDep, page: PageDep, kind: VenueKind | None = None
) -> Response:
    """List the open venues of an area and all below it, newest first."""
    return answer(await venues.list_of_area(reads, caller, area_id, kind, page))


@router.get("/near", response_model=NearVenuesOut, responses=responses("invalid-payload"))
async def list_near(
    longitude: Longitude,
    latitude: Latitude,
    caller: MaybeCallerDep,
    reads: ReadsDep,
    kind: VenueKind | None = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> Response:
    """List the open venues within 5 km of a point, the nearest first; contact points to staff of their area alone."""
    return answer(await venues.list_near(reads, caller, longitude, latitude, kind, limit))


@router.get(
    "/{venue_id}", response_model=VenueOut | ContactPointOut, responses=responses("not-found", "invalid-payload")
)
async def get_venue(venue_id: UUID, caller: MaybeCallerDep, reads: ReadsDep) -> Response:
    """Get one venue; of a contact point the address, the point and the note are for staff of its area."""
    return answer(await venues.get(reads, caller, venue_id))


@router.post(
    "",
    status_code=201,
    response_model=VenueOut,
    responses=responses(
        *WRITE_PROBLEMS, *JSON_BODY_PROBLEMS, "area-unknown", "area-closed", "not-allowed", "home-exposed"
    ),
)
async def add(form: VenueIn, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Put a venue into an area, as its staff."""
    venue_id = await venues.add(work.connection, caller, form)
    return work.answer(await venues.get(work.connection, caller, venue_id), 201)


@router.put(
    "/{venue_id}",
    response_model=VenueOut,
    responses=responses(*JSON_BODY_PROBLEMS, *CHANGE_PROBLEMS, "home-exposed"),
)
async def edit(venue_id: UUID, form: VenueEditIn, caller: CallerDep, connection: TransactionDep) -> Response:
    """Say everything of a venue anew, as staff of its area."""
    await venues.edit(connection, caller, venue_id, form)
    return answer(await venues.get(connection, caller, venue_id))


@router.post(
    "/{venue_id}/close",
    response_model=VenueOut,
    responses=responses(*WRITE_PROBLEMS, "invalid-payload", *CHANGE_PROBLEMS),
)
async def close(venue_id: UUID, caller: CallerDep, work: UnitOfWorkDep) -> Response:
    """Close a venue for good, as staff of its area."""
    await venues.close(work.connection, caller, venue_id)
    return work.answer(await venues.get(work.connection, caller, venue_id))
