"""Scenes: what the code on a poster leads to, under a name that tells nothing and cannot be guessed (pure)."""

import re
from enum import StrEnum
from urllib.parse import unquote

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
TOKEN_CHARACTERS = 22
"""131 random bits; WeChat takes scenes of up to 32 characters."""
_TOKEN = re.compile(rf"[0-9A-Za-z]{{{TOKEN_CHARACTERS}}}")


class SceneKind(StrEnum):
    """What a code can lead to."""

    MERCHANT = "merchant"
    CLERK_INVITE = "clerk_invite"  # where whoever shall be a clerk types the code that the owner shows
    VENUE = "venue"
    TASK = "task"
    TASK_LIST = "task_list"


def find_token(written: str) -> str | None:
    """Return the token in a scene as a phone hands it over, percent-encoded (iOS) or not; None when it is none."""
    token = unquote(written)
    return token if _TOKEN.fullmatch(token) else None
