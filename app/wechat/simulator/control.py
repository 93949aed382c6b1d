"""The routes that are not WeChat's: faults, limits, habits, acts of users, and what was seen, all in JSON."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.wechat.simulator import acts, faults, pushes
from app.wechat.simulator.faults import EVERYTHING, FAULTS_KEPT_MAX, Fault, PushFault
from app.wechat.simulator.world import Habits, Template, World

Form = TypeVar("Form", bound=BaseModel)
Name = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^-]+$")]
Id = Annotated[str, Field(min_length=1, max_length=100)]
Given = Literal["accept", "reject", "ban", "filter"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class SubscribeForm(Strict):
    """``answers`` go with ``template_ids`` in order; each that is missing is accept."""

    user: Name
    template_ids: list[Id] = Field(min_length=1, max_length=acts.TEMPLATES_A_CALL_MAX)
    answers: list[Given] = []


class SwitchForm(Strict):
    user: Name
    template_id: Id


class RevokeForm(Strict):
    """``items`` as RevokeInfo counts them: 6 nickname and avatar, 8 phone, 14 album, 19 nickname, 20 avatar …"""

    user: Name
    items: list[int] = Field(min_length=1, max_length=20)


class UserForm(Strict):
    user: Name


class LimitForm(Strict):
    path: str
    per_minute: int | None = Field(None, ge=0)
    per_day: int | None = Field(None, ge=0)


EVENT: TypeAdapter[dict[str, object]] = TypeAdapter(dict[str, object])


def read_fault(raw: bytes) -> Fault | PushFault:
    """Return the fault of a call or, where ``push`` stands, of a push."""
    if "push" in EVENT.validate_json(raw):
        return PushFault.model_validate_json(raw)
    return Fault.model_validate_json(raw)


def order(world: World, paths: frozenset[str], fault: Fault | PushFault) -> Response:
    """Order a fault, after all that were ordered before."""
    if isinstance(fault, Fault) and fault.path not in paths | {EVERYTHING}:
        return JSONResponse({"errors": f"path is none of {', '.join(sorted(paths))}"}, 422)
    if len(world.faults) + len(world.push_faults) >= FAULTS_KEPT_MAX:
        return JSONResponse({"errors": f"{FAULTS_KEPT_MAX} faults are waiting; DELETE them first"}, 409)
    if isinstance(fault, Fault):
        world.faults.append(fault)
    else:
        world.push_faults.append(fault)
    return Response(status_code=204)


def forget_faults(world: World) -> None:
    """Go back to the truth; what was held back goes out."""
    world.faults.clear()
    world.push_faults.clear()
    pushes.release(world)


def fault_routes(world: World, paths: frozenset[str]) -> list[Route]:
    async def order_fault(request: Request) -> Response:
        return order(world, paths, read_fault(await request.body()))

    async def forget(_request: Request) -> Response:
        forget_faults(world)
        return Response(status_code=204)

    async def revoke_tokens(_request: Request) -> Response:
        world.revoke_tokens()
        return Response(status_code=204)

    async def forget_visits(_request: Request) -> Response:
        world.visits.clear()
        return Response(status_code=204)

    async def tighten(request: Request) -> Response:
        form = LimitForm.model_validate_json(await request.body())
        if form.path not in paths:
            return JSONResponse({"errors": f"path is none of {', '.join(sorted(paths))}"}, 422)
        world.meter.tighten(form.path, per_minute=form.per_minute, per_day=form.per_day)
        return Response(status_code=204)

    async def restore(_request: Request) -> Response:
        world.meter.restore()
        return Response(status_code=204)

    async def behave(request: Request) -> Response:
        changes = EVENT.validate_json(await request.body())
        world.habits = Habits.model_validate({**world.habits.model_dump(), **changes})
        return Response(status_code=204)

    async def choose(request: Request) -> Response:
        chosen = TypeAdapter(list[Template]).validate_json(await request.body())
        world.templates.update({template.template_id: template for template in chosen})
        return Response(status_code=204)

    return [
        route("/faults", order_fault, "POST"),
        route("/faults", forget, "DELETE"),
        route("/tokens", revoke_tokens, "DELETE"),
        route("/visits", forget_visits, "DELETE"),
        route("/limits", tighten, "POST"),
        route("/limits", restore, "DELETE"),
        route("/habits", behave, "POST"),
        route("/templates", choose, "POST"),
    ]


def act_routes(world: World) -> list[Route]:
    async def subscribe(request: Request) -> Response:
        form = SubscribeForm.model_validate_json(await request.body())
        given: list[Given] = [*form.answers, *["accept"] * len(form.template_ids)]  # type: ignore[list-item]
        answers: dict[str, str] = dict(zip(form.template_ids, given, strict=False))
        acts.subscribe(world, form.user, answers)
        return JSONResponse(answers)

    async def switch_off(request: Request) -> Response:
        form = SwitchForm.model_validate_json(await request.body())
        acts.switch_off(world, form.user, form.template_id)
        return Response(status_code=204)

    async def revoke(request: Request) -> Response:
        form = RevokeForm.model_validate_json(await request.body())
        revoked = ",".join(map(str, form.items))
        acts.tell_of_authorisation(world, "user_authorization_revoke", form.user, revoked)
        return Response(status_code=204)

    async def cancel(request: Request) -> Response:
        form = UserForm.model_validate_json(await request.body())
        acts.tell_of_authorisation(world, "user_authorization_cancellation", form.user, "")
        return Response(status_code=204)

    async def modify(request: Request) -> Response:
        form = UserForm.model_validate_json(await request.body())
        acts.tell_of_authorisation(world, "user_info_modified", form.user, "")
        return Response(status_code=204)

    async def push(request: Request) -> Response:
        event = EVENT.validate_json(await request.body())
        struck = faults.take_for_push(world.push_faults, str(event.get("Event", "")))
        await pushes.push(world, event, struck)
        return JSONResponse(asdict(world.pushes[-1]))

    async def check_push(_request: Request) -> Response:
        wrong = await pushes.check_url(world)
        return JSONResponse({"ok": wrong is None, "wrong": wrong})

    return [
        route("/subscribe", subscribe, "POST"),
        route("/switch-off", switch_off, "POST"),
        route("/revoke", revoke, "POST"),
        route("/cancel", cancel, "POST"),
        route("/modify", modify, "POST"),
        route("/pushes", push, "POST"),
        route("/push-check", check_push, "POST"),
    ]


def record_routes(world: World, paths: frozenset[str]) -> list[Route]:
    async def count_calls(_request: Request) -> Response:
        return JSONResponse({path: world.calls[path] for path in sorted(paths)})

    async def count_answers(_request: Request) -> Response:
        counted: dict[str, dict[str, int]] = {path: {} for path in sorted(paths)}
        for (path, answer), count in world.answers.items():
            counted[path][answer] = count
        return JSONResponse(counted)

    async def list_messages(_request: Request) -> Response:
        return JSONResponse([{**asdict(item), "user": world.names.get(item.openid)} for item in world.messages])

    async def list_pushes(_request: Request) -> Response:
        return JSONResponse([asdict(item) for item in world.pushes])

    async def list_pictures(_request: Request) -> Response:
        return JSONResponse([{**asdict(item), "thumb": None} for item in world.picture_checks])

    async def list_texts(_request: Request) -> Response:
        return JSONResponse([asdict(item) for item in world.text_checks])

    return [
        route("/calls", count_calls, "GET"),
        route("/answers", count_answers, "GET"),
        route("/messages", list_messages, "GET"),
        route("/pushes", list_pushes, "GET"),
        route("/pictures", list_pictures, "GET"),
        route("/texts", list_texts, "GET"),
    ]


def routes(world: World, paths: frozenset[str]) -> list[Route]:
    """Return all of them; a body that cannot be followed is a 422 that says why."""
    return [*fault_routes(world, paths), *act_routes(world), *record_routes(world, paths)]


def route(path: str, answer: Callable[[Request], Awaitable[Response]], method: str) -> Route:
    async def answer_or_refuse(request: Request) -> Response:
        try:
            return await answer(request)
        except ValidationError as error:
            return JSONResponse({"errors": error.errors(include_context=False, include_url=False)}, 422)

    return Route(f"/_simulator{path}", answer_or_refuse, methods=[method])
