"""One trial's journey: people log in, write, upload, allow messages, help, deliver and confirm, while WeChat fails."""

import asyncio
import io
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

import asyncpg
import httpx
from PIL import Image

from app.core.clock import now
from app.services import ringing
from app.services.media import checks as media_checks
from bench.wechat.people import NotPossibleError, Person
from bench.wechat.system import WeChatSystem
from bench.wechat.trials import Trial

INSERT_AREA = """
    INSERT INTO area (id, parent_id, kind, name, lineage, is_wish_review_required)
    VALUES ($1, NULL, 'grid', $2, ARRAY[$1::uuid], false)
"""
INSERT_UNIT = "INSERT INTO unit (id, area_id, kind, name) VALUES ($1, $2, 'government', $3)"
INSERT_GRANT = "INSERT INTO \"grant\" (id, user_id, role, area_id) VALUES ($1, $2, 'staff', $3)"
STATUS = "SELECT status FROM wish WHERE id = $1"
FORGET_KEPT = "DELETE FROM wechat_token"
UNCHECKED_YET = """
    SELECT (SELECT count(*) FROM wish WHERE area_id = $1 AND status = 'checking')
        + (SELECT count(*) FROM complaint WHERE area_id = $1 AND status = 'checking')
"""
CREDITS = "SELECT coalesce(sum(credits), 0) FROM message_credit WHERE user_id = $1"
RINGS_YET = "SELECT count(*) FROM ring WHERE status IN ('waiting', 'sending')"
RING_NOW = "UPDATE ring SET due_at = now() WHERE status = 'waiting' AND due_at > now()"
PICTURES_YET = "SELECT count(*) FROM media WHERE status = 'checking' AND id = ANY($1)"
FIND_OPENID = 'SELECT openid FROM "user" WHERE id = $1'
AGE = """
    UPDATE media SET asked_at = asked_at - $2::interval, created_at = created_at - $2::interval
    WHERE status = 'checking' AND id = ANY($1)
"""

ALIVE = "SELECT count(*) FROM worker_heartbeat WHERE seen_at > $1"
AGE_RINGS = "UPDATE ring SET taken_at = taken_at - $1::interval WHERE status = 'sending' AND taken_at < $2"

GOOD_WISHES, GOOD_COMPLAINTS = 3, 2
RISKY = "大家一起来赌博"
COLOURS = ("navy", "red", "navy", "red", "navy", "red")
"""The first two for a wish, the next two for a complaint, the last two for nothing."""
CREDITS_EACH = 3
LONGEST_CALL = timedelta(seconds=10)
BETWEEN_KILLS_S = 2.0
"""So long a process works before it is killed again."""
TAP_S = 1.05
"""Nobody taps twice in a second; two events of the same words and second are one to whoever takes them."""
REST_S = 1.5
BETWEEN_S = 2.0
PATIENCE_S = 5.0
RING_AGAIN_S = 1.0
PICTURES_S = 6.0
SETTLE_S = 30.0
RECOVER_S = 90.0


@dataclass
class Place:
    """An area with somebody of its staff, and a unit."""

    area: UUID
    unit: UUID
    staff: Person


@dataclass
class Journey:
    """What one trial did: everything written, and what could not be done."""

    number: int
    trial: Trial
    system: WeChatSystem
    database: asyncpg.Pool
    http: httpx.AsyncClient
    place: Place
    written: dict[UUID, str] = field(default_factory=dict)
    """The title of each wish and complaint."""
    risky: set[UUID] = field(default_factory=set)
    pictures: dict[UUID, str] = field(default_factory=dict)
    """The colour of each, on which the simulator's word depends."""
    leaver: str = ""
    """The openid of who closed their account."""
    left: UUID | None = None
    """The wish that they had posted."""
    asked_again: int = 0
    """Pictures on which no word had come when the watchdog looked."""
    phones: int = 0
    codes: int = 0
    undone: list[str] = field(default_factory=list)
    took_s: float = 0.0
    back_after_s: float | None = None
    """How long after the fault a text was published by itself again."""

    @classmethod
    async def begin(cls, number: int, trial: Trial, system: WeChatSystem, http: httpx.AsyncClient) -> Self:
        """Make an area of its own, with staff who logged in; no trial begins with another's brakes."""
        database = await asyncpg.create_pool(system.url, min_size=1, max_size=4)
        await database.execute(FORGET_KEPT)
        await asyncio.sleep(REST_S)
        staff = await Person(http, f"网格员{number}").log_in()
        area, unit = uuid4(), uuid4()
        await database.execute(INSERT_AREA, area, f"第{number}网格")
        await database.execute(INSERT_UNIT, unit, area, f"第{number}单位")
        await database.execute(INSERT_GRANT, uuid4(), UUID(staff.id), area)
        return cls(number, trial, system, database, http, Place(area, unit, staff))

    async def go(self) -> None:
        """Do everything while it goes wrong, then let WeChat recover and wait until nothing is under way."""
        began = time.monotonic()
        for fault in self.trial.faults:
            self.system.order("faults", **fault)
        killer = asyncio.create_task(self.kill_again_and_again())
        try:
            resident = await Person(self.http, f"居民{self.number}").log_in()
            helper = await Person(self.http, f"党员{self.number}").log_in()
            await self.attempt("allow messages", self.allow(resident), self.allow(helper))
            if self.trial.forgets_visits:
                self.system.simulator.delete("/visits").raise_for_status()
            await self.attempt("show a phone number", self.show_phone(resident))
            await self.attempt("upload", *(self.upload(resident, colour) for colour in COLOURS))
            await self.write(resident)
            await self.attempt("leave", self.leave())
            await self.until_settled(SETTLE_S)
            await self.attempt("help", self.help(resident, helper))
            await self.attempt("answer", self.answer())
            await self.until_rung(SETTLE_S / 3)
        finally:
            killer.cancel()
            self.system.forget_faults()
            self.system.wait_for_apis()
        await self.come_back()
        await self.until_settled(RECOVER_S)
        await self.database.execute(AGE_RINGS, ringing.PATIENCE, now() - LONGEST_CALL)
        await self.watch_pictures()
        await self.until_rung(RECOVER_S)
        self.took_s = time.monotonic() - began

    async def kill_again_and_again(self) -> None:
        """Kill what the trial says, and let it start, until cancelled."""
        kill = {"worker": self.system.kill_worker, "api": self.system.kill_api, None: None}[self.trial.kills]
        while kill is not None:
            await asyncio.sleep(BETWEEN_KILLS_S)
            began = await self.database.fetchval("SELECT now()")
            kill()  # here and not in a thread: a process that outlives who started it is not started
            await until(lambda moment=began: self.are_up_since(moment), RECOVER_S)  # type: ignore[misc]

    async def are_up_since(self, moment: datetime) -> bool:
        """Tell whether the servers answer, and a worker has shown itself where one was killed at ``moment``."""
        if self.trial.kills == "worker":
            return bool(await self.database.fetchval(ALIVE, moment))
        return await asyncio.to_thread(self.system.is_up)

    async def come_back(self) -> None:
        """Post wishes until one is published by itself, as on any other day."""
        began = time.monotonic()
        who = await Person(self.http, f"后来人{self.number}").log_in()
        for n in range(1000):
            title = f"第{self.number}轮之后{n}"
            form = {"area_id": str(self.place.area), "category": "elderly", "title": title, "body": "想要台灯"}
            posted = await who.post("/v1/wishes", form)
            self.note(posted, title, is_risky=False)
            await self.until_settled(RECOVER_S)
            if await self.database.fetchval(STATUS, UUID(posted["id"])) == "published":
                self.back_after_s = time.monotonic() - began
                return
            if time.monotonic() - began > RECOVER_S:
                return
            await asyncio.sleep(BETWEEN_S)

    async def attempt(self, what: str, *works: Awaitable[Any]) -> None:
        """Do several things at once; what cannot be done is told, and the journey goes on."""
        for outcome in await asyncio.gather(*works, return_exceptions=True):
            if isinstance(outcome, NotPossibleError):
                self.undone.append(f"{what}: {outcome}")
            elif isinstance(outcome, BaseException):
                raise outcome

    async def allow(self, who: Person) -> None:
        """Allow some messages of each template, in the dialog of WeChat."""
        ids: list[str] = []

        async def are_listed() -> bool:  # the worker writes them down when it starts
            listed = (await who.get("/v1/me/subscriptions"))["templates"]
            ids[:] = sorted({str(template["template_id"]) for template in listed})
            return bool(ids)

        async def are_counted() -> bool:
            wanted = CREDITS_EACH * len(ids)
            return bool(await self.database.fetchval(CREDITS, UUID(who.id)) == wanted)

        await until(are_listed, SETTLE_S)
        for _ in range(CREDITS_EACH):
            for start in range(0, len(ids), 5):
                await asyncio.to_thread(
                    self.system.order, "subscribe", user=who.name, template_ids=ids[start : start + 5]
                )
            await asyncio.sleep(TAP_S)
        await until(are_counted, PATIENCE_S)

    async def show_phone(self, who: Person) -> None:
        code = f"phone-{who.name}-{uuid4().hex}"
        answer = await who.post("/v1/me/phone", {"code": code}, may_fail=(409, 422, 503, 429))
        self.phones += answer["status_code"] < 300

    async def write(self, who: Person) -> None:
        """Post wishes and complaints, some of them risky."""
        area = str(self.place.area)
        for n in range(GOOD_WISHES + 1):
            is_risky = n == GOOD_WISHES
            title = f"第{self.number}轮心愿{n}"
            form = {"area_id": area, "category": "elderly", "title": title, "body": RISKY if is_risky else "想要台灯"}
            pictures = list(self.pictures)[:2] if n == 0 else []
            self.note(await post_with(who, "/v1/wishes", form, pictures), title, is_risky=is_risky)
        for n in range(GOOD_COMPLAINTS + 1):
            is_risky = n == GOOD_COMPLAINTS
            title = f"第{self.number}轮诉求{n}"
            body = RISKY if is_risky else f"第{n}单元的灯坏了"
            form = {"area_id": area, "category": "lighting", "title": title, "body": body, "place": f"{n}号楼"}
            pictures = list(self.pictures)[2:4] if n == 0 else []
            self.note(await post_with(who, "/v1/complaints", form, pictures), title, is_risky=is_risky)

    def note(self, posted: dict[str, Any], title: str, *, is_risky: bool) -> None:
        self.written[UUID(posted["id"])] = title
        if is_risky:
            self.risky.add(UUID(posted["id"]))

    async def upload(self, who: Person, colour: str) -> None:
        picture = Image.new("RGB", (64, 64), colour)
        picture.putpixel((0, 0), (self.number, self.number, self.number))
        out = io.BytesIO()
        picture.save(out, "PNG")
        self.pictures[UUID((await who.upload(out.getvalue()))["id"])] = colour

    async def leave(self) -> None:
        """Post a wish, and then close the account in WeChat, which tells us by a push."""
        who = await Person(self.http, f"告别者{self.number}").log_in()
        title = f"第{self.number}轮临别心愿"
        form = {"area_id": str(self.place.area), "category": "elderly", "title": title, "body": "想要台灯"}
        posted = await who.post("/v1/wishes", form)
        self.note(posted, title, is_risky=False)
        self.left = UUID(posted["id"])
        self.leaver = str(await self.database.fetchval(FIND_OPENID, UUID(who.id)))
        await asyncio.to_thread(self.system.order, "cancel", user=who.name)

    async def read_pictures(self) -> dict[UUID, bool]:
        """Read, as somebody who is not logged in, everything written; return which pictures show, and if they open."""
        shown: dict[UUID, bool] = {}
        for thing, title in self.written.items():
            answer = await self.http.get(f"/v1/{'wishes' if '心愿' in title else 'complaints'}/{thing}")
            for picture in answer.json().get("pictures", []):
                opened = await self.http.get(picture["thumb_url"])
                shown[UUID(picture["id"])] = opened.is_success and is_picture(opened.content)
        return shown

    async def watch_pictures(self) -> None:
        """Let forty minutes pass and more, and do what the worker's watchdog does then, until each has its end."""
        for _ in range(media_checks.TRIES_MAX + 1):
            waiting = await self.database.fetchval(PICTURES_YET, list(self.pictures))
            if not waiting:
                return
            self.asked_again += waiting
            await self.database.execute(AGE, list(self.pictures), media_checks.PATIENCE)
            async with self.database.acquire() as connection, connection.transaction():
                for picture in await media_checks.find_overdue(connection, len(self.pictures)):
                    await media_checks.tend_overdue(connection, picture)
            await until(self.are_looked_at, PICTURES_S)

    async def are_looked_at(self) -> bool:
        return not await self.database.fetchval(PICTURES_YET, list(self.pictures))

    async def help(self, resident: Person, helper: Person) -> None:
        """Approve what waits for a person, then claim, deliver and confirm a wish."""
        staff = self.place.staff
        form = {"kind": "in_service", "unit_id": str(self.place.unit), "home_area_id": str(self.place.area)}
        member = await helper.post("/v1/members", form)
        await staff.post(f"/v1/members/{member['id']}/approve")
        wishes = [wish for wish, title in self.written.items() if "心愿" in title and wish not in self.risky]
        for wish in wishes[:2]:
            if await self.database.fetchval(STATUS, wish) == "reviewing":
                await staff.post(f"/v1/wishes/{wish}/approve")
            task = (await resident.get(f"/v1/wishes/{wish}"))["task"]
            if task is None:
                raise NotPossibleError("the wish is still being checked")
            self.codes += is_picture(await helper.download(f"/v1/tasks/{task['id']}/code.png"))
            claim = await helper.post(f"/v1/tasks/{task['id']}/claims")
            await helper.post(f"/v1/claims/{claim['id']}/submit", {"note": "已经送到"})
            await resident.post(f"/v1/wishes/{wish}/confirm", {"rating": 5, "thanks": "谢谢邻居"})

    async def answer(self) -> None:
        """Accept and answer a complaint that is on the wall."""
        for complaint, title in self.written.items():
            if "诉求" not in title or complaint in self.risky:
                continue
            if await self.database.fetchval("SELECT status FROM complaint WHERE id = $1", complaint) == "open":
                await self.place.staff.post(f"/v1/complaints/{complaint}/accept")
                form = {"answer": "灯已经换好", "outcome": "resolved"}
                await self.place.staff.post(f"/v1/complaints/{complaint}/answer", form)
                return

    async def until_settled(self, within_s: float) -> None:
        """Wait until no text waits for its check, and no picture, if one ever comes."""
        began = time.monotonic()

        async def is_settled() -> bool:
            waiting = await self.database.fetchval(UNCHECKED_YET, self.place.area)
            if time.monotonic() - began < PICTURES_S:  # the watchdog comes every five minutes, a person when he likes
                waiting += await self.database.fetchval(PICTURES_YET, list(self.pictures))
            return not waiting

        await until(is_settled, within_s)

    async def until_rung(self, within_s: float) -> None:
        """Wait until no message waits to be sent; neither the quiet hours of the night nor pauses hold them here."""

        async def is_rung() -> bool:
            async with self.database.acquire() as connection, connection.transaction():
                await connection.execute(RING_NOW)
                if not await connection.fetchval(RINGS_YET):
                    return True
                await ringing.order(connection)
            await asyncio.sleep(RING_AGAIN_S)
            return False

        await until(is_rung, within_s)


async def post_with(who: Person, path: str, form: dict[str, Any], pictures: list[UUID]) -> dict[str, Any]:
    """Post something with pictures, and without them when WeChat was quick to reject one."""
    with_pictures = {**form, "picture_ids": [str(picture) for picture in pictures]}
    posted = await who.post(path, with_pictures, may_fail=(422,))
    return posted if posted["status_code"] < 300 else await who.post(path, form)


async def until(true: Callable[[], Awaitable[bool]], within_s: float) -> bool:
    """Wait for something for a while; return whether it came about."""
    deadline = time.monotonic() + within_s
    while not await true():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.2)
    return True


def is_picture(content: bytes) -> bool:
    """Tell by its first bytes whether something is a JPEG or a PNG."""
    return content.startswith((b"\xff\xd8\xff", b"\x89PNG"))
