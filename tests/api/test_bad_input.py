"""Whatever is sent: a problem with a stable code and a Chinese sentence, no fault of ours, and nothing stored."""

import base64
import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from jose import jwt
from starlette.requests import ClientDisconnect
from starlette.types import Message, Scope

from app.core.clock import now
from app.core.security import issue_token, token_key
from app.core.settings import Settings
from app.main import BODIES_OF_OTHER_SIZE, BODY_BYTES_MAX
from tests.api.scene import (
    DOCUMENT,
    NUMBERS,
    ROUTES,
    ROUTES_WITH_BODY,
    UPLOADS,
    Route,
    Scene,
    count_rows,
    make_scene,
    operation,
    problem,
)
from tests.api_client import ApiClient
from tests.factories import World, make_user
from tests.people import Person
from tests.roster import new_contact

NOTHING = "an empty object"
HALF_FORM = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n\x89PNG'
UNREADABLE = {
    "nothing": b"",
    "half an object": b'{"a":',
    "no JSON": "你好".encode(),
    "invalid UTF-8": b'{"a": "\xff\xfe"}',
    "a NUL": b"\x00",
    "a NUL inside": b'{"a": "\x00"}',
    "deep lists": b"[" * 10_000 + b"]" * 10_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "more digits than a number has": b'{"a": ' + b"9" * 5_000 + b"}",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"\\ud800"',
    "a number": b"1e999",
    "no number": b"NaN",
    NOTHING: b"{}",
}
NO_FIELD_TAKES = {
    "10,000 characters": '"%s"' % ("长" * 10_000),
    "an empty text": '""',
    "blanks": '" \\u3000\\n"',
    "a NUL": '"好\\u0000"',
    "a control character": '"好\\u0007"',
    "a C1 control character": '"好\\u0085"',
    "a carriage return": '"好\\r\\n"',
    "a lone surrogate": '"好\\ud800"',
    "a right-to-left override": '"好\\u202e"',
    "a right-to-left mark": '"好\\u200f"',
    "a zero-width space": '"好\\u200b"',
    "a byte-order mark": '"\\ufeff好"',
    "true": "true",
    "a fraction": "3.5",
    "more than any number": "1e999",
    "no number": "NaN",
    "minus infinity": "-Infinity",
    "400 digits": "9" * 400,
    "below zero": "-1",
    "zero": "0",
    "an object": '{"a": 1}',
    "a list in a list": "[[]]",
    "a list of nothing": "[null]",
}
TAG_ROUTES = (("POST", "/v1/task-tags"), ("PUT", "/v1/task-tags/{tag_code}"))
BUILDING_ROUTES = (
    ("POST", "/v1/areas/{area_id}/buildings"),
    ("PUT", "/v1/areas/{area_id}/buildings/{building_id}"),
)
EDIT_AREA = ("PUT", "/v1/areas/{area_id}")
AREA_ROUTES = (("POST", "/v1/areas"), EDIT_AREA)
BUT_THIS_ONE_DOES = {
    (("POST", "/v1/adjustments"), "points", "below zero"),
    (("POST", "/v1/complaints/{complaint_id}/rate"), "is_satisfied", "true"),
    (("PUT", "/v1/complaint-categories/{category_code}"), "is_active", "true"),
    (("PUT", "/v1/task-tags/{tag_code}"), "is_active", "true"),
    *[((method, path), "position", "zero") for method, path in TAG_ROUTES],
    (("POST", "/v1/imports/{import_id}/confirm"), "accept_refused", "true"),
    *[(route, "is_wish_review_required", "true") for route in AREA_ROUTES],
    (("POST", "/v1/areas/{area_id}/split"), "default_part", "zero"),
    *[(route, field, "zero") for route in AREA_ROUTES for field in ("households", "residents")],
    *[(EDIT_AREA, field, "null") for field in ("code", "households", "residents")],
    (("PUT", "/v1/areas/{area_id}/shapes"), "accept_warnings", "true"),
    *[(route, "households", "zero") for route in BUILDING_ROUTES],
    (("POST", "/v1/call-outs"), "is_drill", "true"),
    (("POST", "/v1/strength-rules"), "members", "zero"),
    (("POST", "/v1/strength-rules"), "volunteers", "zero"),
}
"""Points can be taken by hand as well, somebody is satisfied or not, a category is chosen or not, nobody lives in some
areas or has to help there, of others nobody knows how many do, and warnings were read."""
REMARKABLE_BUT_GOOD = {
    "emoji": "谢谢👍🏽",
    "a family": "👨‍👩‍👧‍👦一家",
    "a flag": "🇨🇳加油",
    "traditional": "繁體字：網格員",
    "beyond the basic plane": "𠮷野家",
    "quotes": "'\"\\%$1;--",
    "markup": "<script>",
    "Arabic": "مرحبا",
}


def names(route: Route) -> str:
    return " ".join(route)


async def send(
    api: ApiClient, route: Route, path: str, person: Person, content: bytes, media_type: str | None = "application/json"
) -> httpx.Response:
    headers = {} if media_type is None else {"Content-Type": media_type.encode()}
    return await api.request(route[0], path, person, key=uuid4().hex, content=content, headers=headers)


def body_with(body: dict[str, Any], field: str, literal: str) -> bytes:
    """Return the payload with ``literal``, as JSON spells it, in place of one field."""
    return json.dumps(body | {field: "@"}).replace('"@"', literal).encode()


@pytest.mark.parametrize("route", ROUTES_WITH_BODY, ids=names)
class TestBodies:
    async def test_unreadable(self, api: ApiClient, scene: Scene, route: Route):
        before = await count_rows(scene.world.database)
        for name, content in UNREADABLE.items():
            if name == NOTHING and not required_fields(route):
                continue  # nothing has to be said
            response = await send(api, route, scene.path(route[1]), sender(scene, route), content)
            assert problem(response) in {(400, "malformed-json"), (422, "invalid-payload")}, name
        assert await count_rows(scene.world.database) == before

    async def test_not_called_json(self, api: ApiClient, scene: Scene, route: Route):
        good = json.dumps(scene.body(route)).encode()
        before = await count_rows(scene.world.database)
        for media_type in (None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "件", ";"):
            response = await send(api, route, scene.path(route[1]), sender(scene, route), good, media_type)
            assert problem(response) == (422, "invalid-payload"), media_type
        assert await count_rows(scene.world.database) == before

    async def test_fields_that_are_missing_unknown_or_wrong(self, api: ApiClient, scene: Scene, route: Route):
        body = scene.body(route)
        before = await count_rows(scene.world.database)
        for field in required_fields(route):
            await self.refuse(api, scene, route, {name: body[name] for name in body if name != field}, f"no {field}")
            if (route, field, "null") not in BUT_THIS_ONE_DOES:
                await self.refuse(api, scene, route, body_with(body, field, "null"), f"{field}: null")
        for unknown in ("misspelt", "未知", "a\x00", "\ud800", "长" * 10_000, ""):
            await self.refuse(api, scene, route, body | {unknown: 1}, f"unknown {unknown[:9]!a}")
        for field in body:
            for name, literal in NO_FIELD_TAKES.items():
                if (route, field, name) in BUT_THIS_ONE_DOES:
                    continue
                await self.refuse(api, scene, route, body_with(body, field, literal), f"{field}: {name}")
        assert await count_rows(scene.world.database) == before

    async def test_larger_than_it_takes(self, api: ApiClient, scene: Scene, route: Route):
        before = await count_rows(scene.world.database)
        await refuse_large(api, route, scene)
        assert await count_rows(scene.world.database) == before

    async def refuse(self, api: ApiClient, scene: Scene, route: Route, body: bytes | dict[str, Any], name: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = await send(api, route, scene.path(route[1]), sender(scene, route), content)
        assert problem(response) == (422, "invalid-payload"), name
        assert response.json()["fields"], name


def sender(scene: Scene, route: Route) -> Person:
    """Return somebody whose payload is read: large ones are, once it is known that the sender may send them."""
    return scene.world.administrator if "/shapes" in route[1] else scene.author


def required_fields(route: Route) -> list[str]:
    schema = operation(route)["requestBody"]["content"]["application/json"]["schema"]
    named: dict[str, Any] = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return list(named.get("required", ()))


async def refuse_large(api: ApiClient, route: Route, scene: Scene) -> None:
    large = b'{"a": "' + b"a" * most(route, scene) + b'"}'

    async def in_chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 1 << 16):
            yield large[start : start + (1 << 16)]

    for content in (large, in_chunks()):
        response = await api.request(
            route[0],
            scene.path(route[1]),
            scene.author,
            key=uuid4().hex,
            content=content,
            headers={"Content-Type": "application/json"},
        )
        assert problem(response) == (413, "body-too-large")


def most(route: Route, scene: Scene) -> int:
    """Return how many bytes a route takes."""
    path = scene.path(route[1])
    return next((limit for pattern, limit in BODIES_OF_OTHER_SIZE.items() if pattern.fullmatch(path)), BODY_BYTES_MAX)


class TestLargeBodies:
    @pytest.mark.parametrize(
        "route", [r for r in ROUTES if r[0] == "POST" and r not in (*ROUTES_WITH_BODY, *UPLOADS)], ids=names
    )
    async def test_where_none_is_taken(self, api: ApiClient, scene: Scene, route: Route):
        await refuse_large(api, route, scene)

    async def test_told_beforehand(self, api: ApiClient, scene: Scene):
        """A client that announces too much is refused before it sends it."""
        for route in ROUTES:
            headers = {"Content-Length": str(most(route, scene) + 1)}
            response = await api.request(route[0], scene.path(route[1]), scene.author, headers=headers)
            assert problem(response) == (413, "body-too-large"), route
        response = await api.client.get("/nowhere", headers=headers)
        assert problem(response) == (413, "body-too-large")

    async def test_a_megabyte_is_read(self, api: ApiClient, scene: Scene):
        content = b'{"nickname": "' + b"a" * (BODY_BYTES_MAX - 16) + b'"}'
        assert len(content) == BODY_BYTES_MAX
        response = await send(api, ("PUT", "/v1/me"), "/v1/me", scene.author, content)
        assert problem(response) == (422, "invalid-payload")

    async def test_a_length_that_is_no_number(self, api: ApiClient, scene: Scene):
        response = await api.request("PUT", "/v1/me", scene.author, content=b"{}", headers={"Content-Length": "viel"})
        assert response.status_code == 422


PUBLIC_WORDS = [
    (route, field)
    for path, fields in {
        "/v1/units": ("name",),
        "/v1/branches": ("name",),
        "/v1/posts": ("name", "duty"),
        "/v1/teams": ("name", "introduction"),
        "/v1/alliances": ("name", "introduction"),
        "/v1/circles": ("name", "introduction"),
        "/v1/venues": ("name", "address", "note"),
    }.items()
    for route in [("POST", path)]
    for field in fields
]


@pytest.mark.parametrize(
    ("route", "field"), PUBLIC_WORDS, ids=lambda part: part if isinstance(part, str) else names(part)
)
async def test_no_number_of_a_person_stands_where_everybody_reads(
    api: ApiClient, scene: Scene, route: Route, field: str
):
    for number in ("13812345678", "138 1234 5678", "一三八一二三四五六七八"):
        form = scene.body(route) | {field: f"找王师傅 {number}"}
        refused = await api.post(route[1], sender(scene, route), form)
        assert problem(refused) == (422, "invalid-payload")
        assert refused.json()["fields"] == [{"field": f"body.{field}", "reason": "personal_number"}]


NOTED = {
    "identification": "/v1/identifications/{identification_id}/refuse",
    "post": "/v1/posts/{post_id}/vacate",
    "team": "/v1/teams/{team_id}/dissolve",
}


@pytest.mark.parametrize("kind", NOTED)
async def test_no_number_of_a_person_is_kept_with_what_happened(world: World, kind: str):
    scene = await make_scene(world, new_contact())
    reason = {"reason": "请王师傅13812345678再联系。"}
    officer = world.administrator if kind == "post" else world.staff
    done = await world.api.post(scene.path(NOTED[kind]), officer, reason)
    assert done.status_code == 200, done.text
    noted = "SELECT note FROM event WHERE subject_id = $1 AND note IS NOT NULL"
    assert await world.database.reads.fetchval(noted, scene.ids[f"{kind}_id"]) == "请王师傅***********再联系。"


class TestTexts:
    @pytest.mark.parametrize("text", REMARKABLE_BUT_GOOD.values(), ids=REMARKABLE_BUT_GOOD)
    async def test_are_kept_as_they_are(self, api: ApiClient, world: World, text: str):
        author = await world.person()
        form = {"area_id": str(world.grid.id), "category": "other", "title": text, "body": f"{text}\n\t{text}"}
        posted = await api.post("/v1/wishes", author, form)
        assert posted.status_code == 201
        assert (posted.json()["title"], posted.json()["body"]) == (form["title"], form["body"])
        renamed = await api.put("/v1/me", author, {"nickname": text})
        assert renamed.json()["pending_nickname"] == text

    async def test_length_is_counted_in_characters(self, api: ApiClient, world: World):
        form = {"area_id": str(world.grid.id), "category": "other", "title": "👍" * 60, "body": "👍" * 2000}
        author = await world.person()
        assert (await api.post("/v1/wishes", author, form)).status_code == 201
        for field in ("title", "body"):
            response = await api.post("/v1/wishes", author, form | {field: form[field] + "👍"})
            assert problem(response) == (422, "invalid-payload")

    async def test_of_two_fields_with_one_name_the_last_counts(self, api: ApiClient, world: World):
        """JSON leaves it open (RFC 8259, section 4); there is one reader here, so nothing slips past a check."""
        person = await world.person()
        twice = '{"nickname": "甲", "nickname": %s}'
        kept = await send(api, ("PUT", "/v1/me"), "/v1/me", person, (twice % '"乙"').encode())
        assert kept.json()["pending_nickname"] == "乙"
        response = await send(api, ("PUT", "/v1/me"), "/v1/me", person, (twice % '"乙\\u0000"').encode())
        assert problem(response) == (422, "invalid-payload")

    async def test_a_refusal_does_not_repeat_what_was_sent(self, api: ApiClient, scene: Scene):
        response = await api.put("/v1/me", scene.author, {"nickname": "secret\u0000", "openid": "secret"})
        assert "secret" not in response.text
        assert {field["field"] for field in response.json()["fields"]} == {"body.nickname", "body.openid"}


BAD_IDS = ("x", "%00", "%ff", "%E4%BD%A0", "1", "null", "a" * 10_000, "00000000-0000-0000-0000-00000000000g", "%2e%2e")


@pytest.mark.parametrize("route", [route for route in ROUTES if "_id}" in route[1]], ids=names)
class TestIds:
    async def test_in_the_path(self, api: ApiClient, scene: Scene, route: Route):
        before = await count_rows(scene.world.database)
        for bad in BAD_IDS:
            assert await self.ask(api, scene, route, bad) == (422, "invalid-payload"), bad
        assert await count_rows(scene.world.database) == before

    async def test_of_nothing(self, api: ApiClient, scene: Scene, route: Route):
        before = await count_rows(scene.world.database)
        assert await self.ask(api, scene, route, str(uuid4())) == (404, "not-found")
        assert await count_rows(scene.world.database) == before

    async def ask(self, api: ApiClient, scene: Scene, route: Route, place: str) -> tuple[int, str]:
        body = json.dumps(scene.body(route)) if route in ROUTES_WITH_BODY else ""
        path = re.sub(r"\{\w+_id\}", place, route[1])
        return problem(await send(api, route, path.format_map(NUMBERS), scene.helper, body.encode()))


@pytest.mark.parametrize(
    "bad",
    ["x", "%00", "%E4%BD%A0", "1.5", "-1", "0", "1e3", "9" * 30, "9" * 5000, "019a0000-0000-7000-8000-000000000000"],
)
async def test_the_number_of_a_seal(api: ApiClient, bad: str):
    status, code = problem(await api.client.get(f"/v1/points/seals/{bad}"))
    assert (status, code) in {(422, "invalid-payload"), (404, "not-found")}


def query_parameters(route: Route) -> list[str]:
    return [parameter["name"] for parameter in operation(route).get("parameters", []) if parameter["in"] == "query"]


NO_CHARACTERS = ("\ud800".encode("utf-8", "surrogatepass"), b"\xff")
BAD_QUERIES = ("\x00", *NO_CHARACTERS, "x" * 10_000, "-1", "1e9", "'", "你好", "")
TEXTS = {
    (("GET", "/v1/buildings"), "q"): {"-1", "1e9", "'", "你好", *NO_CHARACTERS},
    (("GET", "/v1/complaints/similar"), "title"): {"-1", "1e9", "'", "你好", *NO_CHARACTERS},
    **{
        (("GET", path), "skill"): {"-1", "1e9", "'", "你好", *NO_CHARACTERS}
        for path in ("/v1/volunteers", "/v1/volunteers/count")
    },
    (("GET", "/v1/units"), "name"): {"-1", "1e9", "'", "你好", *NO_CHARACTERS},
    (("GET", "/v1/exports/{kind}.xlsx"), "reason"): {"-1", "1e9", "'", "你好", *NO_CHARACTERS},
}
"""Where people write freely, and which of these are a text: what is no UTF-8 is read as U+FFFD."""


@pytest.mark.parametrize("route", [route for route in ROUTES if query_parameters(route)], ids=names)
class TestQueries:
    async def test_bad_values(self, api: ApiClient, scene: Scene, route: Route):
        good = {name: str(scene.world.grid.id) for name in query_parameters(route) if name == "area_id"}
        for name in query_parameters(route):
            for bad in BAD_QUERIES:
                if bad in TEXTS.get((route, name), ()):
                    continue
                query = str(httpx.QueryParams(good)) + f"&{name}=" + percent(bad)
                response = await api.request("GET", f"{scene.path(route[1])}?{query}", scene.owner)
                expected = {(422, "invalid-payload")} | ({(422, "cursor-invalid")} if name == "cursor" else set())
                assert problem(response) in expected, (name, bad)

    async def test_random_cursors(self, api: ApiClient, scene: Scene, route: Route):
        if "cursor" not in query_parameters(route):
            return  # a list of one page
        needed = {"area_id": str(scene.world.grid.id), "longitude": "117.87", "latitude": "36.8"}
        good = {name: value for name, value in needed.items() if name in query_parameters(route)}
        for raw in (b"", bytes(20), bytes(19), bytes(36), b"\xff" * 20):
            cursor = base64.urlsafe_b64encode(raw).decode().rstrip("=")
            for written in (cursor, cursor + "=", cursor + "AAAA"):
                response = await api.get(scene.path(route[1]), scene.owner, **good, cursor=written)
                assert problem(response) == (422, "cursor-invalid"), written

    async def test_limits(self, api: ApiClient, scene: Scene, route: Route):
        if "limit" not in query_parameters(route):
            return
        good = {name: str(scene.world.grid.id) for name in query_parameters(route) if name == "area_id"}
        for limit in ("0", "51", "-1", "1.5", "9" * 5_000, "true", "NaN"):
            response = await api.get(scene.path(route[1]), scene.owner, **good, limit=limit)
            assert problem(response) == (422, "invalid-payload"), limit


def percent(value: str | bytes) -> str:
    return "".join(f"%{byte:02x}" for byte in (value if isinstance(value, bytes) else value.encode()))


class TestCursors:
    async def test_of_another_list(self, api: ApiClient, world: World):
        author = await world.person()
        for _ in range(2):
            await world.wish(author)
        page = await api.get("/v1/wishes", area_id=world.grid.id, limit=1)
        cursor = page.json()["next_cursor"]
        assert (await api.get("/v1/wishes", area_id=world.grid.id, cursor=cursor)).status_code == 200
        elsewhere: list[tuple[str, dict[str, Any]]] = [
            ("/v1/wishes", {"area_id": world.community.id}),
            ("/v1/wishes", {"area_id": world.grid.id, "category": "elderly"}),
            ("/v1/wishes", {"area_id": world.grid.id, "status": "claimed"}),
            ("/v1/tasks", {"area_id": world.grid.id}),
            ("/v1/offers", {"area_id": world.grid.id}),
            ("/v1/units", {"area_id": world.grid.id}),
            ("/v1/members", {"area_id": world.grid.id}),
            ("/v1/areas", {"parent_id": world.grid.id}),
            ("/v1/me/wishes", {}),
            ("/v1/me/claims", {}),
            ("/v1/me/points/transfers", {}),
            ("/v1/me/vouchers", {}),
        ]
        for path, filters in elsewhere:
            response = await api.get(path, author, **filters, cursor=cursor)
            assert problem(response) == (422, "cursor-invalid"), path


def forged(claims: dict[str, Any], key: str, **header: Any) -> str:
    return str(jwt.encode(claims, key, algorithm="HS256", headers=header))


def unsigned(header: Any, claims: Any, signature: str = "") -> str:
    return ".".join([spelled(header), spelled(claims), signature])


def spelled(part: Any) -> str:
    written = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(written).decode().rstrip("=")


class TestTokens:
    async def test_bad_ones(self, api: ApiClient, world: World, settings: Settings):
        person = await world.person()
        secret = settings.secret_key.get_secret_value()
        key = token_key(secret)
        moment = int(now().timestamp())
        good = {"iss": "echowall", "sub": str(person.id), "ver": 1, "iat": moment, "exp": moment + 60}
        head, claims, signature = forged(good, key).split(".")
        bad = {
            "expired": issue_token(secret, person.id, 1, now() - timedelta(days=2), timedelta(days=1)),
            "revoked": issue_token(secret, person.id, 0, now(), timedelta(days=1)),
            "of nobody": issue_token(secret, uuid4(), 1, now(), timedelta(days=1)),
            "signed with another key": forged(good, "another"),
            "signed with the master secret itself": forged(good, secret),
            "of another issuer": forged(good | {"iss": "elsewhere"}, key),
            "without issuer": forged({name: good[name] for name in good if name != "iss"}, key),
            "without end": forged({name: good[name] for name in good if name != "exp"}, key),
            "without version": forged({name: good[name] for name in good if name != "ver"}, key),
            "with a version that is true": forged(good | {"ver": True}, key),
            "with a subject that is no id": forged(good | {"sub": "admin"}, key),
            "HS512 with the right key": jwt.encode(good, key, algorithm="HS512"),
            "unsigned": unsigned({"alg": "none", "typ": "JWT"}, good),
            "unsigned, None": unsigned({"alg": "None"}, good),
            "unsigned, null": unsigned({"alg": None}, good),
            "unsigned, no algorithm": unsigned({}, good),
            "algorithm is a list": unsigned({"alg": ["HS256"]}, good, signature),
            "header is a list": unsigned([], good, signature),
            "header is deep": unsigned(b"[" * 730, b"", signature),
            "claims changed": unsigned({"alg": "HS256", "typ": "JWT"}, good | {"sub": str(uuid4())}, signature),
            "signature cut": f"{head}.{claims}.{signature[:-4]}",
            "no signature": f"{head}.{claims}.",
            "two parts": f"{head}.{claims}",
            "four parts": f"{head}.{claims}.{signature}.{signature}",
            "dots": "..",
            "no base64": "?.?.?",
            "long": "a" * 10_000,
        }
        for name, token in bad.items():
            response = await api.request("GET", "/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert problem(response) == (401, "token-invalid"), name
            assert response.headers["www-authenticate"] == "Bearer"
        response = await api.request("GET", "/v1/me", headers={"Authorization": f"bearer {forged(good, key)}"})
        assert response.status_code == 200

    @pytest.mark.parametrize("route", [route for route in ROUTES if "security" in operation(route)], ids=names)
    async def test_on_every_route(self, api: ApiClient, scene: Scene, route: Route):
        """Those that anybody may read do not take a bad token for none."""
        expired = Person(scene.author.id, scene.author.openid, scene.author.token[:-2])
        response = await api.request(route[0], scene.path(route[1]), expired, key=uuid4().hex, **scene.sent(route))
        assert problem(response) == (401, "token-invalid")

    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic YTpi", "你好", "Bearer \xff", "Bearer  "])
    async def test_bad_headers(self, api: ApiClient, scene: Scene, header: str):
        for path in ("/v1/me", f"/v1/wishes?area_id={scene.world.grid.id}"):
            response = await api.request("GET", path, headers={"Authorization": header.encode()})
            assert problem(response) == (401, "token-invalid")

    async def test_of_a_blocked_user(self, api: ApiClient, world: World, settings: Settings):
        person = await make_user(world.database, settings)
        await world.database.reads.fetch('UPDATE "user" SET is_blocked = true WHERE id = $1', person.id)
        assert problem(await api.get("/v1/me", person)) == (401, "token-invalid")


class TestKeys:
    @pytest.mark.parametrize(
        "key", ["", "short", "a" * 129, "has a blank", "带汉字的编号编号", "tab\tinside", "\x7f" * 8]
    )
    async def test_bad_ones(self, api: ApiClient, scene: Scene, key: str):
        headers = {"Idempotency-Key": key.encode()}
        path = scene.path("/v1/vouchers/{voucher_id}/cancel")
        response = await api.request("POST", path, scene.helper, headers=headers)
        assert problem(response) == (400, "idempotency-key-required")


class TestUnknownPaths:
    @pytest.mark.parametrize(
        "path", ["/", "/v1", "/v1/", "/v1/nothing", "/v2/me", "/%00", "/v1/%ff", "/v1/me/", "/v1/areas/", "//v1/me"]
    )
    async def test_are_not_found(self, api: ApiClient, path: str):
        for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
            assert problem_but_for_head(await api.client.request(method, f"http://echowall.test{path}")) == 404

    @pytest.mark.parametrize("path", ["/static-offline-docs/%00", "/static-offline-docs/nothing", f"/{'a' * 10_000}"])
    async def test_of_the_documents_files(self, api: ApiClient, path: str):
        assert problem(await api.client.get(path)) == (404, "not-found")

    @pytest.mark.parametrize(
        ("path", "allowed"),
        [("/v1/me", "GET, PUT"), ("/v1/wishes", "GET, POST"), ("/v1/redemptions", "POST"), ("/healthz", "GET")],
    )
    async def test_other_methods_are_named(self, api: ApiClient, path: str, allowed: str):
        for method in ("PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND", "NONSENSE"):
            response = await api.client.request(method, path)
            assert response.status_code == 405
            assert response.headers["allow"] in allowed
            if method != "HEAD":
                assert problem(response) == (405, "method-not-allowed")


def problem_but_for_head(response: httpx.Response) -> int:
    """Return the status of a problem; an answer to HEAD has no body on the wire, but here it may."""
    return response.status_code if response.request.method == "HEAD" else problem(response)[0]


class TestSignal:
    async def test_whoever_is_gone_amid_a_body_is_no_fault(self, app: FastAPI, scene: Scene):
        """On a bad connection half a body comes: nobody is there to answer, and no operator is woken."""
        at_fault = []
        for route in [*ROUTES, ("POST", "/wechat/push")]:
            half, form = (
                (HALF_FORM, "multipart/form-data; boundary=x") if route in UPLOADS else (b'{"', "application/json")
            )
            headers = {
                "Authorization": f"Bearer {scene.author.token}",
                "Idempotency-Key": uuid4().hex,
                "Content-Type": form,
                "Content-Length": "1000",
            }
            try:
                await app(_scope(route[0], scene.path(route[1]), headers), _GoneReader(half), _ignore)
            except ClientDisconnect:
                at_fault.append(route)
        assert at_fault == []


class _GoneReader:
    """Gives half a body, and then word that the client is gone."""

    def __init__(self, half: bytes) -> None:
        self.messages: list[Message] = [
            {"type": "http.disconnect"},
            {"type": "http.request", "body": half, "more_body": True},
        ]

    async def __call__(self) -> Message:
        return self.messages.pop() if len(self.messages) > 1 else self.messages[0]


async def _ignore(_message: Message) -> None:
    """Take what is sent to nobody."""


def _scope(method: str, path: str, headers: dict[str, str]) -> Scope:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("echowall.test", 80),
        "scheme": "http",
    }
