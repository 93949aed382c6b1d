"""The faults of WeChat, one trial each, and two in which our own processes die while WeChat is slow."""

from dataclasses import dataclass, replace
from typing import Literal

EVERY_CALL = ("/wxa/msg_sec_check", "/wxa/media_check_async", "/cgi-bin/message/subscribe/send")
PHONE = "/wxa/business/getuserphonenumber"
TOKEN = "/cgi-bin/stable_token"  # noqa: S105 - a path


@dataclass(frozen=True)
class Trial:
    """What the simulator is ordered to do wrong while the journey goes on."""

    name: str
    faults: tuple[dict[str, object], ...] = ()
    forgets_visits: bool = False
    kills: Literal["worker", "api"] | None = None
    """Which of our own processes is killed again and again meanwhile."""

    @property
    def is_quiet(self) -> bool:
        """Whether nothing goes wrong."""
        return not self.faults and not self.forgets_visits and self.kills is None


def of_calls(name: str, paths: tuple[str, ...] = ("*",), **fault: object) -> Trial:
    """Return a trial in which calls go wrong until it is over."""
    return Trial(name, tuple({"path": path, "times": None, **fault} for path in paths))


def of_pushes(name: str, **fault: object) -> Trial:
    """Return a trial in which pushes go wrong until it is over."""
    return Trial(name, ({"times": None, **fault},))


TRIALS = (
    Trial("no fault"),
    of_calls("-1 at every second call", errcode=-1, every=2),
    of_calls("-1 at every call but log-in and token", (*EVERY_CALL, PHONE), errcode=-1),
    of_calls("45009, the day's quota is used up", (*EVERY_CALL, PHONE), errcode=45009),
    of_calls("45011, too frequent, at every second call", (*EVERY_CALL, PHONE), errcode=45011, every=2),
    of_calls("40001 at every second call", (*EVERY_CALL, PHONE), errcode=40001, every=2),
    of_calls("all tokens die before every third call", (*EVERY_CALL, PHONE), revoke_tokens=True, every=3),
    of_calls("-1 when the token is fetched", (TOKEN,), errcode=-1, every=2),
    of_calls("every call takes 2 s longer", delay_s=2.0),
    of_calls("no answer for 20 s at every third call", (*EVERY_CALL, PHONE), delay_s=20.0, every=3),
    of_calls("the connection is cut at every second call", cut=True, every=2),
    of_calls("the call is carried out, then cut", cut=True, after=True, every=2),
    of_calls("HTTP 500 at every second call", http_status=500, every=2),
    of_calls("unreadable answers at every second call", body="<html>busy</html>", every=2),
    Trial("the user was not seen within two hours", forgets_visits=True),
    of_pushes("pushes come twice", push="duplicate"),
    of_pushes("pushes come out of order", push="reorder", every=2),
    of_pushes("pushes come 3 s late", push="delay", delay_s=3.0),
    of_pushes("pushes come before the answer", push="early"),
    of_pushes("pushes come in the old shape", push="old_shape"),
    of_pushes("pushes are forged", push="forged"),
    of_pushes("pushes are lost", push="drop"),
    replace(of_calls("the worker is killed again and again", delay_s=1.0), kills="worker"),
    replace(of_calls("the API is killed again and again", delay_s=1.0), kills="api"),
)
