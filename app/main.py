"""The application: settings, lifespan, routers, problem handlers; nothing else."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.telemetry import TelemetryConfig
from fastapi_offline import FastAPIOffline
from pydantic import BaseModel
from starlette.routing import Match
from starlette.types import Scope

from app import problems
from app.core import logging
from app.core.db import Database
from app.core.settings import Settings, get_settings
from app.core.store import Store
from app.domain.sheets.reading import FILE_BYTES_MAX
from app.routers import (
    adjustments,
    alliances,
    anomalies,
    api_keys,
    areas,
    attendances,
    auth,
    branch_candidacies,
    branches,
    buildings,
    calendars,
    call_out_groups,
    call_outs,
    called_people,
    circles,
    claims,
    clerks,
    complaint_topics,
    complaints,
    digests,
    donations,
    errands,
    exports,
    grants,
    handling_rules,
    health,
    identifications,
    imports,
    joint_cases,
    lending_plans,
    loans,
    me,
    media,
    members,
    merchants,
    messages,
    offers,
    open311,
    order_parts,
    orders,
    people,
    places,
    pledges,
    policies,
    posts,
    rates,
    redemptions,
    reviews,
    scenes,
    seals,
    settlements,
    shapes,
    staffing,
    steps,
    strength,
    strength_rules,
    subscriptions,
    task_calls,
    task_lists,
    task_series,
    task_tags,
    tasks,
    teams,
    unit_workers,
    units,
    venues,
    volunteers,
    vouchers,
    waiters,
    walls,
    wechat_push,
    wishes,
)
from app.schemas.shapes import BODY_BYTES_MAX as SHAPES_BYTES_MAX
from app.schemas.shapes import ShapesCheckIn, ShapesIn
from app.services.call_outs.board import Board
from app.services.health import newest_migration
from app.services.media.links import Links
from app.services.media.pictures import FILE_BYTES_MAX as PICTURE_BYTES_MAX
from app.services.places import Places
from app.services.shapes.exports import Displays
from app.wechat import templates
from app.wechat.client import WeChat

V1 = (
    wishes,
    tasks,
    walls,
    claims,
    redemptions,
    vouchers,
    messages,
    auth,
    me,
    complaint_topics,
    complaints,
    offers,
    calendars,
    subscriptions,
    media,
    places,
    shapes,
    buildings,
    areas,
    grants,
    posts,
    policies,
    handling_rules,
    strength_rules,
    strength,
    lending_plans,
    loans,
    digests,
    identifications,
    members,
    volunteers,
    teams,
    alliances,
    branches,
    branch_candidacies,
    people,
    errands,
    joint_cases,
    steps,
    units,
    unit_workers,
    task_calls,
    task_lists,
    task_series,
    task_tags,
    attendances,
    waiters,
    pledges,
    call_outs,
    call_out_groups,
    called_people,
    orders,
    order_parts,
    staffing,
    venues,
    circles,
    merchants,
    clerks,
    reviews,
    adjustments,
    donations,
    anomalies,
    api_keys,
    seals,
    settlements,
    rates,
    imports,
    exports,
    scenes,
)
"""A request passes by the routes before its own: what is asked most stands first."""
BODY_BYTES_MAX = 1 << 20
FORM_BYTES_MAX = max(FILE_BYTES_MAX, PICTURE_BYTES_MAX) + (64 << 10)
"""A file with a table or a picture, and what a form writes around it."""
BODIES_OF_OTHER_SIZE = {
    re.compile(r"/v1/areas/[^/]*/shapes(/check)?"): SHAPES_BYTES_MAX,
    re.compile("/v1/(imports|media)"): FORM_BYTES_MAX,
    re.compile("/wechat/push"): wechat_push.PUSH_BYTES_MAX,
}
"""Paths that take more, or less because everybody may send there, and how much."""
UNREAD_FORMS = (ShapesCheckIn, ShapesIn)
"""Payloads that routes read by themselves: FastAPI does not know of them."""
NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "operation_spans": False}
"""FastAPI looks for a provider on each request; one would get payloads and the messages of exceptions (I12)."""
EVERYWHERE = problems.responses("token-missing", "token-invalid", "service-unavailable")
DESCRIPTION = (
    "回音壁: neighbours post micro-wishes, members and volunteers claim them, confirmed service earns points, "
    "points become vouchers that shops settle by a scan. Every POST but the log-in takes an `Idempotency-Key`."
)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Return the application. Raises pydantic's ValidationError or SettingsError when the settings are not fit."""
    settings = settings or get_settings()
    logging.configure(settings)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.database = Database(settings.require_database_url(), settings)
        app.state.store = Store.of(settings)
        app.state.places = Places()
        app.state.displays = Displays()
        app.state.wechat = WeChat.of(settings, app.state.database)
        app.state.board = Board(app.state.database)
        yield
        await app.state.board.close()
        await app.state.wechat.aclose()
        app.state.database.close()

    app: FastAPI = FastAPIOffline(
        title="Echo Wall 回音壁",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        redoc_url=None,
        redirect_slashes=False,
        telemetry=NO_TELEMETRY,
        responses=problems.responses("body-too-large"),
        generate_unique_id_function=lambda route: "-".join([*map(str, route.tags), route.name]),
    )
    app.state.settings = settings
    app.state.links = Links.of(settings)
    app.state.templates = templates.load(settings)
    app.state.migration = newest_migration()
    problems.install(app)
    app.add_middleware(problems.BodyLimit, max_bytes=BODY_BYTES_MAX, others=BODIES_OF_OTHER_SIZE)
    app.router.route_class = ByBeginningRoute
    mount(app, "", health.router, {})
    for module in V1:
        mount(app, "/v1", module.router, EVERYWHERE)
    mount(app, "", open311.router, {})
    mount(app, "", wechat_push.router, {})
    complete_document(app)
    return app


class ByBeginningRoute(APIRoute):
    """A route that looks at the fixed beginning of a path first: a request passes by most of the routes in the list."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.beginning = path.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not scope["path"].startswith(self.beginning) and not scope["root_path"]:
            return Match.NONE, {}
        return super().matches(scope)


def mount(app: FastAPI, prefix: str, router: APIRouter, responses: dict[int | str, dict[str, Any]]) -> None:
    """Put the routes of a resource below ``prefix``, straight into the application's own list.

    ``include_router`` would keep the router as a list inside the list, and each request would walk it several times.
    """
    for route in router.routes:
        assert isinstance(route, APIRoute)
        app.add_api_route(
            f"{prefix}{route.path}",
            route.endpoint,
            methods=sorted(route.methods or ()),
            name=route.name,
            tags=route.tags,
            status_code=route.status_code,
            response_model=route.response_model,
            response_class=route.response_class,
            responses={**responses, **route.responses},
            include_in_schema=route.include_in_schema,
            openapi_extra=route.openapi_extra,
        )


def complete_document(app: FastAPI) -> None:
    """Put into the OpenAPI document the form of a problem, and what FastAPI cannot know of our routes.

    The Idempotency-Key may not be left out: FastAPI would answer its absence like a wrong payload, so the parameter is
    optional in code. And where no token is looked at, none is refused.
    """
    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        components = document.setdefault("components", {}).setdefault("schemas", {})
        forms: dict[str, type[BaseModel]] = {"Problem": problems.ProblemOut}
        forms.update((form.__name__, form) for form in UNREAD_FORMS)
        for name, form in forms.items():
            schema = form.model_json_schema(ref_template="#/components/schemas/{model}")
            components.update(schema.pop("$defs", {}))
            components[name] = schema
        for operations in document["paths"].values():
            for operation in operations.values():
                for parameter in operation.get("parameters", ()):
                    if parameter["name"] == "Idempotency-Key":
                        parameter["required"] = True
                if "security" not in operation and "token-missing" in _examples(operation, "401"):
                    del operation["responses"]["401"]
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _examples(operation: dict[str, Any], status: str) -> dict[str, Any]:
    """Return the problems that an operation documents for a status, by their code."""
    content = operation["responses"].get(status, {}).get("content", {})
    examples: dict[str, Any] = content.get(problems.MEDIA_TYPE, {}).get("examples", {})
    return examples
