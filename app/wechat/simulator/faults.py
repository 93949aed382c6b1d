"""What goes wrong on demand, in answers and in pushes: once, some times or until it is forgotten."""

from collections.abc import Iterable, Iterator
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr
from starlette.responses import Response

from app.wechat.simulator.protocol import CutResponse, refused, say

EVERYTHING = "*"
FAULTS_KEPT_MAX = 100

PushFaultKind = Literal["duplicate", "reorder", "delay", "drop", "old_shape", "early", "forged"]


class Ordered(BaseModel):
    """Something that goes wrong ``times`` times (null: until forgotten), at every ``every``-th occasion."""

    model_config = ConfigDict(extra="forbid", strict=True)

    times: int | None = Field(1, ge=1, le=10_000)
    every: int = Field(1, ge=1, le=10_000)
    delay_s: float = Field(0.0, ge=0, le=120)
    _seen: int = PrivateAttr(0)

    def strikes(self) -> bool:
        """Count one occasion; True when this one goes wrong."""
        self._seen += 1
        if self._seen % self.every:
            return False
        if self.times is not None:
            self.times -= 1
        return True

    @property
    def is_spent(self) -> bool:
        return self.times == 0


Kind = TypeVar("Kind", bound=Ordered)


class Fault(Ordered):
    """What goes wrong with calls of ``path`` (``*``: of every path)."""

    path: str
    errcode: int | None = None
    http_status: int | None = Field(None, ge=200, le=599)
    body: str | None = Field(None, max_length=100_000)
    cut: bool = False
    after: bool = False
    """The call is carried out, and then its answer is spoilt."""
    revoke_tokens: bool = False
    """Every access token dies before the call is looked at."""

    @property
    def spoils(self) -> bool:
        """Whether another answer takes the place of the true one."""
        return self.errcode is not None or self.http_status is not None or self.body is not None or self.cut


class PushFault(Ordered):
    """What goes wrong with pushes of ``event`` (``*``: of every event).

    duplicate: delivered twice at once. reorder: held back until the next push has gone out. delay: held back for
    ``delay_s``. drop: never sent. old_shape: as older servers wrote it. early: delivered before the call that causes it
    is answered. forged: the signature is another's.
    """

    push: PushFaultKind
    event: str = EVERYTHING


def take(faults: list[Fault], path: str) -> Fault | None:
    """Return the first fault that strikes this call of ``path``; forget it after its last time."""
    return next(struck(faults, (fault for fault in list(faults) if fault.path in {path, EVERYTHING})), None)


def take_for_push(faults: list[PushFault], event: str) -> list[PushFault]:
    """Return all faults that strike this push of ``event``; forget each after its last time."""
    return list(struck(faults, (fault for fault in list(faults) if fault.event in {event, EVERYTHING})))


def struck(faults: list[Kind], candidates: Iterable[Kind]) -> Iterator[Kind]:
    for fault in candidates:
        if fault.strikes():
            if fault.is_spent:
                faults.remove(fault)
            yield fault


def faulty(fault: Fault) -> Response:
    """Return the answer that a fault puts in the place of the true one."""
    if fault.cut:
        return CutResponse()
    status = fault.http_status or 200
    if fault.errcode is not None and fault.body is None:
        return say(refused(fault.errcode), status)
    return Response(fault.body or "", status, media_type="text/plain")
