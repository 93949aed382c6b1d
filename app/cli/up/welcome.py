"""What `echowall up` prints when all is ready: where it is and how to log in as each person of the demo district."""

import unicodedata
from collections.abc import Sequence
from typing import Protocol


class DemoPerson(Protocol):
    """Somebody of the demo district; ``name`` is what the simulator's codes call them."""

    @property
    def name(self) -> str: ...
    @property
    def nickname(self) -> str: ...
    @property
    def role(self) -> str: ...


def welcome(url: str, people: Sequence[DemoPerson], simulator_url: str | None) -> str:
    """Return the text for the terminal; ``simulator_url`` is where the WeChat simulator is, if there is one."""
    rows = [("code", "nickname", "role"), *((f"sim-{who.name}-1", who.nickname, who.role) for who in people)]
    widths = [max(_width(row[column]) for row in rows) for column in range(2)]
    table = [f"  {_padded(code, widths[0])}  {_padded(nickname, widths[1])}  {role}" for code, nickname, role in rows]
    login = f'{{"code":"sim-{people[0].name if people else "NAME"}-1"}}'
    return "\n".join(
        (
            "",
            f"  API   {url}",
            f"  docs  {url}/docs",
            *([f"  WeChat simulator  {simulator_url}/_simulator"] if simulator_url else []),
            "",
            *table,
            "",
            "Log in as one of them (a code works once: change its ending for the next time):",
            f"  curl -X POST {url}/v1/auth/wechat -H 'Content-Type: application/json' -d '{login}'",
            "then `.venv/bin/echowall tour` walks the whole story. Ctrl-C stops everything.",
        )
    )


def _width(text: str) -> int:
    """Return the columns that ``text`` takes on a terminal; Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
