"""Pieces of the control page: each returns HTML in which everything from outside is escaped."""

import zlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FACES = ("#5b8ff9", "#30b28a", "#e8894a", "#9270ca", "#d8587a", "#3f9fb8", "#8a8f3c", "#b0724f")
MARK = (
    '<svg viewBox="0 0 24 24" width="62%" height="62%" fill="none" stroke="#fff" stroke-width="2.2" '
    'stroke-linecap="round" aria-hidden="true"><path d="M6.5 8.5a7.5 7.5 0 0 1 11 0M9 11.6a4 4 0 0 1 6 0"/>'
    '<path d="M5 17.5h14"/></svg>'
)
LOGO = f'<span class="logo">{MARK}</span>'
APP_NAME = "回音壁"


def clock(at: float) -> str:
    return datetime.fromtimestamp(at, SHANGHAI).strftime("%H:%M:%S")


def day_and_clock(at: float) -> str:
    return datetime.fromtimestamp(at, SHANGHAI).strftime("%-m月%-d日 %H:%M")


def tag(words: str, tone: str = "") -> str:
    return f'<span class="tag {tone}">{escape(words)}</span>'


def face(name: str, count: int = 0) -> str:
    """Return a square with the first character of a name, and how many messages came."""
    colour = FACES[zlib.crc32(name.encode("utf-8", "replace")) % len(FACES)]
    badge = f"<i>{min(count, 99)}</i>" if count else ""
    return f'<span class="face" style="background:{colour}" aria-hidden="true">{escape(name[:1])}{badge}</span>'


def image(content: bytes, *, words: str, style: str, media_type: str = "image/png") -> str:
    source = f"data:{media_type};base64,{b64encode(content).decode()}"
    return f'<img class="{style}" src="{source}" alt="{escape(words)}">'


def card(title: str, content: str, *, note: str = "", anchor: str = "", is_wide: bool = False) -> str:
    small = f"<small>{note}</small>" if note else ""
    wide = " wide" if is_wide else ""
    return f'<section class="card{wide}" id="{anchor}"><h2>{escape(title)}{small}</h2>{content}</section>'


def rows(items: Iterable[str], *, empty: str) -> str:
    found = "".join(f"<li>{item}</li>" for item in items)
    return f'<ul class="rows tall" tabindex="0">{found}</ul>' if found else f'<p class="empty">{escape(empty)}</p>'


def options(choices: Mapping[str, str]) -> str:
    return "".join(f'<option value="{escape(value)}">{escape(words)}</option>' for value, words in choices.items())


def select(label: str, name: str, choices: Mapping[str, str]) -> str:
    return f'<label>{escape(label)}<select name="{name}">{options(choices)}</select></label>'


def hidden(**fields: str) -> str:
    return "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in fields.items())


def button_form(path: str, words: str, *, style: str = "", **fields: str) -> str:
    """Return a form that is only a button."""
    return (
        f'<form method="post" action="/_simulator/forms/{path}">{hidden(**fields)}'
        f'<button class="{style}">{escape(words)}</button></form>'
    )
