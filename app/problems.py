"""Refusals and faults as ``application/problem+json`` (RFC 9457), in the words of the catalogue and nothing else."""

import asyncio
import contextlib
import re
from collections.abc import Mapping
from typing import Any

import asyncpg
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.domain import texts
from app.domain.errors import CATALOGUE, Problem
from app.domain.refusals.entry import ProblemType
from app.schemas import open311
from app.schemas.fields import named_faults
from app.services.idempotency import Replay
from app.wechat import errors as wechat

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
DISCARD_WITHIN_S = 2
TYPE_BASE = "https://echowall.invalid/problems/"
JSON_BODY_PROBLEMS = ("malformed-json", "invalid-payload")

CONSTRAINT_PROBLEMS = {
    "area_open": "area-closed",
    "uq_building_area_id_key": "building-exists",
    "uq_area_name_open": "area-name-taken",
    "uq_area_code_open": "area-code-taken",
    "uq_call_out_active": "call-out-active",
    "uq_call_out_group_call_out_id_name": "call-out-group-taken",
    "ck_claim_things_few": "things-too-many",
    "uq_claim_live": "already-claimed",
    "uq_waiter_waiting": "already-waiting",
    "uq_task_call_task_id_alliance_id": "already-called",
    "uq_pledge_held_by_team": "already-pledged",
    "uq_pledge_held_by_branch": "already-pledged",
    "uq_task_list_copied_from_id": "list-copied",
    "ck_ledger_balance_points_not_negative": "points-insufficient",
    "uq_adjustment_reversal": "reversal-exists",
    "uq_circle_open_name": "circle-name-taken",
    "uq_complaint_category_name": "category-name-taken",
    "pk_task_tag": "tag-code-taken",
    "uq_task_tag_tag_group_name": "tag-name-taken",
    "uq_grant_by_hand": "grant-exists",
    "uq_clerk_user_id_merchant_id": "clerk-exists",
    "uq_merchant_live_licence": "licence-taken",
    "uq_member_person_id": "already-enrolled",
    "uq_volunteer_person_id": "already-enrolled",
    "uq_identification_user_id": "already-enrolled",
    "uq_person_user_id": "state-conflict",
    "uq_unit_worker_user_id_unit_id": "worker-exists",
    "fk_unit_worker_user_id": "user-unknown",
    "fk_grant_user_id": "user-unknown",
    "fk_person_user_id": "user-unknown",
    "uq_post_open_name": "post-name-taken",
    "uq_team_live_name": "team-name-taken",
    "uq_team_member_team_id_person_id": "team-joined",
    "uq_branch_active": "branch-exists",
    "uq_branch_member_joined": "branch-joined",
    "uq_branch_candidacy_open": "candidacy-open",
    "uq_branch_candidacy_accepted": "successor-chosen",
    "uq_branch_term_active": "state-conflict",
    "uq_alliance_open_name": "alliance-name-taken",
    "fk_merchant_area_id": "area-unknown",
    "uq_person_identity_hash": "person-exists",
    "unit_open": "unit-closed",
    "unit_idle": "unit-busy",
    "uq_unit_open_name": "unit-name-taken",
    "uq_unit_open_credit_code": "credit-code-taken",
    "fk_member_unit_id": "unit-unknown",
    "fk_member_unit_area_id": "area-unknown",
    "fk_handling_rule_unit_id": "unit-unknown",
    "fk_handling_rule_category": "category-unknown",
}
"""What the database refused, in the words of the catalogue. Any other violation is a fault of ours."""

OPEN311_STATUSES = {403: 403, 404: 404, 405: 405, 413: 413, 429: 429, 500: 500, 503: 503}
"""Open311 knows 404, 403 for a wrong key and 400 for all else; what tells a client to wait or to stop is kept."""

CHOICES = ("location-on-border", "location-in-no-grid")
"""Where facts are names of areas by their ids."""

PASSING_SQLSTATES = ("08", "53", "57P", "40001", "40P01", "55P03", "57014")
"""Connection lost, resources short, shutting down, deadlock, lock or statement timed out: worth a retry."""

WECHAT_PROBLEMS: dict[type[wechat.WeChatError], str] = {
    wechat.LoginCodeInvalid: "login-code-invalid",
    wechat.LoginCodeMissing: "login-code-invalid",
    wechat.UserBlocked: "login-blocked",
    wechat.TooFrequent: "login-too-frequent",
    wechat.WeChatBusy: "wechat-unavailable",
    wechat.WeChatMisconfigured: "wechat-misconfigured",
}


class ProblemField(BaseModel):
    """What is wrong with one field of a payload."""

    field: str
    reason: str


class ProblemOut(BaseModel):
    """A refusal: ``code`` is stable, ``detail`` is for the person in front of the screen, ``facts`` are of the case."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    fields: list[ProblemField]
    facts: dict[str, str]


def body_of(problem: Problem) -> bytes:
    """Return the body; the same problem is the same bytes, so that a stored refusal can be given again."""
    kind = problem.type
    return to_json(
        {
            "type": TYPE_BASE + kind.code,
            "title": kind.title,
            "status": kind.status,
            "code": kind.code,
            "detail": problem.detail,
            "fields": problem.fields or [],
            "facts": problem.facts or {},
        }
    )


def render(problem: Problem, path: str = "") -> Response:
    """Return the answer that tells the problem to whoever asked at ``path``."""
    headers = {"Retry-After": str(problem.retry_after_s)} if problem.retry_after_s is not None else None
    if path.startswith(open311.PREFIX):
        form = open311.format_of(path)
        body = form.write("errors", open311_errors(problem))
        return Response(body, _open311_status(problem.type), headers, form.media_type)
    if problem.type.status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return Response(body_of(problem), problem.type.status, headers, MEDIA_TYPE)


def _open311_status(kind: ProblemType) -> int:
    return 404 if kind.code == "category-unknown" else OPEN311_STATUSES.get(kind.status, 400)


def open311_errors(problem: Problem) -> list[dict[str, str]]:
    """Return a problem as Open311 tells errors: one for each field, and the grids to choose from by their ids."""
    kind = problem.type
    told = [texts.OPEN311_FIELD.format(detail=problem.detail, **field) for field in problem.fields or ()]
    if problem.facts and kind.code in CHOICES:
        choices = "、".join(f"{name} {area_id}" for area_id, name in problem.facts.items())
        told = [texts.OPEN311_CHOICES.format(detail=problem.detail, choices=choices)]
    return [{"code": kind.code, "description": words} for words in told or [problem.detail]]


def from_database(error: BaseException) -> Problem | None:
    """Return the problem that a database error means, or None when it is a fault of ours."""
    if isinstance(error, asyncpg.PostgresError):
        code = CONSTRAINT_PROBLEMS.get(getattr(error, "constraint_name", None) or "")
        if code is not None:
            return Problem(code)
        if (error.sqlstate or "").startswith(PASSING_SQLSTATES):
            return Problem("service-unavailable")
        return None
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError | OSError | TimeoutError):
        return Problem("service-unavailable")
    return None


def from_wechat(error: wechat.WeChatError) -> Problem:
    """Return the problem that WeChat's refusal of a log-in means."""
    for kind, code in WECHAT_PROBLEMS.items():
        if isinstance(error, kind):
            return Problem(code, retry_after_s=getattr(error, "retry_after_s", None))
    return Problem("wechat-unavailable")


def responses(*codes: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the problems that a route answers with, by status."""
    by_status: dict[int | str, list[ProblemType]] = {}
    for code in codes:
        by_status.setdefault(CATALOGUE[code].status, []).append(CATALOGUE[code])
    return {
        status: {
            "description": "; ".join(f"`{kind.code}` {kind.title}" for kind in kinds),
            "content": {
                MEDIA_TYPE: {
                    "schema": {"$ref": "#/components/schemas/Problem"},
                    "examples": {kind.code: {"summary": kind.detail} for kind in kinds},
                }
            },
        }
        for status, kinds in by_status.items()
    }


def install(app: FastAPI) -> None:
    """Answer everything that goes wrong in ``app`` as a problem."""

    @app.exception_handler(Problem)
    async def tell(request: Request, problem: Problem) -> Response:
        return render(problem, request.url.path)

    @app.exception_handler(Replay)
    async def tell_again(_request: Request, replay: Replay) -> Response:
        media_type = "application/json" if replay.status < 400 else MEDIA_TYPE
        return Response(replay.body, replay.status, {"Idempotent-Replayed": "true"}, media_type)

    @app.exception_handler(RequestValidationError)
    async def tell_invalid(request: Request, error: RequestValidationError) -> Response:
        return render(from_validation(error), request.url.path)

    @app.exception_handler(HTTPException)
    async def tell_http(request: Request, error: HTTPException) -> Response:
        code = {400: "malformed-json", 404: "not-found", 405: "method-not-allowed", 413: "body-too-large"}
        response = render(Problem(code.get(error.status_code, "not-found")), request.url.path)
        response.headers.update(error.headers or {})  # 405 names the allowed methods (RFC 9110, section 15.5.6)
        return response

    @app.exception_handler(wechat.WeChatError)
    async def tell_wechat(request: Request, error: wechat.WeChatError) -> Response:
        log.warning("wechat refused", kind=type(error).__name__, errcode=error.errcode, rid=error.rid)
        return render(from_wechat(error), request.url.path)

    app.exception_handler(ClientDisconnect)(tell_nobody)

    async def tell_database(request: Request, error: Exception) -> Response:
        problem = from_database(error)
        if problem is None:
            raise error
        log.warning("database refused", kind=type(error).__name__, code=problem.type.code, path=_logged_path(request))
        return render(problem, request.url.path)

    for kind in (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError):
        app.exception_handler(kind)(tell_database)
    app.exception_handler(asyncpg.InternalClientError)(tell_database)

    @app.exception_handler(Exception)
    async def tell_fault(request: Request, error: Exception) -> Response:
        # The message of an unforeseen error may quote what a user wrote: the kind and the place must do (I12).
        log.error("unforeseen fault", kind=type(error).__name__, method=request.method, path=_logged_path(request))
        return render(Problem("internal-error"), request.url.path)


async def tell_nobody(_request: Request, _error: ClientDisconnect) -> Response:
    """End a request whose connection broke amid its body: that is no fault, and nobody is there to read an answer."""
    return Response(status_code=400)


def _logged_path(request: Request) -> str:
    """Return the path as a log may tell it: a secret link in it opens something to whoever reads the log."""
    token = request.path_params.get("token")
    return request.url.path.replace(token, "…") if token else request.url.path


def from_validation(error: RequestValidationError) -> Problem:
    """Return the problem that a payload, a path or a query that does not fit the schema means."""
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return Problem("malformed-json")
    return Problem("invalid-payload", fields=named_faults(found))


class BodyLimit:
    """Refuses larger bodies: unread when the length was announced, else as soon as too much has come.

    FastAPI's own limit answers text/plain.
    """

    def __init__(self, app: ASGIApp, max_bytes: int, others: Mapping[re.Pattern[str], int] | None = None) -> None:
        """Let paths that match one of ``others`` take as much as stands there, not ``max_bytes``."""
        self.app = app
        self.max_bytes = max_bytes
        self.others = others or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        max_bytes = self.max_bytes_of(scope["path"])
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
        if announced.isdigit() and int(announced) > max_bytes:
            await discard(receive)
            response = render(Problem("body-too-large"), scope["path"])
            response.headers["Connection"] = "close"
            await response(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > max_bytes:
                raise HTTPException(413)
            return message

        await self.app(scope, receive_within_limit, send)

    def max_bytes_of(self, path: str) -> int:
        """Return how large a body may be that is sent to ``path``."""
        return next((most for pattern, most in self.others.items() if pattern.fullmatch(path)), self.max_bytes)


async def discard(receive: Receive) -> None:
    """Throw away what is still coming, for a while: a client cut off while it sends may never see the answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(DISCARD_WITHIN_S):
            while (await receive()).get("more_body", False):
                pass
