"""The whole journey with real processes at DEBUG: no log tells who somebody is or what they wrote (I12)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest

from app.core.clock import now
from app.core.scratch_database import scratch_database
from app.core.settings import DEVELOPMENT_PUSH_AES_KEY, DEVELOPMENT_PUSH_TOKEN, Settings
from app.wechat.push_codec import PushCodec
from app.wechat.simulator import openid_of
from bench.processes import free_port
from tests.core.service import running_process, settings_for
from tests.factories import shop_form
from tests.pushes import event
from tests.random_words import letters
from tests.wechat.server import APPID, SECRET, forget_faults, new_code, order_fault

READY_S = 60
NICKNAME, TITLE, BODY = "热心肠老周", "想要一盏台灯甲", "住在三号楼的独居老人乙，电话一三九"
NOTE, THANKS, REASON = "已经送到丙手上", "谢谢好邻居丁", "与实际不符戊"
RISKY, FAULT = "大家一起来赌博己", "引发故障的标题庚"
PROBLEM, PLACE, COMPLAINANT, PHONE = "三单元的灯子丑坏了", "寅卯小区五号楼", "辰巳先生", "13900005678"
VOLUNTEER, VOLUNTEER_PHONE = "午未志愿者", "13900009876"
IMPORT_STATUS = "SELECT status FROM import_run WHERE id::text = $1"
UNIT, SHOP, OFFER = "某某单位辛", "老街面馆壬", "牛肉面一碗癸"
INSERT_AREA = "INSERT INTO area VALUES ($1, NULL, 'grid', $2, ARRAY[$1::uuid], true)"
FAIL_ON = f"""
    CREATE FUNCTION fail_on_title() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'cannot take % of %', NEW.title, NEW.body; END $$;
    CREATE TRIGGER fail_on_title BEFORE INSERT ON wish FOR EACH ROW WHEN (NEW.title = '{FAULT}')
    EXECUTE FUNCTION fail_on_title();
    ALTER TABLE wish ADD CONSTRAINT no_fault CHECK (title <> '{FAULT}二');
"""


@dataclass
class Journey:
    """People on their way through a running service, and everything that must not be written about them."""

    http: httpx.AsyncClient
    database: asyncpg.Connection
    simulator_url: str
    secrets: list[str] = field(
        default_factory=lambda: [SECRET, NICKNAME, TITLE, BODY, NOTE, THANKS, REASON, RISKY, PROBLEM, PLACE]
    )

    async def log_in(self) -> tuple[dict[str, Any], dict[str, str]]:
        name = f"人{letters(8)}"
        code, device = new_code(name), f"手机{uuid4().hex}"
        answer = (await self.http.post("/v1/auth/wechat", json={"code": code, "device": device})).json()
        self.secrets += [name, code, device, openid_of(APPID, name), answer["token"], answer["token"].split(".")[1]]
        return answer["me"], {"Authorization": f"Bearer {answer['token']}"}

    async def post(
        self, person: dict[str, str], path: str, form: object = None, *, status: int = 200
    ) -> dict[str, Any]:
        key = uuid4().hex
        for _ in range(2):
            answer = await self.http.post(path, json=form, headers=person | {"Idempotency-Key": key})
            assert answer.status_code == status, answer.text
        return dict(answer.json())

    async def until_wish(self, wish_id: str, status: str) -> None:
        await self.until("SELECT status FROM wish WHERE id::text = $1", wish_id, status)

    async def until(self, question: str, subject_id: str, status: str) -> None:
        for _ in range(200):
            if await self.database.fetchval(question, subject_id) == status:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"it did not become {status}")


@pytest.fixture(scope="module")
def own_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@pytest.fixture(params=["json", "console"])
def journey_settings(own_url: str, simulator_url: str, request: pytest.FixtureRequest) -> Settings:
    return settings_for(own_url, simulator_url, log_level="DEBUG", log_format=request.param, port=free_port())


@pytest.fixture
async def journey(journey_settings: Settings, tmp_path: Path) -> AsyncIterator[Journey]:
    database = await asyncpg.connect(journey_settings.require_database_url())
    with (
        running_process("serve", journey_settings, tmp_path / "serve"),
        running_process("worker", journey_settings, tmp_path / "worker"),
    ):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{journey_settings.port}", timeout=10) as client:
            for _ in range(int(READY_S / 0.1)):
                try:
                    if (await client.get("/readyz")).status_code == 200:
                        break
                except httpx.ConnectError:
                    pass
                await asyncio.sleep(0.1)
            yield Journey(client, database, journey_settings.wechat_base_url)
    forget_faults(journey_settings.wechat_base_url)
    await database.close()


async def live(journey: Journey) -> None:
    """Log in, post, check, approve, claim, deliver, dispute, verify, spend and settle."""
    post, database = journey.post, journey.database
    (_, author), (helper_me, helper), (staff_me, staff) = [await journey.log_in() for _ in range(3)]
    area, unit = uuid4(), uuid4()
    await database.execute(INSERT_AREA, area, area.hex)
    await database.execute("INSERT INTO unit VALUES ($1, $2, 'government', $3)", unit, area, UNIT)
    for role in ("staff", "alliance"):
        await database.execute(
            'INSERT INTO "grant" (id, user_id, role, area_id) VALUES ($1, $2, $3, $4)',
            uuid4(),
            staff_me["id"],
            role,
            area,
        )
    await journey.http.put("/v1/me", json={"nickname": NICKNAME}, headers=author)
    member = {"kind": "in_service", "unit_id": str(unit), "home_area_id": str(area)}
    member_id = (await post(helper, "/v1/members", member, status=201))["id"]
    await post(staff, f"/v1/members/{member_id}/approve")
    form = {"area_id": str(area), "category": "elderly", "title": TITLE, "body": BODY}
    risky = await post(author, "/v1/wishes", form | {"body": RISKY}, status=201)
    await journey.until_wish(risky["id"], "rejected")
    order_fault(journey.simulator_url, "/wxa/msg_sec_check", cut=True)
    wish_id = (await post(author, "/v1/wishes", form, status=201))["id"]
    await journey.until_wish(wish_id, "reviewing")
    task_id = (await post(staff, f"/v1/wishes/{wish_id}/approve"))["task"]["id"]
    claim_id = (await post(helper, f"/v1/tasks/{task_id}/claims", status=201))["id"]
    await post(helper, f"/v1/claims/{claim_id}/submit", {"note": NOTE})
    await post(author, f"/v1/wishes/{wish_id}/dispute", {"reason": REASON})
    await post(staff, f"/v1/claims/{claim_id}/return", {"reason": REASON})
    await post(helper, f"/v1/claims/{claim_id}/submit", {"note": NOTE})
    await post(author, f"/v1/wishes/{wish_id}/confirm", {"rating": 5, "thanks": THANKS})
    shop = (await post(staff, "/v1/merchants", shop_form(area, name=SHOP), status=201))["id"]
    await database.execute("UPDATE merchant SET status = 'approved' WHERE id::text = $1", shop)
    menu = {"kind": "goods", "title": OFFER, "description": BODY, "points": 5, "stock": 3}
    offer_id = (await post(staff, f"/v1/merchants/{shop}/offers", menu, status=201))["id"]
    await database.execute("UPDATE offer SET status = 'listed' WHERE id::text = $1", offer_id)
    voucher_id = (await post(helper, f"/v1/offers/{offer_id}/vouchers", status=201))["id"]
    code = (await journey.http.get(f"/v1/vouchers/{voucher_id}/code", headers=helper)).json()["code"]
    journey.secrets.append(code)
    await post(staff, "/v1/redemptions", {"code": code}, status=201)
    await post(staff, "/v1/redemptions", {"code": code}, status=409)
    await be_pushed(journey, str(helper_me["id"]))
    await complain(journey, author, helper, staff, str(area))
    await import_roster(journey, staff, str(area))
    await stumble(journey, author, form)
    assert helper_me["id"] != staff_me["id"]


async def be_pushed(journey: Journey, user_id: str) -> None:
    """Have WeChat tell of somebody, once as WeChat and once as somebody who is not."""
    openid = await journey.database.fetchval('SELECT openid FROM "user" WHERE id::text = $1', user_id)
    token, key = DEVELOPMENT_PUSH_TOKEN, DEVELOPMENT_PUSH_AES_KEY
    journey.secrets += [openid, token, key]
    for codec in (PushCodec.of(token, key, APPID), PushCodec.of("another", key, APPID)):
        timestamp, nonce = str(int(now().timestamp())), uuid4().hex
        sealed = codec.seal(event("user_info_modified", OpenID=openid), timestamp, nonce)
        query = {"timestamp": timestamp, "nonce": nonce, "msg_signature": sealed["MsgSignature"], "openid": openid}
        journey.secrets += [str(sealed["MsgSignature"]), nonce]
        answer = await journey.http.post("/wechat/push", params=query, json={"Encrypt": sealed["Encrypt"]})
        assert answer.status_code in {200, 403}
    await journey.until("SELECT note FROM push_event WHERE kind = $1", "user_info_modified", "done")


async def import_roster(journey: Journey, staff: dict[str, str], area_id: str) -> None:
    """Take a roster in, with rows that are refused and a file that is none."""
    journey.secrets += [VOLUNTEER, VOLUNTEER_PHONE]
    path = f"/v1/imports?kind=volunteers&area_id={area_id}"
    grid = await journey.database.fetchval("SELECT name FROM area WHERE id::text = $1", area_id)
    good = f"姓名,电话,网格\n{VOLUNTEER},{VOLUNTEER_PHONE},{grid}\n{VOLUNTEER},{VOLUNTEER_PHONE}9,{VOLUNTEER}\n"
    for content, status in ((f"\x00{good}", 422), (good, 201)):
        files = {"file": (f"{VOLUNTEER}.csv", content.encode())}
        answer = await journey.http.post(path, files=files, headers=staff | {"Idempotency-Key": uuid4().hex})
        assert answer.status_code == status, answer.text
    import_id = answer.json()["id"]
    await journey.post(staff, f"/v1/imports/{import_id}/check")
    await journey.until(IMPORT_STATUS, import_id, "checked")
    await journey.http.get(f"/v1/imports/{import_id}/rows", headers=staff)
    await journey.post(staff, f"/v1/imports/{import_id}/confirm", {"accept_refused": True})
    await journey.until(IMPORT_STATUS, import_id, "done")


async def complain(
    journey: Journey, author: dict[str, str], neighbour: dict[str, str], staff: dict[str, str], area_id: str
) -> None:
    """Complain with a name and a phone number, join in, handle, look at who it was, answer, refuse, answer."""
    post, me = journey.post, (await journey.http.get("/v1/me", headers=author)).json()["id"]
    journey.secrets += [COMPLAINANT, PHONE, me]
    form = {
        "area_id": area_id,
        "category": "lighting",
        "title": PROBLEM,
        "body": f"{PLACE}，请打{PHONE}找{COMPLAINANT}。",
        "place": PLACE,
        "contact": {"name": COMPLAINANT, "phone": PHONE},
    }
    complaint = (await post(author, "/v1/complaints", form, status=201))["id"]
    await journey.until("SELECT status FROM complaint WHERE id::text = $1", complaint, "open")
    path = f"/v1/complaints/{complaint}"
    await post(neighbour, f"{path}/join")
    await post(staff, f"{path}/accept")
    await post(staff, f"{path}/unmask", {"reason": REASON})
    shown = await journey.http.get(f"{path}/complainant", headers=staff)
    assert shown.json()["phone"] == PHONE
    await post(staff, f"{path}/wait", {"reason": REASON})
    await post(author, f"{path}/resume", {"words": f"{NOTE}{PHONE}"})
    await post(staff, f"{path}/answer", {"answer": NOTE, "outcome": "resolved"})
    await post(author, f"{path}/rate", {"is_satisfied": False, "note": REASON})
    await post(author, f"{path}/rate", {"is_satisfied": True}, status=409)
    await post(staff, f"{path}/answer", {"answer": NOTE, "outcome": "explained"})
    await post(author, f"{path}/rate", {"is_satisfied": True, "note": THANKS})
    for bad in (form | {"contact": {"phone": f"{PHONE}\x00"}}, form | {"area_id": PLACE}, form | {"category": PLACE}):
        headers = author | {"Idempotency-Key": uuid4().hex}
        refused = await journey.http.post("/v1/complaints", json=bad, headers=headers)
        assert refused.status_code == 422
        assert PHONE not in refused.text
        assert PLACE not in refused.text


async def stumble(journey: Journey, author: dict[str, str], form: dict[str, str]) -> None:
    """Send what is refused in every way, with secrets in it."""
    http = journey.http
    bad_code = "sim-errcode40029-秘密代码"
    order_fault(journey.simulator_url, "/sns/jscode2session", http_status=500, body="session_key=子")
    journey.secrets += [bad_code, "session_key=子"]
    for code in ("x", bad_code, bad_code):
        assert (await http.post("/v1/auth/wechat", json={"code": code})).status_code in {401, 503}
    forged = author["Authorization"][:-4] + "AAAA"
    assert (await http.get("/v1/me", headers={"Authorization": forged})).status_code == 401
    key = {"Idempotency-Key": uuid4().hex}
    json_type = {"Content-Type": "application/json"}
    for body in (f'{{"title": "{TITLE}"'.encode(), b"\xff" + TITLE.encode()):
        answer = await http.post("/v1/wishes", content=body, headers=author | key | json_type)
        assert answer.status_code in {400, 422}
    with contextlib.suppress(httpx.TransportError):  # the server need not read a body that is too large to its end
        answer = await http.post("/v1/wishes", content=TITLE.encode() * 100_000, headers=author | key | json_type)
        assert answer.status_code == 413
    for wrong in ({"title": TITLE * 20}, {"body": "\x00" + BODY}, {TITLE: BODY}, {"area_id": TITLE}):
        assert (await http.post("/v1/wishes", json=form | wrong, headers=author | key)).status_code == 422
    assert (await http.get(f"/v1/wishes/{TITLE}", headers=author)).status_code == 422
    assert (await http.get("/v1/wishes", params={"area_id": form["area_id"], "cursor": TITLE})).status_code == 422


async def test_a_journey_leaves_nothing_of_people_in_the_logs(journey: Journey, tmp_path: Path):
    await live(journey)
    await asyncio.sleep(0.2)
    written = read_logs(tmp_path)
    assert "content check failed" in written, "the logs are those of the processes"
    assert "wechat refused" in written
    for secret in [*journey.secrets, UNIT, SHOP, OFFER]:
        assert secret not in written, f"{secret} was logged"
        assert secret.encode("unicode_escape").decode() not in written


@pytest.mark.parametrize("journey_settings", ["json"], indirect=True)
async def test_an_unforeseen_fault_names_its_place_and_quotes_nobody(journey: Journey, tmp_path: Path):
    """The database quotes the row that it refuses: the collected log must not, a developer's own terminal may."""
    _, author = await journey.log_in()
    await journey.database.execute(FAIL_ON)
    area = uuid4()
    await journey.database.execute(
        "INSERT INTO area VALUES ($1, NULL, 'grid', $2, ARRAY[$1::uuid], true)", area, area.hex
    )
    form = {"area_id": str(area), "category": "elderly", "title": FAULT, "body": BODY}
    for title in (FAULT, f"{FAULT}二"):
        headers = author | {"Idempotency-Key": uuid4().hex, "Connection": "close"}
        answer = await journey.http.post("/v1/wishes", json=form | {"title": title}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal-error")
        assert FAULT not in answer.text
    written = read_logs(tmp_path)
    assert "RaiseError" in written
    assert "CheckViolationError" in written
    assert "app/services/wishes.py" in written
    for secret in [*journey.secrets, FAULT, "Failing row"]:
        assert secret not in written, f"{secret} was logged"


def read_logs(folder: Path) -> str:
    return "".join((folder / name).read_text("utf-8") for name in ("serve", "worker"))
