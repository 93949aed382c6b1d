"""The routes that are not WeChat's: faults, limits, habits, acts of users, and what was seen, all in JSON."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.wechat.simulator import acts, faults, pushes
from app.wechat.simulator.faults import EVERYTHING, FAULTS_KEPT_MAX, Fault, PushFault
from app.wechat.simulator.world import Habits, Template, World

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
TEMPLATES: TypeAdapter[list[Template]] = TypeAdapter(list[Template])


class CannotFollow(Exception):  # noqa: N818 - an answer of the page, not an error of this program
    """What was ordered cannot be done; the message says why, and ``status`` goes with it."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status = status


Act = Callable[[World, bytes], Awaitable[object]]
"""Does what a route is for with the body that was sent; None is nothing to say, else JSON."""


def read_fault(raw: bytes) -> Fault | PushFault:
    """Return the fault of a call or, where ``push`` stands, of a push."""
    if "push" in EVENT.validate_json(raw):
        return PushFault.model_validate_json(raw)
    return Fault.model_validate_json(raw)


def order(world: World, fault: Fault | PushFault) -> None:
    """Order a fault, after all that were ordered before. Raises CannotFollow."""
    if isinstance(fault, Fault):
        require_path(world.paths | {EVERYTHING}, fault.path)
    if len(world.faults) + len(world.push_faults) >= FAULTS_KEPT_MAX:
        raise CannotFollow(409, f"{FAULTS_KEPT_MAX} faults are waiting; DELETE them first")
    if isinstance(fault, Fault):
        world.faults.append(fault)
    else:
        world.push_faults.append(fault)


def require_path(paths: frozenset[str], path: str) -> None:
    """Raise CannotFollow for what is no path of WeChat's."""
    if path not in paths:
        raise CannotFollow(422, f"path is none of {', '.join(sorted(paths))}")


def forget_faults(world: World) -> None:
    """Go back to the truth; what was held back goes out."""
    world.faults.clear()
    world.push_faults.clear()
    pushes.release(world)


async def order_fault(world: World, raw: bytes) -> None:
    order(world, read_fault(raw))


async def forget(world: World, _raw: bytes) -> None:
    forget_faults(world)


async def revoke_tokens(world: World, _raw: bytes) -> None:
    world.revoke_tokens()


async def forget_visits(world: World, _raw: bytes) -> None:
    world.visits.clear()


async def tighten(world: World, raw: bytes) -> None:
    form = LimitForm.model_validate_json(raw)
    require_path(world.paths, form.path)
    world.meter.tighten(form.path, per_minute=form.per_minute, per_day=form.per_day)


async def restore(world: World, _raw: bytes) -> None:
    world.meter.restore()


async def behave(world: World, raw: bytes) -> None:
    world.habits = Habits.model_validate({**world.habits.model_dump(), **EVENT.validate_json(raw)})


async def choose(world: World, raw: bytes) -> None:
    world.templates.update({template.template_id: template for template in TEMPLATES.validate_json(raw)})


async def subscribe(world: World, raw: bytes) -> object:
    form = SubscribeForm.model_validate_json(raw)
    given: list[str] = [*form.answers, *["accept"] * len(form.template_ids)]
    answers = dict(zip(form.template_ids, given, strict=False))
    acts.subscribe(world, form.user, answers)
    return answers


async def switch_off(world: World, raw: bytes) -> None:
    form = SwitchForm.model_validate_json(raw)
    acts.switch_off(world, form.user, form.template_id)


async def revoke(world: World, raw: bytes) -> None:
    form = RevokeForm.model_validate_json(raw)
    revoked = ",".join(map(str, form.items))
    acts.tell_of_authorisation(world, "user_authorization_revoke", form.user, revoked)


async def cancel(world: World, raw: bytes) -> None:
    user = UserForm.model_validate_json(raw).user
    acts.tell_of_authorisation(world, "user_authorization_cancellation", user, "")


async def modify(world: World, raw: bytes) -> None:
    acts.tell_of_authorisation(world, "user_info_modified", UserForm.model_validate_json(raw).user, "")


async def push(world: World, raw: bytes) -> object:
    event = EVENT.validate_json(raw)
    struck = faults.take_for_push(world.push_faults, str(event.get("Event", "")))
    await pushes.push(world, event, struck)
    return asdict(world.pushes[-1])


async def check_push(world: World, _raw: bytes) -> object:
    wrong = await pushes.check_url(world)
    return {"ok": wrong is None, "wrong": wrong}


async def count_calls(world: World, _raw: bytes) -> object:
    return {path: world.calls[path] for path in sorted(world.paths)}


async def count_answers(world: World, _raw: bytes) -> object:
    counted: dict[str, dict[str, int]] = {path: {} for path in sorted(world.paths)}
    for (path, answer), count in world.answers.items():
        counted[path][answer] = count
    return counted


async def list_messages(world: World, _raw: bytes) -> object:
    return [{**asdict(item), "user": world.names.get(item.openid)} for item in world.messages]


async def list_pushes(world: World, _raw: bytes) -> object:
    return [asdict(item) for item in world.pushes]


async def list_pictures(world: World, _raw: bytes) -> object:
    return [{**asdict(item), "thumb": None} for item in world.picture_checks]


async def list_texts(world: World, _raw: bytes) -> object:
    return [asdict(item) for item in world.text_checks]


ACTS: tuple[tuple[str, str, Act], ...] = (
    ("POST", "/faults", order_fault),
    ("DELETE", "/faults", forget),
    ("DELETE", "/tokens", revoke_tokens),
    ("DELETE", "/visits", forget_visits),
    ("POST", "/limits", tighten),
    ("DELETE", "/limits", restore),
    ("POST", "/habits", behave),
    ("POST", "/templates", choose),
    ("POST", "/subscribe", subscribe),
    ("POST", "/switch-off", switch_off),
    ("POST", "/revoke", revoke),
    ("POST", "/cancel", cancel),
    ("POST", "/modify", modify),
    ("POST", "/pushes", push),
    ("POST", "/push-check", check_push),
    ("GET", "/calls", count_calls),
    ("GET", "/answers", count_answers),
    ("GET", "/messages", list_messages),
    ("GET", "/pushes", list_pushes),
    ("GET", "/pictures", list_pictures),
    ("GET", "/texts", list_texts),
)


def routes(world: World) -> list[Route]:
    """Return all of them; a body that cannot be followed is a 422 that says why."""
    return [Route(f"/_simulator{path}", following(world, act), methods=[method]) for method, path, act in ACTS]


def following(world: World, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """Return what does ``act`` on a request and says what came of it."""

    async def answer(request: Request) -> Response:
        try:
            told = await act(world, await request.body())
        except ValidationError as error:
            return JSONResponse({"errors": error.errors(include_context=False, include_url=False)}, 422)
        except CannotFollow as refusal:
            return JSONResponse({"errors": str(refusal)}, refusal.status)
        return Response(status_code=204) if told is None else JSONResponse(told)

    return answer
