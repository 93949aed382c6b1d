"""Texts as WeChat checks them: cut into pieces that it takes, and its verdict read; it never decides what follows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from pydantic import BaseModel, Field

from app.wechat.answers import read
from app.wechat.errors import WeChatError

CONTENT_CHARACTERS_MAX = 2500
CONTENT_OVERLAP_CHARACTERS = 100
"""What stands across a cut is seen whole in one of the two pieces up to this length."""

Suggestion = Literal["pass", "review", "risky"]
SEVERITY: Mapping[Suggestion, int] = {"pass": 0, "review": 1, "risky": 2}


class Scene(IntEnum):
    """Where a text will stand; WeChat judges each place by its own measure."""

    PROFILE = 1
    COMMENT = 2
    FORUM = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What WeChat makes of a text; ``label`` is its reason (100 is none), ``trace_id`` the evidence to keep."""

    suggest: Suggestion
    label: int
    trace_id: str


class Finding(BaseModel):
    """One finding, of the whole or of one strategy."""

    suggest: Suggestion
    label: int


class CheckAnswer(BaseModel):
    """The answer of a text check."""

    result: Finding
    detail: list[dict[str, object]] = Field(default_factory=list)
    trace_id: str


def read_verdict(answer: Mapping[str, object]) -> Verdict:
    """Return the worst of the result and of the details whose own errcode is 0.

    Raises WeChatError when no verdict can be read: when fields are missing or unknown, or when the result says pass but
    no strategy in the details has run.
    """
    checked = read(CheckAnswer, answer)
    counted = [read(Finding, item) for item in checked.detail if item.get("errcode") == 0]
    if checked.detail and not counted and checked.result.suggest == "pass":
        raise WeChatError(reason="WeChat passed a text that none of its strategies checked")
    worst = max((checked.result, *counted), key=lambda finding: SEVERITY[finding.suggest])
    return Verdict(worst.suggest, worst.label, checked.trace_id)


def pieces_of(content: str) -> Iterator[str]:
    """Yield ``content`` in pieces of at most 2,500 characters, each beginning with the last 100 of the one before."""
    step = CONTENT_CHARACTERS_MAX - CONTENT_OVERLAP_CHARACTERS
    yield content[:CONTENT_CHARACTERS_MAX]
    for start in range(step, len(content) - CONTENT_OVERLAP_CHARACTERS, step):
        yield content[start : start + CONTENT_CHARACTERS_MAX]
