"""Every ``Annotated`` alias that routes are written with: the process's parts, who asks, pages, the unit of work."""

import hashlib
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, NoReturn

from asyncpg import Connection
from fastapi import Depends, Header, Query, Request, Response
from fastapi.security import HTTPBearer
from pydantic_core import to_json
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from app import problems
from app.core.db import Database, Reads
from app.core.security import InvalidTokenError, fingerprint, read_token
from app.core.settings import Settings
from app.core.store import Store
from app.domain.caller import Caller
from app.domain.errors import CountedProblem, Problem
from app.domain.message_templates import Templates
from app.services import callers, idempotency
from app.services.call_outs.board import Board
from app.services.idempotency import RequestKey, SingleWrite
from app.services.limits import Terms
from app.services.media.links import Links
from app.services.pages import PageRequest
from app.services.places import Places
from app.services.shapes.exports import Displays
from app.wechat.client import WeChat

JSON = "application/json"
FORM_FIELDS_MAX = 16
FORM_FIELD_BYTES_MAX = 4096
KEY_FORM = re.compile(r"[\x21-\x7e]{8,128}")


# FastAPI solves a dependency of a dependency as dearly as one of the route's own, whatever it does. So those of hot
# routes ask the request for what they need and depend on nothing.


async def get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def get_database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def get_wechat(request: Request) -> WeChat:
    client: WeChat = request.app.state.wechat
    return client


async def get_reads(request: Request) -> Reads:
    reads: Reads = request.app.state.database.reads
    return reads


async def get_data_key(request: Request) -> str:
    data_key: str = request.app.state.settings.data_key.get_secret_value()
    return data_key


async def get_terms(request: Request) -> Terms:
    return Terms.of(request.app.state.settings)


async def get_board(request: Request) -> Board:
    board: Board = request.app.state.board
    return board


async def get_places(request: Request) -> Places:
    places: Places = request.app.state.places
    return places


async def get_store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def links_of(request: Request) -> Links:
    """Return what links to pictures are made with, to hot routes: they take the request and have no dependency more."""
    links: Links = request.app.state.links
    return links


async def get_links(request: Request) -> Links:
    return links_of(request)


async def get_displays(request: Request) -> Displays:
    displays: Displays = request.app.state.displays
    return displays


async def get_templates(request: Request) -> Templates:
    templates: Templates = request.app.state.templates
    return templates


SecretDep = Annotated[str, Depends(get_data_key)]
"""The key that opens who complained."""
TermsDep = Annotated[Terms, Depends(get_terms)]
"""On what terms seats are given."""
SettingsDep = Annotated[Settings, Depends(get_settings)]
DatabaseDep = Annotated[Database, Depends(get_database)]
WeChatDep = Annotated[WeChat, Depends(get_wechat)]
ReadsDep = Annotated[Reads, Depends(get_reads)]
BoardDep = Annotated[Board, Depends(get_board)]
PlacesDep = Annotated[Places, Depends(get_places)]
StoreDep = Annotated[Store, Depends(get_store)]
LinksDep = Annotated[Links, Depends(get_links)]
"""What links to pictures are made with."""
DisplaysDep = Annotated[Displays, Depends(get_displays)]
TemplatesDep = Annotated[Templates, Depends(get_templates)]


class FindCaller(HTTPBearer):
    """Who asks, or None without a token. Raises ``token-invalid``; a token is never half believed."""

    def __init__(self) -> None:
        super().__init__(auto_error=False, scheme_name="HTTPBearer", description="The token of `POST /v1/auth/wechat`.")

    async def __call__(self, request: Request) -> Caller | None:  # type: ignore[override]
        header = request.headers.get("authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise Problem("token-invalid")
        state = request.app.state
        try:
            user_id, version = read_token(state.settings.secret_key.get_secret_value(), token.strip())
        except InvalidTokenError as error:
            raise Problem("token-invalid") from error
        return await callers.find(state.database.reads, user_id, version)


class RequireCaller(FindCaller):
    """Who asks. Raises ``token-missing`` and ``token-invalid``."""

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        caller = await super().__call__(request)
        if caller is None:
            raise Problem("token-missing")
        return caller


MaybeCallerDep = Annotated[Caller | None, Depends(FindCaller())]
CallerDep = Annotated[Caller, Depends(RequireCaller())]


async def get_page(
    cursor: Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=50)] = 20,
) -> PageRequest:
    return PageRequest(cursor, limit)


PageDep = Annotated[PageRequest, Depends(get_page)]


def answer(content: Mapping[str, Any], status: int = 200) -> Response:
    """Return the answer, serialised once; a test holds every answer against its declared schema."""
    return Response(to_json(content), status, media_type=JSON)


def answer_unless_known(reply: Response, if_none_match: str | None) -> Response:
    """Return ``reply`` with its ``ETag``, or 304 without a body when the caller has it already (RFC 9110, 13.1.2)."""
    etag = f'"{hashlib.sha256(bytes(reply.body)).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if etag in (if_none_match or "").replace("W/", "").replace(" ", "").split(","):
        return Response(status_code=304, headers=headers)
    reply.headers.update(headers)
    return reply


async def open_transaction(database: DatabaseDep) -> AsyncIterator[Connection]:
    """Yield one transaction, for a write that is repeatable by nature. Commits before the answer goes."""
    try:
        async with database.transaction() as connection:
            yield connection
    except Exception as error:
        problem = problems.from_database(error)
        if problem is None:
            raise
        raise problem from error


TransactionDep = Annotated[Connection, Depends(open_transaction, scope="function")]


class UnitOfWork:
    """One write: its transaction, and the answer that commits with it."""

    def __init__(self, connection: Connection, links: Links) -> None:
        self.connection = connection
        self.links = links
        self.reply: Response | None = None

    def answer(self, content: Mapping[str, Any], status: int = 200) -> Response:
        """Return the answer and have it remembered for repetitions of the request (I5)."""
        self.reply = answer(content, status)
        return self.reply


KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="8 to 128 visible ASCII characters, new for each action; repeated, the first answer comes again",
    ),
]


async def open_unit_of_work(
    request: Request, caller: CallerDep, idempotency_key: KeyHeader = None
) -> AsyncIterator[UnitOfWork]:
    """Yield the unit of work of one write. Commits before the answer goes; refusals are remembered, faults not.

    A refusal rolls back, but for one that counts: that one commits as an answer does.
    """
    key = await _request_key(request, caller, idempotency_key)
    database: Database = request.app.state.database
    counted: CountedProblem | None = None
    try:
        async with database.transaction() as connection:
            await idempotency.begin(connection, key)
            unit = UnitOfWork(connection, request.app.state.links)
            try:
                yield unit
            except CountedProblem as refusal:
                counted = refusal
                unit.reply = problems.render(refusal)
            if unit.reply is None:
                raise RuntimeError(f"{request.method} {request.url.path} ended without an answer to remember")
            await idempotency.remember(connection, key, unit.reply.status_code, bytes(unit.reply.body))
    except Exception as error:  # noqa: BLE001 - always raised again
        await _remember_refusal(database, key, error)
    if counted is not None:
        raise counted


async def open_single_write(
    request: Request, caller: CallerDep, idempotency_key: KeyHeader = None
) -> AsyncIterator[SingleWrite]:
    """Yield the means to write by one statement, which stores its answer itself. Refusals are remembered as above."""
    key = await _request_key(request, caller, idempotency_key)
    database: Database = request.app.state.database
    try:
        yield SingleWrite(database, key)
    except Exception as error:  # noqa: BLE001 - always raised again
        await _remember_refusal(database, key, error)


async def _request_key(request: Request, caller: Caller, given: str | None) -> RequestKey:
    key = _require_key(given)
    upload: Upload | None = getattr(request.state, "upload", None)
    where = (request.method.encode(), request.url.path.encode())
    if upload is None:
        return RequestKey(caller.id, key, fingerprint(*where, await request.body()))
    # Repeated, a form has another boundary: what was sent is told from the file and where it goes.
    sent = (request.url.query.encode(), upload.filename.encode(), upload.content)
    return RequestKey(caller.id, key, fingerprint(*where, *sent))


def _require_key(given: str | None) -> str:
    if given is None or not KEY_FORM.fullmatch(given):
        raise Problem("idempotency-key-required")
    return given


async def _remember_refusal(database: Database, key: RequestKey, error: Exception) -> NoReturn:
    """Raise what the reader must be told of ``error``, stored for repetitions when it is a decision."""
    problem = error if isinstance(error, Problem) else problems.from_database(error)
    if problem is None:
        raise error
    if problem.type.is_stored:
        await idempotency.remember_refusal(database.writes, key, problem.type.status, problems.body_of(problem))
    raise problem from error


@dataclass(frozen=True, slots=True)
class Upload:
    """The one file of a form, as it was sent."""

    filename: str
    content: bytes


class _FormInMemory(MultiPartParser):
    """Reads a form that is bounded by ``BodyLimit``: what somebody sent of others never lies unsealed on a disk."""

    spool_max_size = 1 << 30
    is_whole = False

    def on_end(self) -> None:
        """Note that the last boundary came."""
        self.is_whole = True

    def close(self) -> None:
        """Let go of every file, those too that were cut off and belong to no form."""
        for file in self._files_to_close_on_error:
            file.close()


async def receive_upload(request: Request, _caller: CallerDep, idempotency_key: KeyHeader = None) -> Upload:
    """Return the file of a form as browsers and ``wx.uploadFile`` send it; to be asked for before the unit of work.

    Raises ``idempotency-key-required``, ``upload-unreadable`` and ``body-too-large``.
    """
    _require_key(idempotency_key)
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Problem("upload-unreadable")
    parser = _FormInMemory(
        request.headers, request.stream(), max_files=1, max_fields=FORM_FIELDS_MAX, max_part_size=FORM_FIELD_BYTES_MAX
    )
    try:
        form = await parser.parse()
        files = [part for part in form.values() if isinstance(part, UploadFile)]
        uploads = [Upload(file.filename or "", await file.read()) for file in files]
    except MultiPartException as error:
        raise Problem("upload-unreadable") from error
    finally:
        parser.close()
    if not parser.is_whole or not uploads:
        raise Problem("upload-unreadable")
    request.state.upload = uploads[0]
    return uploads[0]


UploadDep = Annotated[Upload, Depends(receive_upload)]
UnitOfWorkDep = Annotated[UnitOfWork, Depends(open_unit_of_work, scope="function")]
SingleWriteDep = Annotated[SingleWrite, Depends(open_single_write, scope="function")]

WRITE_PROBLEMS = ("idempotency-key-required", "idempotency-key-reused", "request-in-progress")
