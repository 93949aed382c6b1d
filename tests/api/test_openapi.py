"""What the OpenAPI document promises of every route and every problem."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match

import app as package
from app.domain.errors import CATALOGUE
from app.main import EVERYWHERE
from app.problems import CONSTRAINT_PROBLEMS, MEDIA_TYPE, WECHAT_PROBLEMS
from tests.api.scene import DOCUMENT, ROUTES, ROUTES_WITH_BODY, Route, Scene, operation, problem, problem_codes
from tests.api_client import ApiClient

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("POST", "/v1/auth/wechat"),
    ("GET", "/v1/areas"),
    ("GET", "/v1/areas/{area_id}"),
    ("GET", "/v1/areas/{area_id}/history"),
    ("GET", "/v1/areas/at"),
    ("GET", "/v1/areas/{area_id}/shape"),
    ("GET", "/v1/areas/{area_id}/shapes"),
    ("GET", "/v1/buildings"),
    ("GET", "/v1/areas/{area_id}/fund"),
    ("GET", "/v1/units"),
    ("GET", "/v1/units/{unit_id}"),
    ("GET", "/v1/policies"),
    ("GET", "/v1/policies/effective"),
    ("GET", "/v1/handling-rules"),
    ("GET", "/v1/handling-rules/effective"),
    ("GET", "/v1/strength-rules"),
    ("GET", "/v1/strength-rules/effective"),
    ("GET", "/v1/wishes"),
    ("GET", "/v1/wishes/{wish_id}"),
    ("GET", "/v1/complaint-categories"),
    ("GET", "/v1/task-tags"),
    ("GET", "/v1/errands/consent"),
    ("GET", "/v1/complaints/{complaint_id}"),
    ("GET", "/v1/branches"),
    ("GET", "/v1/branches/{branch_id}"),
    ("GET", "/v1/teams"),
    ("GET", "/v1/teams/{team_id}"),
    ("GET", "/v1/alliances"),
    ("GET", "/v1/alliances/{alliance_id}"),
    ("GET", "/v1/posts"),
    ("GET", "/v1/posts/{post_id}"),
    ("GET", "/v1/walls/{area_id}"),
    ("GET", "/v1/walls/{area_id}/echoes"),
    ("GET", "/v1/task-lists"),
    ("GET", "/v1/task-lists/{list_id}"),
    ("GET", "/v1/task-lists/{list_id}/items"),
    ("GET", "/v1/task-lists/{list_id}/summary"),
    ("GET", "/v1/task-lists/{list_id}/qr.png"),
    ("GET", "/v1/task-lists/{list_id}/code.png"),
    ("GET", "/v1/tasks"),
    ("GET", "/v1/tasks/near"),
    ("GET", "/v1/tasks/{task_id}"),
    ("GET", "/v1/tasks/{task_id}/code.png"),
    ("GET", "/v1/tasks/{task_id}/pledges"),
    ("GET", "/v1/pledges/{pledge_id}"),
    ("GET", "/v1/staffing-rules"),
    ("GET", "/v1/staffing-rules/effective"),
    ("GET", "/v1/venues"),
    ("GET", "/v1/venues/near"),
    ("GET", "/v1/venues/{venue_id}"),
    ("GET", "/v1/venues/{venue_id}/code.png"),
    ("GET", "/v1/scenes/{token}"),
    ("GET", "/v1/circles"),
    ("GET", "/v1/circles/{circle_id}"),
    ("GET", "/v1/offers"),
    ("GET", "/v1/offers/{offer_id}"),
    ("GET", "/v1/rates"),
    ("GET", "/v1/points/seals"),
    ("GET", "/v1/calendars/{token}.ics"),
    ("GET", "/v1/points/seals/{seal_number}"),
    ("GET", "/v1/media/{media_id}/{variant}"),
}
"""What is answered without a token: browsing, logging in, health. Whoever adds to it opens a route to everybody."""

OF_NO_ROUTE = {"method-not-allowed", "internal-error"}
"""The first means that there is no such route; the second is a fault of ours, which no route promises."""

OF_OPEN311 = {"api-key-missing", "api-key-invalid", "jurisdiction-unknown"}
"""Open311's routes have a standard and a discovery document of their own, and errors of another form."""

ROUTES_OF_DOCUMENTS = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/static-offline-docs"}


def names(route: Route) -> str:
    return " ".join(route)


class TestProblems:
    def test_each_is_documented_on_a_route(self):
        documented = {code for route in ROUTES for code in problem_codes(route)}
        assert documented == set(CATALOGUE) - OF_NO_ROUTE - OF_OPEN311

    def test_each_has_a_chinese_sentence(self):
        for kind in CATALOGUE.values():
            assert re.fullmatch(
                r"(?:[\u4e00-\u9fff，。、“”]|AppID| Excel | WPS | xlsx |\{(?:until|minutes|left|named|numbers)\})+。",
                kind.detail,
            ), kind.detail

    def test_each_is_raised_somewhere(self):
        """Each code is written, beside the catalogue and the documentation of routes, where something is refused."""
        source = "\n".join(
            path.read_text("utf-8")
            for path in Path(package.__file__).parent.rglob("*.py")
            if "refusals" not in path.parts and path.parts[-2:] != ("domain", "errors.py")
        )
        raised = set(re.findall(r'Problem\(\s*"([a-z-]+)"', source))
        raised |= set(re.findall(r'Problem\("[a-z-]+" if .* else "([a-z-]+)"', source))
        raised |= set(re.findall(r'[0-9a-z_"]+: "([a-z-]+)"[,}]', source))
        raised |= {*CONSTRAINT_PROBLEMS.values(), *WECHAT_PROBLEMS.values()}
        assert set(CATALOGUE) - raised == set()

    def test_all_have_one_form(self):
        for route in ROUTES:
            for status, response in operation(route)["responses"].items():
                if int(status) >= 400:
                    assert response["content"][MEDIA_TYPE]["schema"] == {"$ref": "#/components/schemas/Problem"}
                    codes = response["content"][MEDIA_TYPE]["examples"]
                    assert {CATALOGUE[code].status for code in codes} == {int(status)}

    def test_those_of_every_route_stand_on_every_route(self):
        everywhere = {code for entry in EVERYWHERE.values() for code in entry["content"][MEDIA_TYPE]["examples"]}
        for route in ROUTES:
            if route[1].startswith("/v1/"):
                expected = everywhere if "security" in operation(route) else {"service-unavailable"}
                assert expected <= problem_codes(route), route
                assert ("token-missing" in problem_codes(route)) == ("security" in operation(route)), route


class TestRoutes:
    def test_all_are_documented(self, app: FastAPI):
        paths = {path for path in paths_of(app.routes) if not path.startswith(("/open311/", "/wechat/"))}
        assert paths - ROUTES_OF_DOCUMENTS == set(DOCUMENT["paths"])

    def test_none_is_hidden_by_one_before_it(self, app: FastAPI):
        """A path with fixed words is also one with an id, where that stands earlier in the list."""
        routes = [route for route in app.routes if isinstance(route, APIRoute)]
        for route in routes:
            scope = {"type": "http", "path": re.sub(r"{[^}]*}", str(uuid4()), route.path), "root_path": ""}
            for method in route.methods or ():
                matched = (each for each in routes if each.matches(scope | {"method": method})[0] is Match.FULL)
                assert next(matched) is route, (method, route.path)

    def test_public_ones_exist(self):
        assert set(ROUTES) >= PUBLIC

    def test_none_needs_patch(self):
        """``wx.request`` knows no PATCH."""
        methods = {method for operations in DOCUMENT["paths"].values() for method in operations}
        assert methods <= {"get", "post", "put", "delete"}

    @pytest.mark.parametrize("route", [route for route in ROUTES if route not in PUBLIC], ids=names)
    async def test_others_need_a_token(self, api: ApiClient, scene: Scene, route: Route):
        response = await api.request(route[0], scene.path(route[1]), key="0" * 8, **scene.sent(route))
        assert problem(response) == (401, "token-missing")
        assert response.headers["www-authenticate"] == "Bearer"
        assert operation(route)["security"] == [{"HTTPBearer": []}]

    @pytest.mark.parametrize("route", [route for route in ROUTES if route[0] == "POST"], ids=names)
    async def test_posts_need_a_key(self, api: ApiClient, scene: Scene, route: Route):
        if route == ("POST", "/v1/auth/wechat"):
            return  # WeChat takes a code once
        response = await api.request("POST", scene.path(route[1]), scene.author, **scene.sent(route))
        assert problem(response) == (400, "idempotency-key-required")
        assert {"idempotency-key-reused", "request-in-progress"} <= problem_codes(route)

    @pytest.mark.parametrize("route", ROUTES_WITH_BODY, ids=names)
    def test_those_that_read_json_say_what_is_wrong_with_it(self, route: Route):
        assert {"malformed-json", "body-too-large", "invalid-payload"} <= problem_codes(route)

    @pytest.mark.parametrize("route", ROUTES, ids=names)
    def test_parameters_can_be_wrong(self, route: Route):
        parameters = [item for item in operation(route).get("parameters", []) if item["in"] in {"path", "query"}]
        if parameters:
            assert "invalid-payload" in problem_codes(route)
        if any(item["name"] == "cursor" for item in parameters):
            assert "cursor-invalid" in problem_codes(route)


class TestForms:
    def test_no_name_tells_of_a_module(self):
        """Two classes of one name would; clients make classes of these names."""
        assert [name for name in DOCUMENT["components"]["schemas"] if name.startswith("app__")] == []

    def test_every_field_of_an_answer_is_always_there(self):
        for name in answered():
            schema = DOCUMENT["components"]["schemas"][name]
            assert set(schema.get("required", [])) == set(schema.get("properties", {})), name

    def test_every_thing_says_what_the_reader_may_do_next(self):
        for route in ROUTES:
            for status, response in operation(route)["responses"].items():
                content = response.get("content", {})
                if status.startswith("2") and "application/json" in content and route[1].startswith("/v1/"):
                    for form in forms_of(response["content"]["application/json"]["schema"]):
                        assert "actions" in form["properties"] or route == ("POST", "/v1/auth/wechat"), route

    def test_pages_are_short(self):
        for route in ROUTES:
            for item in operation(route).get("parameters", []):
                if item["name"] == "limit":
                    assert (item["schema"]["minimum"], item["schema"]["maximum"]) == (1, 50)

    def test_unknown_fields_are_refused(self):
        for route in ROUTES_WITH_BODY:
            [form] = forms_of(operation(route)["requestBody"]["content"]["application/json"]["schema"])
            assert form["additionalProperties"] is False


def paths_of(routes: Any, prefix: str = "") -> set[str]:
    """Return the paths of routes and of the routers in them."""
    found: set[str] = set()
    for route in routes:
        context = getattr(route, "include_context", None)
        if context is not None:
            found |= paths_of(route.original_router.routes, prefix + context.prefix)
        else:
            found.add(prefix + route.path)
    return found


def forms_of(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the forms of things in an answer: of a page's items, of each alternative."""
    if "anyOf" in schema:
        return [form for alternative in schema["anyOf"] for form in forms_of(alternative)]
    form = DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "items" in form["properties"]:
        return forms_of(form["properties"]["items"]["items"])
    return [form]


def answered() -> set[str]:
    """Return the names of all schemas that stand in answers."""
    found: set[str] = set()

    def follow(node: Any) -> None:
        if isinstance(node, dict):
            name = node["$ref"].rsplit("/", 1)[1] if isinstance(node.get("$ref"), str) else None
            if name and name not in found:
                found.add(name)
                follow(DOCUMENT["components"]["schemas"][name])
            for value in node.values():
                follow(value)
        elif isinstance(node, list):
            for value in node:
                follow(value)

    for route in ROUTES:
        follow(operation(route)["responses"])
    return found
