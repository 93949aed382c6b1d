"""What the forms of the control page do; each leads back to the page and says there what came of it."""

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import urlencode

from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from app.wechat.simulator import acts, control, pushes
from app.wechat.simulator.faults import Fault, PushFault
from app.wechat.simulator.page import words
from app.wechat.simulator.page.document import document
from app.wechat.simulator.world import World

PAGE = "/_simulator"
PUSHES_LATE_S = 5.0
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
}


class Unfit(Exception):  # noqa: N818 - an answer to a form, not an error of this program
    """The form cannot be followed; the message tells the reader."""


Act = Callable[[World, FormData], Awaitable[str]]


def routes(world: World) -> list[Route]:
    """Return the page and its forms."""

    async def show(request: Request) -> Response:
        query = request.query_params
        page = document(
            world,
            user=query.get("user"),
            said=query.get("said", "")[:200],
            is_wrong="wrong" in query,
            is_auto="auto" in query,
        )
        return HTMLResponse(page, headers=HEADERS)

    return [
        Route(PAGE, show, methods=["GET"]),
        *(Route(f"{PAGE}/forms/{path}", back(world, act), methods=["POST"]) for path, act in ACTS.items()),
    ]


def back(world: World, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """Return what carries a form out and leads back to the page."""

    async def answer(request: Request) -> Response:
        form = await request.form()
        told: dict[str, str] = {}
        try:
            told["said"] = await act(world, form)
        except (Unfit, ValidationError) as refusal:
            told = {
                "said": str(refusal) if isinstance(refusal, Unfit) else "填写的内容不对，什么都没有改变。",
                "wrong": "1",
            }
        user = text(form, "user")
        return RedirectResponse(f"{PAGE}?{urlencode({'user': user, **told} if user else told)}", 303)

    return answer


async def fault(world: World, form: FormData) -> str:
    _, given = words.CALL_FAULTS.get(text(form, "kind"), ("", {}))
    ordered = Fault.model_validate({"path": text(form, "path"), **counted(form), **given})
    try:
        control.order(world, ordered)
    except control.CannotFollow:
        raise Unfit("开不了这个故障：接口不对，或者已经开得太多。") from None
    return "故障已开启。"


async def push_fault(world: World, form: FormData) -> str:
    given: dict[str, object] = {"push": text(form, "kind"), "event": text(form, "event"), **counted(form)}
    if given["push"] == "delay":
        given["delay_s"] = PUSHES_LATE_S
    try:
        control.order(world, PushFault.model_validate(given))
    except control.CannotFollow:
        raise Unfit("故障已经开得太多，请先关闭一些。") from None
    return "推送故障已开启。"


async def forget(world: World, _form: FormData) -> str:
    control.forget_faults(world)
    return "全部恢复正常。"


async def forget_one(world: World, form: FormData) -> str:
    index = text(form, "index")
    ordered = [*world.faults, *world.push_faults]
    if not index.isdecimal() or int(index) >= len(ordered):
        raise Unfit("这个故障已经不在了。")
    gone = ordered[int(index)]
    world.faults = [each for each in world.faults if each is not gone]
    world.push_faults = [each for each in world.push_faults if each is not gone]
    return "故障已关闭。"


async def revoke_tokens(world: World, _form: FormData) -> str:
    world.revoke_tokens()
    return "全部令牌已收回，下一次调用会得到 40001。"


async def forget_visits(world: World, _form: FormData) -> str:
    world.visits.clear()
    return "谁来过已忘记，下一次内容检测会得到 61010。"


async def subscribe(world: World, form: FormData) -> str:
    asked = [value for value in form.getlist("template_id") if isinstance(value, str)]
    answer = "accept" if text(form, "answer") == "accept" else "reject"
    if not 1 <= len(asked) <= acts.TEMPLATES_A_CALL_MAX:
        raise Unfit(f"一次请选 1 至 {acts.TEMPLATES_A_CALL_MAX} 个模板。")
    acts.subscribe(world, known(world, form), dict.fromkeys(asked, answer))
    return "已允许，各多一次。" if answer == "accept" else "已拒绝。"


async def switch_off(world: World, form: FormData) -> str:
    name = known(world, form)
    openid = world.meet(name)
    granted = [template_id for (owner, template_id), left in world.credits.items() if owner == openid and left]
    for template_id in granted:
        acts.switch_off(world, name, template_id)
    return f"已关闭 {len(granted)} 个订阅。"


async def revoke(world: World, form: FormData) -> str:
    item = text(form, "item")
    if not item.isdecimal():
        raise Unfit("请选择要撤回的授权。")
    acts.tell_of_authorisation(world, "user_authorization_revoke", known(world, form), item)
    return "已撤回授权，并推送给服务器。"


async def cancel(world: World, form: FormData) -> str:
    acts.tell_of_authorisation(world, "user_authorization_cancellation", known(world, form), "")
    return "微信账号已注销，并推送给服务器。"


async def modify(world: World, form: FormData) -> str:
    acts.tell_of_authorisation(world, "user_info_modified", known(world, form), "")
    return "资料已变更，并推送给服务器。"


async def check_push(world: World, _form: FormData) -> str:
    wrong = await pushes.check_url(world)
    if wrong is not None:
        raise Unfit(f"推送地址没有通过验证：{wrong}")
    return "推送地址通过验证。"


ACTS: Mapping[str, Act] = {
    "fault": fault,
    "push-fault": push_fault,
    "forget": forget,
    "forget-one": forget_one,
    "tokens": revoke_tokens,
    "visits": forget_visits,
    "subscribe": subscribe,
    "switch-off": switch_off,
    "revoke": revoke,
    "cancel": cancel,
    "modify": modify,
    "push-check": check_push,
}


def text(form: FormData, name: str) -> str:
    """Return a field's text, empty where there is none."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def counted(form: FormData) -> dict[str, object]:
    """Return how often something goes wrong; no number of times is until it is forgotten."""
    times, every = text(form, "times"), text(form, "every")
    return {
        "times": int(times) if times.isdecimal() else None,
        "every": int(every) if every.isdecimal() else 1,
    }


def known(world: World, form: FormData) -> str:
    """Return the name of a user whom this WeChat has met. Raises Unfit."""
    name = text(form, "user")
    if name not in world.names.values():
        raise Unfit("没有这个用户，请先登录一次。")
    return name
