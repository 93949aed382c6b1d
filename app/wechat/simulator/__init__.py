"""A WeChat to develop against: a server of its own that speaks WeChat's protocol; it is not made from our client.

`GET /_simulator` shows in a browser what it sees: messages as on a phone, checks, codes, pushes, calls, faults.

**Log-in.** The code ``sim-NAME-ANYTHING`` logs in the user NAME (any text without ``-``), once: the same code again is
40163, another ANYTHING logs NAME in again with the same openid, after a restart too. ``sim-errcode40226-1`` answers
40226, and so with every errcode, ``sim-errcode-1-1`` being -1. Any other code is 40029.

**Phone.** ``phone-NAME-ANYTHING`` gives the number of NAME, once; an ANYTHING that begins with a mobile number gives
that one. ``phone-errcode40226-1`` answers 40226.

**Text.** In content, title or nickname these words decide, and everything else passes with label 100:

- risky: 色情 20002, 去死 20003, 赌博 20006, 代开发票 20006, 刷单返利 20008
- review: 加微信 10001, 低俗 20012, 盗版 20013

The user must have logged in here within two hours (61010), so a restart forgets who was seen lately.

**Pictures** are fetched from their address and judged by their colour: mostly red is risky (20002), mostly yellow is
for review (21000), all else passes; what cannot be fetched or is no picture is -1008. The verdict comes as a push.

**Messages.** The templates are those of the deployment's file. Another whose id begins with ``simulator-`` is known
too and has any fields; more are told by
``POST /_simulator/templates [{"template_id", "title", "fields": {"thing1": "名称"}}]``. Users give credits by
``POST /_simulator/subscribe {"user", "template_ids", "answers"}`` and take them back by ``/switch-off {"user",
"template_id"}``. Two messages to one user at the same time are 43108.

**Pushes** go to ``push_url`` in the safe mode, in JSON, up to three times unless the answer is ``success`` within five
seconds. Users act by ``/revoke {"user", "items"}``, ``/cancel {"user"}`` and ``/modify {"user"}``; any event is sent by
``POST /_simulator/pushes``. ``POST /_simulator/habits`` changes address, waits and counts.

**Faults** on demand, for the next ``times`` (1; null: until forgotten) calls of ``path`` (``*``: every path), in the
order they were posted; with ``every`` at each n-th call only::

    POST /_simulator/faults {"path": "/wxa/msg_sec_check", "errcode": -1, "times": 3}

Instead of, or beside, ``errcode``: ``http_status``, ``body`` (raw text), ``cut`` (the connection breaks in mid-answer),
``after`` (the call is carried out before its answer is spoilt), ``revoke_tokens`` (all tokens die first) and
``delay_s``, which alone only slows the true answer. With ``push`` in place of ``path``, pushes go wrong: duplicate,
reorder, delay, drop, old_shape, early, forged, of one ``event`` or of all. ``DELETE /_simulator/faults`` forgets them,
``DELETE /_simulator/tokens`` lets all tokens die, and ``GET /_simulator/calls`` counts the calls of each path.

**Limits** are WeChat's own, per minute and day; ``POST /_simulator/limits {"path", "per_minute", "per_day"}`` tightens
one and ``DELETE`` restores all.

Where WeChat's documentation is silent, this chooses: content above 2,500 characters is 45002, the same picture again
within a minute 87020, a phone code of another user 40029, a page outside ``pages/`` or ``packages/``, or one that
begins ``pages/missing``, 41030.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.wechat.simulator import arrivals, codes, control, faults, messages, pictures, words
from app.wechat.simulator.page import forms
from app.wechat.simulator.protocol import Answer, Endpoint, Refusal, refused, say
from app.wechat.simulator.world import Habits, Template, World, openid_of, remember

__all__ = ["Habits", "Template", "World", "create_simulator", "openid_of", "remember"]

Verb = Callable[[World, Request], Awaitable[Answer | Response]]

VERBS: Mapping[str, Verb] = {
    "/sns/jscode2session": arrivals.log_in,
    "/cgi-bin/stable_token": arrivals.give_stable_token,
    "/cgi-bin/token": arrivals.give_classic_token,
    "/wxa/business/getuserphonenumber": arrivals.give_phone,
    "/wxa/msg_sec_check": words.check_text,
    "/wxa/media_check_async": pictures.check_media,
    "/cgi-bin/message/subscribe/send": messages.send,
    "/wxa/getwxacodeunlimit": codes.draw,
}


def create_simulator(
    appid: str, secret: str, habits: Habits | None = None, templates: Iterable[Template] = ()
) -> Starlette:
    """Return a WeChat that knows one mini-program, the templates it chose, and no user yet."""
    world = World(appid, secret, habits or Habits(), paths=frozenset(VERBS))
    world.templates = {template.template_id: template for template in templates}
    wechat = [Route(path, endpoint(world, path, verb), methods=["GET", "POST"]) for path, verb in VERBS.items()]
    return Starlette(routes=[*wechat, *control.routes(world), *forms.routes(world)])


def endpoint(world: World, path: str, verb: Verb) -> Endpoint:
    """Return what answers at ``path``: the fault ordered for it, or else the truth."""

    async def answer(request: Request) -> Response:
        world.calls[path] += 1
        fault = faults.take(world.faults, path)
        if fault is not None:
            if fault.revoke_tokens:
                world.revoke_tokens()
            await asyncio.sleep(fault.delay_s)
            if fault.spoils:
                if fault.after:
                    await truth(world, path, verb, request)
                world.answers[path, "spoilt"] += 1
                return faults.faulty(fault)
        return await truth(world, path, verb, request)

    return answer


async def truth(world: World, path: str, verb: Verb, request: Request) -> Response:
    """Carry a call out within the limits and return its answer."""
    try:
        world.meter.require_room(path, world.clock())
        answer = await verb(world, request)
    except Refusal as refusal:
        world.answers[path, str(refusal.errcode)] += 1
        return say(refused(refusal.errcode, refusal.told))
    world.answers[path, "ok"] += 1
    return answer if isinstance(answer, Response) else say(answer)
