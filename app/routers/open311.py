"""Open311 GeoReport v2: the services, requests and discovery document that other cities' systems know.

It stands beside ``/v1`` with forms, errors and keys of its own, and is described by its standard, not by our OpenAPI
document (https://wiki.open311.org/GeoReport_v2).
"""

import json
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from app.core.security import fingerprint
from app.deps import KEY_FORM, PlacesDep, ReadsDep, SecretDep, SettingsDep, TransactionDep
from app.domain import texts
from app.domain.errors import Problem
from app.schemas.open311 import Format, Parameters, RequestIn, RequestsQuery
from app.services import api_keys, idempotency, open311
from app.services.idempotency import Replay, RequestKey

router = APIRouter(prefix="/open311/v2", include_in_schema=False)

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
CHANGESET = "2026-11-22 00:00"
"""When this document or the meaning of what it leads to last changed."""

FORM_FIELDS_MAX = 100
Form = TypeVar("Form", bound=Parameters)


async def read_ending(form: str) -> Format:
    """Return how the answer shall be written. Raises ``not-found``: there is nothing under any other ending."""
    if form not in set(Format):
        raise Problem("not-found")
    return Format(form)


Ending = Annotated[Format, Depends(read_ending)]


def _tell(form: Format, root: str, content: Any, *, is_replayed: bool = False) -> Response:
    headers = {"Idempotent-Replayed": "true"} if is_replayed else None
    return Response(form.write(root, content), 200, headers, form.media_type)


def _read(kind: type[Form], parameters: dict[str, Any]) -> Form:
    try:
        return kind.model_validate(parameters)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


@router.get("/discovery.{form}")
async def discover(form: Ending, request: Request, settings: SettingsDep) -> Response:
    """Tell where this is served, and how to get a key."""
    endpoint = {
        "specification": SPECIFICATION,
        "url": f"{request.base_url}open311/v2",
        "changeset": CHANGESET,
        "type": "production" if settings.env == "production" else "test",
        "formats": ["text/xml", "application/json"],
    }
    told = {
        "changeset": CHANGESET,
        "contact": texts.OPEN311_CONTACT,
        "key_service": texts.OPEN311_KEY_SERVICE,
        "endpoints": [endpoint],
    }
    return _tell(form, "discovery", told)


@router.get("/services.{form}")
async def list_services(form: Ending, reads: ReadsDep, request: Request) -> Response:
    """List the topics that complaints may have."""
    asked = _read(Parameters, dict(request.query_params))
    return _tell(form, "services", await open311.list_services(reads, asked.jurisdiction_id))


@router.get("/services/{code}.{form}")
async def get_definition(code: str, form: Ending, reads: ReadsDep, request: Request) -> Response:
    """Tell what else is asked for a topic, which is nothing."""
    asked = _read(Parameters, dict(request.query_params))
    return _tell(form, "service_definition", await open311.get_definition(reads, asked.jurisdiction_id, code))


@router.get("/requests.{form}")
async def list_requests(form: Ending, reads: ReadsDep, request: Request) -> Response:
    """List what stands on the walls, newest first."""
    asked = _read(RequestsQuery, dict(request.query_params))
    return _tell(form, "service_requests", await open311.list_requests(reads, asked))


@router.get("/requests/{number}.{form}")
async def get_request(number: str, form: Ending, reads: ReadsDep, request: Request) -> Response:
    """Get what stands on a wall under a number."""
    asked = _read(RequestsQuery, dict(request.query_params))
    found = await open311.get_request(reads, asked.jurisdiction_id, number, extended=bool(asked.extensions))
    return _tell(form, "service_requests", [found])


@router.get("/tokens/{token}.{form}")
async def get_number(token: str, form: Ending, reads: ReadsDep, request: Request) -> Response:
    """Tell the number that a token stands for. Numbers are given at once here, so each is its own token."""
    asked = _read(Parameters, dict(request.query_params))
    found = await open311.get_request(reads, asked.jurisdiction_id, token, extended=False)
    return _tell(form, "service_requests", [{"service_request_id": found["service_request_id"], "token": token}])


@router.post("/requests.{form}")
async def post(
    form: Ending, request: Request, connection: TransactionDep, places: PlacesDep, secret: SecretDep
) -> Response:
    """Put a complaint on record for whoever has a key. Repeated within ten minutes it is the same one."""
    async with request.form(max_files=1, max_fields=FORM_FIELDS_MAX) as sent:
        fields = {name: value for name, value in sent.items() if isinstance(value, str)}
    holder = await api_keys.use(connection, fields.pop("api_key", None), secret=secret)
    asked = fingerprint(*(part.encode("utf-8", "surrogatepass") for pair in sorted(fields.items()) for part in pair))
    given = request.headers.get("idempotency-key")
    if given is not None and not KEY_FORM.fullmatch(given):
        raise Problem("idempotency-key-required")
    try:
        if given is None:
            key = RequestKey(holder.key_id, f"{open311.REPEATED}{asked.hex()}", asked)
            await idempotency.forget_one(connection, key, older_than_s=open311.REPEATED_WITHIN_S)
        else:
            key = RequestKey(holder.key_id, given, asked)
        await idempotency.begin(connection, key)
    except Replay as replay:
        return _tell(form, "service_requests", json.loads(replay.body), is_replayed=True)
    posted = await open311.post(connection, places, _read(RequestIn, fields), holder.area_id, secret=secret)
    told = [open311.receipt(posted)]
    await idempotency.remember(connection, key, 200, Format.JSON.write("", told))
    return _tell(form, "service_requests", told)
