"""What WeChat pushes, in one form: objects and lists, old and new shapes, numbers as strings; pure.

Nothing here fails: what cannot be read is missing, and whoever takes the event decides what that means.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic_core import from_json

UNREADABLE = "unreadable"
"""The kind of what is no JSON object, or does not say what it is."""
KIND_FORM = re.compile(r"\w{1,48}", re.ASCII)
TOKEN_FORM = re.compile(r"[\x21-\x7e]{1,128}")
"""Ids of WeChat: openids, trace ids, template ids, message ids. What else a string may hold never reaches a table."""
NUMBER_FORM = re.compile(r"-?[0-9]{1,18}")
SUGGESTIONS: tuple[Literal["pass", "review", "risky"], ...] = ("pass", "review", "risky")
LIST_HOLDERS = ("SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent")
"""In what the list of a subscription event may be wrapped; it may stand by itself too."""
ENTRIES_MAX = 100


@dataclass(frozen=True, slots=True)
class Push:
    """One event: of what kind, about whom, when WeChat made it, and the rest as it came."""

    kind: str
    openid: str | None = None
    created_at_s: int | None = None
    trace_id: str | None = None
    content: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MediaVerdict:
    """What WeChat says of a picture. No suggestion means that nothing was decided, whatever the reason."""

    errcode: int
    suggest: Literal["pass", "review", "risky"] | None
    label: int | None


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose for one template: ``accept``, ``reject`` or what WeChat says else."""

    template_id: str
    answer: str


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of one message that WeChat had taken; ``errcode`` is 0 when it arrived."""

    template_id: str
    msgid: str | None
    errcode: int | None
    status: str


def read(plaintext: bytes) -> Push:
    """Return the event that a push holds; of kind ``unreadable`` when it is none."""
    try:
        content = from_json(plaintext)
    except ValueError:
        return Push(UNREADABLE)
    if not isinstance(content, dict):
        return Push(UNREADABLE)
    return Push(
        kind_of(content),
        # Who revokes something stands in OpenID: there FromUserName is the service that tells of it.
        read_token(content.get("OpenID")) or read_token(content.get("FromUserName")),
        read_number(content.get("CreateTime")),
        read_token(content.get("trace_id")),
        content,
    )


def kind_of(content: Mapping[str, Any]) -> str:
    """Return the name of an event, or ``message_…`` for what a user wrote into the customer service."""
    kind, message = content.get("Event"), content.get("MsgType")
    if isinstance(kind, str) and KIND_FORM.fullmatch(kind):
        return kind
    if isinstance(message, str) and KIND_FORM.fullmatch(message):
        return f"message_{message}"
    return UNREADABLE


def read_number(value: object) -> int | None:
    """Return a whole number that came as one or as a string."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if abs(value) < 10**18 else None
    if isinstance(value, str) and NUMBER_FORM.fullmatch(value.strip()):
        return int(value)
    return None


def read_token(value: object) -> str | None:
    """Return an id that came as a string or as a number."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**30 else value
    return text if isinstance(text, str) and TOKEN_FORM.fullmatch(text) else None


def media_verdict(push: Push) -> MediaVerdict:
    """Return what a ``wxa_media_check`` says. An error, or the old shape without ``result``, decides nothing."""
    errcode = read_number(push.content.get("errcode", 0))
    result = push.content.get("result")
    if errcode != 0 or not isinstance(result, dict):
        return MediaVerdict(-1 if errcode is None else errcode, None, None)
    suggest = next((known for known in SUGGESTIONS if known == result.get("suggest")), None)
    return MediaVerdict(0, suggest, read_number(result.get("label")))


def choices(push: Push) -> list[Choice]:
    """Return what somebody chose, of a ``subscribe_msg_popup_event`` or ``subscribe_msg_change_event``."""
    return [
        Choice(template_id, answer)
        for entry in _entries(push)
        if (template_id := read_token(entry.get("TemplateId")))
        and (answer := read_token(entry.get("SubscribeStatusString")))
    ]


def sent(push: Push) -> list[Sent]:
    """Return what became of messages, of a ``subscribe_msg_sent_event``."""
    return [
        Sent(
            template_id,
            read_token(entry.get("MsgID")),
            read_number(entry.get("ErrorCode")),
            read_token(entry.get("ErrorStatus")) or "",
        )
        for entry in _entries(push)
        if (template_id := read_token(entry.get("TemplateId")))
    ]


def revoked(push: Push) -> frozenset[int]:
    """Return the numbers of what somebody took back, of a ``user_authorization_revoke``."""
    told = push.content.get("RevokeInfo")
    if isinstance(told, str):
        told = told.split(",")
    items = told if isinstance(told, list) else [told]
    return frozenset(number for item in items[:ENTRIES_MAX] if (number := read_number(item)) is not None)


def _entries(push: Push) -> list[dict[str, Any]]:
    """Return the entries of ``List``, which is an object when there is one and an array when there are several."""
    holders = [push.content, *(push.content.get(name) for name in LIST_HOLDERS)]
    found: list[dict[str, Any]] = []
    for holder in holders:
        if not isinstance(holder, dict):
            continue
        listed = holder.get("List", holder if holder is not push.content else None)
        entries = listed if isinstance(listed, list) else [listed]
        found += [entry for entry in entries if isinstance(entry, dict)]
    return found[:ENTRIES_MAX]
