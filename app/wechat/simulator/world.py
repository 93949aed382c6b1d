"""What the simulated WeChat knows, in memory: users, tokens, credits, what was sent; the oldest is forgotten."""

import asyncio
import hashlib
import secrets
import time
from base64 import urlsafe_b64encode
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from app.core.settings import DEVELOPMENT_PUSH_AES_KEY, DEVELOPMENT_PUSH_TOKEN
from app.wechat.simulator.faults import Fault, PushFault
from app.wechat.simulator.limits import Meter
from app.wechat.simulator.protocol import Refusal

TOKEN_TTL_S = 7200
VISIT_TTL_S = 2 * 3600
CODES_KEPT_MAX = 100_000
VISITS_KEPT_MAX = 100_000
TOKENS_KEPT_MAX = 1_000
CREDITS_KEPT_MAX = 100_000
RECORDS_KEPT_MAX = 500

Key = TypeVar("Key")
Value = TypeVar("Value")


class Template(BaseModel):
    """A template of messages chosen in the console: its title and what each of its fields is called."""

    model_config = ConfigDict(extra="forbid", strict=True)

    template_id: str = Field(min_length=1, max_length=100)
    title: str = Field(max_length=100)
    fields: dict[str, str]
    is_banned: bool = False


class Habits(BaseModel):
    """How this WeChat behaves; every one can be changed while it runs."""

    model_config = ConfigDict(extra="forbid", strict=True, validate_assignment=True)

    forced_apart_s: float = Field(30.0, ge=0, le=3600)
    push_url: str | None = Field(None, max_length=500)
    push_token: str = DEVELOPMENT_PUSH_TOKEN
    push_aes_key: str = Field(DEVELOPMENT_PUSH_AES_KEY, min_length=43, max_length=43)
    push_deliveries_max: int = Field(3, ge=1, le=10)
    push_answer_within_s: float = Field(5.0, gt=0, le=60)
    push_again_after_s: float = Field(1.0, ge=0, le=60)
    media_after_s: float = Field(0.5, ge=0, le=3600)
    send_takes_s: float = Field(0.02, ge=0, le=10)


@dataclass
class Message:
    """A subscribe message that a user got."""

    at: float
    openid: str
    template_id: str
    title: str
    page: str
    fields: list[tuple[str, str, str]]
    """Key, name and value of each."""
    msgid: int


@dataclass
class TextCheck:
    at: float
    openid: str
    text: str
    suggest: str
    label: int
    keyword: str
    trace_id: str


@dataclass
class PictureCheck:
    at: float
    openid: str
    url: str
    trace_id: str
    suggest: str | None = None
    """None until it is decided."""
    label: int | None = None
    errcode: int | None = None
    thumb: bytes = b""


@dataclass
class Code:
    at: float
    scene: str
    page: str
    png: bytes


@dataclass
class Push:
    """One event on its way to our server, and the status of each delivery (0: no answer)."""

    at: float
    event: str
    body: Mapping[str, object]
    statuses: list[int] = field(default_factory=list)
    state: str = "waiting"


@dataclass
class World:
    """One mini-program and everything around it."""

    appid: str
    secret: str
    habits: Habits = field(default_factory=Habits)
    paths: frozenset[str] = frozenset()
    """Where WeChat answers."""
    clock: Callable[[], float] = time.monotonic
    meter: Meter = field(default_factory=Meter)
    names: OrderedDict[str, str] = field(default_factory=OrderedDict)
    codes: OrderedDict[str, bool] = field(default_factory=OrderedDict)
    visits: OrderedDict[str, float] = field(default_factory=OrderedDict)
    tokens: OrderedDict[str, float] = field(default_factory=OrderedDict)
    current_by_kind: dict[str, str] = field(default_factory=dict)
    forced_at_s: float | None = None
    templates: dict[str, Template] = field(default_factory=dict)
    credits: OrderedDict[tuple[str, str], int] = field(default_factory=OrderedDict)
    receiving: set[str] = field(default_factory=set)
    """Who is being sent a message at this moment."""
    picture_urls: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)
    faults: list[Fault] = field(default_factory=list)
    push_faults: list[PushFault] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    answers: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Of each path: how often it answered what, ``ok``, an errcode, or ``spoilt``."""
    messages: deque[Message] = field(default_factory=lambda: deque(maxlen=RECORDS_KEPT_MAX))
    text_checks: deque[TextCheck] = field(default_factory=lambda: deque(maxlen=RECORDS_KEPT_MAX))
    picture_checks: deque[PictureCheck] = field(default_factory=lambda: deque(maxlen=RECORDS_KEPT_MAX))
    made_codes: deque[Code] = field(default_factory=lambda: deque(maxlen=RECORDS_KEPT_MAX))
    pushes: deque[Push] = field(default_factory=lambda: deque(maxlen=RECORDS_KEPT_MAX))
    held_pushes: list[Callable[[], None]] = field(default_factory=list)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def account_id(self) -> str:
        """The ``gh_…`` id of the mini-program, who pushes are addressed to."""
        return "gh_" + hashlib.sha256(self.appid.encode()).hexdigest()[:12]

    def spend(self, code: str) -> bool:
        """Take a log-in or phone code; False when it was taken before."""
        if code in self.codes:
            return False
        remember(self.codes, code, value=True, kept_max=CODES_KEPT_MAX)
        return True

    def meet(self, name: str) -> str:
        """Return the openid of the user ``name`` and remember the name."""
        openid = openid_of(self.appid, name)
        remember(self.names, openid, value=name, kept_max=VISITS_KEPT_MAX)
        return openid

    def visit(self, openid: str) -> None:
        """Note that a user opened the mini-program just now."""
        remember(self.visits, openid, value=self.clock(), kept_max=VISITS_KEPT_MAX)

    def mint(self, kind: str) -> str:
        """Return a new token of a kind ("stable" or "classic"); the two kinds leave one another alone."""
        token = secrets.token_urlsafe(96)
        remember(self.tokens, token, value=self.clock() + TOKEN_TTL_S, kept_max=TOKENS_KEPT_MAX)
        self.current_by_kind[kind] = token
        return token

    def revoke_tokens(self) -> None:
        """Let every token die; the next fetch makes a new one."""
        self.tokens.clear()
        self.current_by_kind.clear()

    def set_credits(self, openid: str, template_id: str, count: int) -> None:
        remember(self.credits, (openid, template_id), value=count, kept_max=CREDITS_KEPT_MAX)

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Let ``work`` go on beside the answer that causes it."""
        task = asyncio.get_running_loop().create_task(work)
        self.under_way.add(task)
        task.add_done_callback(self.under_way.discard)


def openid_of(appid: str, name: str) -> str:
    """Return the openid of the user ``name``: 28 characters, the last six a check sum of the others.

    The check sum tells an openid of this mini-program from a made-up one without a memory of users.
    """
    stem = "o" + short_hash(appid, "openid", name)[:21]
    return stem + short_hash(appid, "check", stem)[:6]


def require_openid(world: World, openid: object) -> str:
    """Return ``openid`` when it is one of this mini-program. Refuses 40003."""
    if not isinstance(openid, str) or openid[22:] != short_hash(world.appid, "check", openid[:22])[:6]:
        raise Refusal(40003)
    return openid


def require_recent_visit(world: World, openid: object) -> str:
    """Return ``openid`` when its user was here within two hours. Refuses 40003 and 61010."""
    known = require_openid(world, openid)
    seen_at_s = world.visits.get(known)
    if seen_at_s is None or seen_at_s + VISIT_TTL_S < world.clock():
        raise Refusal(61010)
    return known


def require_credentials(world: World, given: Mapping[str, object]) -> None:
    if not given.get("appid"):
        raise Refusal(41002)
    if given["appid"] != world.appid:
        raise Refusal(40013)
    if not given.get("secret"):
        raise Refusal(41004)
    if given["secret"] != world.secret:
        raise Refusal(40125)


def require_token(world: World, token: str | None) -> None:
    if not token:
        raise Refusal(41001)
    expires_at_s = world.tokens.get(token)
    if expires_at_s is None:
        raise Refusal(40001)
    if expires_at_s <= world.clock():
        raise Refusal(42001)


def short_hash(*parts: str) -> str:
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()
    return urlsafe_b64encode(digest).decode().rstrip("=")


def remember(memory: OrderedDict[Key, Value], key: Key, *, value: Value, kept_max: int) -> None:
    """Note a value as the latest and forget the oldest beyond ``kept_max``."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > kept_max:
        memory.popitem(last=False)
