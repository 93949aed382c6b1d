"""Events on their way to our server: sealed, signed, delivered up to three times unless it says ``success``."""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Collection, Mapping, Sequence

import httpx

from app.wechat.simulator.faults import PushFault
from app.wechat.simulator.protocol import Answer
from app.wechat.simulator.push_codec import seal, sign
from app.wechat.simulator.world import Push, World

log = logging.getLogger(__name__)

SUCCESS = frozenset({b"success", b""})
NO_ANSWER = 0


def new_client(timeout_s: float) -> httpx.AsyncClient:
    """Return a client that keeps no connection, trusts no proxy of the environment and follows nothing."""
    return httpx.AsyncClient(
        timeout=timeout_s,
        trust_env=False,
        verify=False,  # noqa: S501 - a developer's machine
        limits=httpx.Limits(max_keepalive_connections=0),
    )


def event_of(world: World, kind: str, openid: str, told: Mapping[str, object]) -> Answer:
    """Return an event about ``openid`` in the form that all of them share."""
    return {
        "ToUserName": world.account_id,
        "FromUserName": openid,
        "CreateTime": int(time.time()),
        "MsgType": "event",
        "Event": kind,
        **told,
    }


async def push(world: World, event: Mapping[str, object], struck: Sequence[PushFault] = ()) -> None:
    """Deliver ``event``, with the faults that strike it."""
    sent = Push(time.time(), str(event.get("Event") or event.get("MsgType") or ""), event)
    world.pushes.append(sent)
    kinds = {fault.push for fault in struck}
    if "drop" in kinds:
        sent.state = "dropped"
        return
    if "reorder" in kinds:
        sent.state = "held"
        world.held_pushes.append(lambda: world.start(deliver(world, sent, kinds)))
        return
    await asyncio.sleep(sum(fault.delay_s for fault in struck if fault.push == "delay"))
    await deliver(world, sent, kinds)
    release(world)


def release(world: World) -> None:
    """Let go out what was held back."""
    held, world.held_pushes = world.held_pushes, []
    for go_on in held:
        go_on()


async def deliver(world: World, sent: Push, kinds: Collection[str]) -> None:
    """Deliver until it is taken, up to three times; one that is duplicated goes out twice at once."""
    habits = world.habits
    plaintext = json.dumps(sent.body, ensure_ascii=False).encode()
    for attempt in range(habits.push_deliveries_max):
        if attempt:
            await asyncio.sleep(habits.push_again_after_s)
        copies = 2 if "duplicate" in kinds and attempt == 0 else 1
        posted = [post(world, plaintext, sent, is_forged="forged" in kinds) for _ in range(copies)]
        if all(await asyncio.gather(*posted)):
            sent.state = "taken"
            return
    sent.state = "given up"


async def post(world: World, plaintext: bytes, sent: Push, *, is_forged: bool) -> bool:
    """Send one delivery; return whether our server took it."""
    habits = world.habits
    if habits.push_url is None:
        sent.statuses.append(NO_ANSWER)
        return False
    random16 = secrets.token_hex(8).encode()
    encrypted = seal(plaintext, appid=world.appid, aes_key=habits.push_aes_key, random16=random16)
    timestamp, nonce = str(int(time.time())), str(secrets.randbelow(10**9))
    token = "another's" if is_forged else habits.push_token
    query = {
        "signature": sign(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "openid": str(sent.body.get("FromUserName", "")),
        "encrypt_type": "aes",
        "msg_signature": sign(token, timestamp, nonce, encrypted),
    }
    body = {"ToUserName": sent.body.get("ToUserName", world.account_id), "Encrypt": encrypted}
    try:
        async with new_client(habits.push_answer_within_s) as client:
            answer = await client.post(habits.push_url, params=query, json=body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.info("push got no answer: %s", type(error).__name__)
        sent.statuses.append(NO_ANSWER)
        return False
    sent.statuses.append(answer.status_code)
    return answer.status_code == httpx.codes.OK and answer.content in SUCCESS


async def check_url(world: World) -> str | None:
    """Ask our server whether the push address is its own, as the console does; return what is wrong, if anything."""
    habits = world.habits
    if habits.push_url is None:
        return "no push address is set"
    timestamp, nonce, echo = str(int(time.time())), str(secrets.randbelow(10**9)), str(secrets.randbelow(10**18))
    signature = sign(habits.push_token, timestamp, nonce)
    query = {"signature": signature, "timestamp": timestamp, "nonce": nonce, "echostr": echo}
    try:
        async with new_client(habits.push_answer_within_s) as client:
            answer = await client.get(habits.push_url, params=query)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"no answer ({type(error).__name__})"
    if answer.status_code != httpx.codes.OK:
        return f"status {answer.status_code}"
    if answer.text != echo:
        return "it did not answer the echostr alone"
    return None
