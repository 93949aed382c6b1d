"""The page of a work order: HTML that needs nothing else, made for A4; whatever people wrote is text in it, no more."""

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any
from uuid import UUID

from asyncpg import Record

from app.core.clock import SHANGHAI
from app.domain import watermarks
from app.domain.texts import (
    COMPLAINT_URGENCIES,
    STEP_STATES,
    WORK_ORDER_COLUMNS,
    WORK_ORDER_CONTENT,
    WORK_ORDER_LABELS,
    WORK_ORDER_LEAD,
    WORK_ORDER_NOTICE,
    WORK_ORDER_NUMBER,
    WORK_ORDER_OPENED,
    WORK_ORDER_OTHER,
    WORK_ORDER_RESULT,
    WORK_ORDER_SIGNATURE,
    WORK_ORDER_TITLE,
    WORK_ORDER_UNITS,
)

WATERMARKS = 40
SHORT_ID_CHARACTERS = 8
"""The end of an id is random: its beginning is the time."""

STYLE = """
@page { size: A4; margin: 16mm 15mm }
* { box-sizing: border-box }
html { background: #fff; color: #111;
    font: 11pt/1.6 "Source Han Sans SC", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif }
body { margin: 0 auto; max-width: 180mm; padding: 8mm 0 }
h1 { font-size: 20pt; margin: 0; text-align: center }
h2 { border-left: 3pt solid #b3261e; break-after: avoid; font-size: 12pt; margin: 7mm 0 2mm; padding-left: 2.5mm }
.number { margin: 1mm 0 6mm; text-align: center }
table { border-collapse: collapse; table-layout: fixed; width: 100% }
th, td { border: .5pt solid #555; overflow-wrap: anywhere; padding: 1.5mm 2.5mm; text-align: left; vertical-align: top }
th { background: #f2f2f2; font-weight: 600; print-color-adjust: exact; -webkit-print-color-adjust: exact }
section, tr { break-inside: avoid }
.facts th { width: 26mm }
.units th:nth-child(1) { width: 42mm }
.units th:nth-child(2) { width: 17mm }
.units th:nth-child(4) { width: 38mm }
.units th:nth-child(5) { width: 19mm }
.text { border: .5pt solid #555; overflow-wrap: anywhere; padding: 3mm }
.words { white-space: pre-wrap }
.title { font-weight: 600; margin: 0 0 1.5mm }
.body { margin: 0 }
.result { border: .5pt solid #555; height: 45mm }
.signature { display: flex; gap: 12mm; margin: 4mm 0 0 }
.signature span { border-bottom: .5pt solid #555; flex: 1; padding-bottom: 1mm }
.notice { border-top: .5pt solid #999; color: #444; font-size: 8.5pt; margin: 7mm 0 0; padding-top: 2mm }
.watermarks { align-content: space-around; color: #000; display: grid; grid-template-columns: repeat(4, 1fr);
    inset: 0; justify-items: center; opacity: .11; overflow: hidden; pointer-events: none; position: fixed;
    print-color-adjust: exact; -webkit-print-color-adjust: exact; user-select: none; z-index: 1 }
.watermarks span { font-size: 9pt; line-height: 1.3; text-align: center; transform: rotate(-24deg);
    white-space: nowrap }
.watermarks i { display: block; font-style: normal }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing in the page runs or loads anything, even if a text got out of its place; and no copy of it is kept."""


def render(order: Record, *, opener_id: UUID, opened_at: datetime, mark: bytes) -> str:
    """Return the page; ``mark`` is hidden in each of its longer texts."""
    opener, time = (f"{order['opener']} {opener_id.hex[-SHORT_ID_CHARACTERS:]}", _time(opened_at, with_seconds=True))
    number = WORK_ORDER_NUMBER.format(number=order["number"])
    return "\n".join(
        [
            f'<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n<title>{_text(number)}</title>',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="none">',
            f"<style>{STYLE}</style>\n</head>\n<body>",
            _watermarks(opener, time),
            f'<h1>{_text(WORK_ORDER_TITLE)}</h1>\n<p class="number">{_text(number)}</p>',
            _facts(order, mark),
            f'<h2>{_text(WORK_ORDER_CONTENT)}</h2>\n<div class="text">',
            f'<p class="title words" dir="auto">{_woven(order["title"], mark)}</p>',
            f'<p class="body words" dir="auto">{_woven(order["body"], mark)}</p>\n</div>',
            _units(order, mark),
            f'<section>\n<h2>{_text(WORK_ORDER_RESULT)}</h2>\n<div class="result"></div>',
            f'<p class="signature">{"".join(f"<span>{_text(label)}</span>" for label in WORK_ORDER_SIGNATURE)}</p>',
            "</section>",
            f'<p class="notice">{_woven(WORK_ORDER_NOTICE, mark)}<br>',
            f"{_text(WORK_ORDER_OPENED)}<bdi>{_text(opener)}</bdi> {_text(time)}</p>\n</body>\n</html>\n",
        ]
    )


def _facts(order: Record, mark: bytes) -> str:
    point = None
    if order["longitude"] is not None:
        point = f"{order['longitude']:f}, {order['latitude']:f} (GCJ-02)"
    values = (
        order["category_name"],
        COMPLAINT_URGENCIES[order["urgency"]],
        order["area_name"],
        order["handler_name"],
        _time(order["created_at"]),
        _time(order["answer_due_at"]),
    )
    cells = [f"<th>{_text(label)}</th><td>{_isolated(value)}</td>" for label, value in _labelled(values)]
    rows = [f"<tr>{first}{second}</tr>" for first, second in zip(cells[::2], cells[1::2], strict=True)]
    for label, value in zip(WORK_ORDER_LABELS[len(values) :], (order["place"], point), strict=True):
        if value is not None:
            rows.append(f'<tr><th>{_text(label)}</th><td colspan="3"><bdi>{_woven(value, mark)}</bdi></td></tr>')
    return f'<table class="facts">{"".join(rows)}</table>'


def _labelled(values: Iterable[str]) -> Iterable[tuple[str, str]]:
    return zip(WORK_ORDER_LABELS, values, strict=False)


def _units(order: Record, mark: bytes) -> str:
    if not order["parts"]:
        return ""
    rows = [_unit(part, mark) for part in order["parts"]]
    head = "".join(f"<th>{_text(column)}</th>" for column in WORK_ORDER_COLUMNS)
    table = f'<table class="units"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    return f"<section>\n<h2>{_text(WORK_ORDER_UNITS)}</h2>\n{table}\n</section>"


def _unit(part: tuple[Any, ...], mark: bytes) -> str:
    name, is_lead, status, instructions, due_at = part
    cells = (
        _isolated(name),
        _text(WORK_ORDER_LEAD if is_lead else WORK_ORDER_OTHER),
        f'<bdi class="words">{_woven(instructions, mark)}</bdi>',
        _text(_time(due_at)),
        _text(STEP_STATES[status]),
    )
    return f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _watermarks(opener: str, time: str) -> str:
    """Return what lies across every sheet: in print, a fixed element stands on each."""
    one = f"<span><i><bdi>{_text(opener)}</bdi></i><i>{_text(time)}</i></span>"
    return f'<div class="watermarks" aria-hidden="true">{one * WATERMARKS}</div>'


def _text(text: str) -> str:
    return escape(watermarks.clean(text))


def _isolated(text: str) -> str:
    """Return a text whose direction changes nothing around it."""
    return f"<bdi>{_text(text)}</bdi>"


def _woven(text: str, mark: bytes) -> str:
    return escape(watermarks.weave(text, mark))


def _time(moment: datetime, *, with_seconds: bool = False) -> str:
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M{':%S' if with_seconds else ''}}"
