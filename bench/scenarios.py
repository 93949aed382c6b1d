"""What is measured: each scenario prepares its requests and says which answers are right."""

import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from app.core.clock import now
from app.core.pagination import write_cursor
from app.domain import codes
from app.services.vouchers import code_key
from bench.cast import Cast, Spread
from bench.load import Request

PREPARED = 2_000
TASKS_CONTENDED = 20
SETTLED_MAX = 24_000
"""More vouchers than one measurement can settle: each is settled once."""

READ_GOAL = 15
WALL_GOAL = 30
NEAR_GOAL = 50
COMPLAINT_GOAL = 20
"""A page of a wall, and a complaint with the way it went, carry more than wishes do."""
QUEUE_GOAL = 25
"""Posts are counted or listed over an area and all below it where nobody nearer answers."""
STRENGTH_GOAL = 60
"""All 486 grids are counted, the weakest 20 are told of."""
FILING_GOAL = 100
"""To put a complaint on record reads its words for search and reckons its deadlines; nobody does it often."""
WALL_GOAL_MS = 1.5
WALL_GOAL_STATEMENTS = 2
"""Of the server's CPU for a page of a wall, and of what PostgreSQL is asked for it."""
WRITE_GOAL = 35
SETTLE_AIM = 20
HOT_GOAL = 0.8
"""So much of what evenly spread scans reach must be reached at one shop."""
SPREAD_DEGREES = 0.003
NEAR_GOAL_MS = 1.5
"""Of the server's CPU for the tasks near a point, among 200,000 open ones."""
NEAR = "tasks near "
WALL = "wall "
TAKE, SETTLE, HOT = "take voucher", "settle voucher", ", one hot shop"

Prepare = Callable[[Cast, int], Coroutine[None, None, list[Request]]]


@dataclass(frozen=True)
class Scenario:
    """One row of the table. ``goal`` is in units; ``prepare`` is asked anew for each repetition."""

    name: str
    goal: int
    prepare: Prepare
    expected: frozenset[int] = frozenset({200})
    is_single_use: bool = False
    """Whether each request can be answered as expected only once."""


def feed(kind: str, *, is_anonymous: bool = False) -> Prepare:
    """Read the newest 20 published wishes of areas of one kind."""

    async def prepare(cast: Cast, _repetition: int) -> list[Request]:
        chosen = [(cast.random.choice(cast.areas[kind]), cast.random.choice(cast.members)) for _ in range(PREPARED)]
        return [
            Request("GET", f"/v1/wishes?area_id={area_id}", "" if is_anonymous else cast.token(member))
            for area_id, member in chosen
        ]

    return prepare


async def detail(cast: Cast, _repetition: int) -> list[Request]:
    """Read one published wish."""
    return [
        Request("GET", f"/v1/wishes/{wish_id}", cast.token(cast.random.choice(cast.members))) for wish_id in cast.wishes
    ]


async def post_wish(cast: Cast, _repetition: int) -> list[Request]:
    """Post a wish for a grid; the job of its content check is ordered with it."""
    return [Request("POST", "/v1/wishes", cast.token(member), _wish(cast)) for member in cast.members]


def _wish(cast: Cast) -> str:
    return json.dumps(
        {
            "area_id": str(cast.random.choice(cast.areas["grid"])),
            "category": "elderly",
            "title": "想请人帮忙换厨房的灯泡",
            "body": "家里老人八十多岁，厨房的灯坏了两天，够不着也不敢爬梯子，想请热心邻居上门帮忙换一下。",
        },
        ensure_ascii=False,
    )


def near(**asked: str | int) -> Prepare:
    """Look for the nearest 20 tasks around places of the district, each somewhere within a few hundred metres."""

    async def prepare(cast: Cast, _repetition: int) -> list[Request]:
        requests = []
        for _ in range(PREPARED):
            east, north = (cast.random.uniform(-SPREAD_DEGREES, SPREAD_DEGREES) for _ in range(2))
            longitude, latitude = cast.random.choice(cast.labels)
            place = {"longitude": f"{longitude + east:.6f}", "latitude": f"{latitude + north:.6f}"}
            target = f"/v1/tasks/near?{urlencode(place | asked)}"
            requests.append(Request("GET", target, cast.token(cast.random.choice(cast.members))))
        return requests

    return prepare


def wall(kind: str, *, is_anonymous: bool = False, is_first: bool = False) -> Prepare:
    """Read 20 of the walls of areas of one kind: the first page with its tally, or the page behind it."""

    async def prepare(cast: Cast, _repetition: int) -> list[Request]:
        requests = []
        for _ in range(PREPARED):
            area_id, member = cast.random.choice(cast.areas[kind]), cast.random.choice(cast.members)
            # A page behind the first asks for what is older than one of the newest complaints of all.
            older_than = cast.random.choice(cast.complaints)
            cursor = "" if is_first else f"?cursor={write_cursor(older_than, 'wall', area_id, None, None)}"
            token = "" if is_anonymous else cast.token(member)
            requests.append(Request("GET", f"/v1/walls/{area_id}{cursor}", token))
        return requests

    return prepare


async def complaint(cast: Cast, _repetition: int) -> list[Request]:
    """Read one complaint with the way it went."""
    return [
        Request("GET", f"/v1/complaints/{complaint_id}", cast.token(cast.random.choice(cast.members)))
        for complaint_id in cast.complaints
    ]


async def post_complaint(cast: Cast, _repetition: int) -> list[Request]:
    """Post a complaint for a grid, each time as somebody else: nobody may post many in a minute."""
    return [Request("POST", "/v1/complaints", cast.token(member), _complaint(cast)) for member in cast.posters]


def _complaint(cast: Cast) -> str:
    return json.dumps(
        {
            "area_id": str(cast.random.choice(cast.areas["grid"])),
            "category": "lighting",
            "title": "三单元的楼道灯坏了",
            "body": "3号楼三单元二楼的灯坏了四天，晚上老人和孩子上楼全靠摸黑，请来修一下，我的电话13800001234。",
            "place": "3号楼三单元二楼",
        },
        ensure_ascii=False,
    )


def own_posts(kind: str) -> Prepare:
    """Read one's posts with what waits in each of their queues."""

    async def prepare(cast: Cast, _repetition: int) -> list[Request]:
        return [Request("GET", "/v1/me/posts", cast.token(holder.user_id)) for holder in cast.holders[kind]]

    return prepare


def post_queue(kind: str) -> Prepare:
    """Read the 20 complaints that wait longest for a post."""

    async def prepare(cast: Cast, _repetition: int) -> list[Request]:
        return [
            Request("GET", f"/v1/posts/{holder.post_id}/queue?queue=complaints", cast.token(holder.user_id))
            for holder in cast.holders[kind]
        ]

    return prepare


async def strength(cast: Cast, _repetition: int) -> list[Request]:
    """Read which grids of the district lack whom."""
    [district] = cast.areas["district"]
    return [Request("GET", f"/v1/strength?area_id={district}", cast.token(cast.administrator_id))]


async def claim(cast: Cast, repetition: int) -> list[Request]:
    """Have everybody claim the same few one-seat tasks: the first of each gets the seat, the others a refusal."""
    start = repetition * TASKS_CONTENDED
    tasks = cast.tasks[start : start + TASKS_CONTENDED]
    return [
        Request("POST", f"/v1/tasks/{cast.random.choice(tasks)}/claims", cast.token(member)) for member in cast.members
    ]


def take_voucher(spread: Spread) -> Prepare:
    """Take a voucher: holds points and takes a piece from the stock."""

    async def prepare(cast: Cast, _repetition: int) -> list[Request]:
        offers = cast.offers_of(spread)
        return [
            Request("POST", f"/v1/offers/{cast.random.choice(offers).id}/vouchers", cast.token(member))
            for member in cast.members
        ]

    return prepare


def settle(spread: Spread) -> Prepare:
    """Scan the code of a held voucher. The codes live for a minute, so this is asked right before the load."""

    async def prepare(cast: Cast, _repetition: int) -> list[Request]:
        vouchers = await cast.make_vouchers(SETTLED_MAX, spread)
        tokens = {clerk_id: cast.token(clerk_id) for clerk_id in {voucher.clerk_id for voucher in vouchers}}
        moment = codes.step_start(now()) + codes.STEP
        return [
            Request("POST", "/v1/redemptions", tokens[voucher.clerk_id], scan_body(voucher.id, cast.secret, moment))
            for voucher in vouchers
        ]

    return prepare


def scan_body(voucher_id: UUID, secret: str, moment: datetime) -> str:
    """Return the request's body with the code that a phone shows at ``moment``."""
    return json.dumps({"code": codes.write(voucher_id, code_key(secret, voucher_id), moment)})


SCENARIOS: Sequence[Scenario] = (
    Scenario("wish feed of 20, community", READ_GOAL, feed("community")),
    Scenario("wish feed of 20, grid", READ_GOAL, feed("grid")),
    Scenario("wish feed of 20, district", READ_GOAL, feed("district")),
    Scenario("wish feed of 20, community, anonymous", READ_GOAL, feed("community", is_anonymous=True)),
    Scenario("wish detail", READ_GOAL, detail),
    Scenario("post wish", WRITE_GOAL, post_wish, frozenset({201})),
    Scenario(WALL + "of 20, community", WALL_GOAL, wall("community")),
    Scenario(WALL + "of 20, grid", WALL_GOAL, wall("grid")),
    Scenario(WALL + "of 20, district", WALL_GOAL, wall("district")),
    Scenario(WALL + "of 20, community, anonymous", WALL_GOAL, wall("community", is_anonymous=True)),
    Scenario(WALL + "first page with tally, community", WALL_GOAL, wall("community", is_first=True)),
    Scenario(WALL + "first page with tally, district", WALL_GOAL, wall("district", is_first=True)),
    Scenario(NEAR + "a point", NEAR_GOAL, near()),
    Scenario(NEAR + "a point, wishes of one category", NEAR_GOAL, near(category="medical")),
    Scenario(NEAR + "a point, for one's own grid", NEAR_GOAL, near(**{"for": "grid"})),
    Scenario("complaint detail", COMPLAINT_GOAL, complaint),
    Scenario("post complaint", FILING_GOAL, post_complaint, frozenset({201})),
    Scenario("own posts with their queues, community", QUEUE_GOAL, own_posts("community")),
    Scenario("own posts with their queues, grid", QUEUE_GOAL, own_posts("grid")),
    Scenario("queue of a post, community", QUEUE_GOAL, post_queue("community")),
    Scenario("queue of a post, grid", QUEUE_GOAL, post_queue("grid")),
    Scenario("strength of a district", STRENGTH_GOAL, strength),
    Scenario("contended claim", WRITE_GOAL, claim, frozenset({201, 409})),
    Scenario(TAKE, WRITE_GOAL, take_voucher("even"), frozenset({201})),
    Scenario(TAKE + HOT, WRITE_GOAL, take_voucher("hot"), frozenset({201})),
    Scenario(SETTLE, WRITE_GOAL, settle("even"), frozenset({201}), is_single_use=True),
    Scenario(SETTLE + HOT, WRITE_GOAL, settle("hot"), frozenset({201}), is_single_use=True),
)
