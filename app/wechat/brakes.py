"""Our own brakes on calls to WeChat: a pace below its limits, and a pause after failures; it never calls WeChat."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from app.wechat.calls import Call
from app.wechat.errors import (
    LIMIT_PER_DAY_ERRCODES,
    LIMIT_PER_MINUTE_ERRCODES,
    TooFrequent,
    WeChatBusy,
    WeChatError,
    WeChatMisconfigured,
    WeChatTokenRefused,
    WeChatUnreachable,
)

FAILURES_MAX = 5
"""So many in a row, and an endpoint is left alone for a while."""

DAY_PAUSE_MAX_S = 3600.0
"""A day's limit is tried rarely: nobody tells us when WeChat's day ends, or that an operator had it cleared."""

LEFT_ALONE = "WeChat failed several times in a row and is left alone for a while"
PACE = 0.9
"""The share of WeChat's limit that all our processes together use: its minutes are not ours."""

log: structlog.stdlib.BoundLogger = structlog.get_logger(__name__)


@dataclass(slots=True)
class Condition:
    """How one endpoint has behaved lately; ``paused_until_s`` is on the monotonic clock."""

    failures: int = 0
    day_refusals: int = 0
    paused_until_s: float = 0.0
    limited_by: int | None = None
    is_on_trial: bool = False


class Brakes:
    """The brakes of one process, for each endpoint by itself: pictures that cannot be checked lock nobody out."""

    def __init__(self, processes: int, pause_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep to the share of one of ``processes``; ask again ``pause_s`` seconds after too many failures."""
        self._processes = processes
        self._pause_s = pause_s
        self._clock = clock
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._conditions: dict[str, Condition] = {}

    async def let_through(self, call: Call) -> None:
        """Return when the call may be sent now; then ``release`` must follow.

        Raises TooFrequent when our share of the minute is used up or WeChat has just told of its limit, and
        WeChatUnreachable while the endpoint is left alone after failures; the first call after a pause goes alone.
        """
        condition = self._conditions.setdefault(call.path, Condition())
        is_paused = self._clock() < condition.paused_until_s
        if is_paused and condition.limited_by is not None:
            raise TooFrequent(condition.limited_by, reason="WeChat's limit was reached a moment ago")
        if is_paused and condition.failures >= FAILURES_MAX:
            raise WeChatUnreachable(reason=LEFT_ALONE)
        if call.per_minute is not None:
            share = max(1, int(call.per_minute * PACE / self._processes))
            if not await self._limiter.hit(RateLimitItemPerMinute(share), call.path):
                raise TooFrequent(reason="This process's share of WeChat's limit is used up")
        if condition.failures >= FAILURES_MAX:
            if condition.is_on_trial:
                raise WeChatUnreachable(reason=LEFT_ALONE)
            condition.is_on_trial = True

    def release(self, call: Call, failure: WeChatError | None) -> None:
        """Take note of how a call ended that was let through: ``failure`` is None when WeChat did as it was asked."""
        condition = self._conditions[call.path]
        condition.is_on_trial = False
        if isinstance(failure, WeChatTokenRefused):
            return  # a token's end says nothing of the endpoint; a refusal of the next one too is noted by ``blame``
        if isinstance(failure, WeChatBusy | WeChatMisconfigured):
            self.blame(call)
            return
        condition.failures = 0
        condition.limited_by = None
        if isinstance(failure, TooFrequent) and failure.errcode in LIMIT_PER_MINUTE_ERRCODES | LIMIT_PER_DAY_ERRCODES:
            condition.limited_by = failure.errcode
            self._pause_after_limit(condition, is_of_day=failure.errcode in LIMIT_PER_DAY_ERRCODES)
        elif failure is None:
            condition.day_refusals = 0

    def _pause_after_limit(self, condition: Condition, *, is_of_day: bool) -> None:
        """Pause; after a day's limit twice as long each time that WeChat refuses again. Calls at once count once."""
        moment = self._clock()
        if moment < condition.paused_until_s:
            return
        pause_s = self._pause_s
        if is_of_day:
            pause_s = min(pause_s * 2**condition.day_refusals, DAY_PAUSE_MAX_S)
            condition.day_refusals += 1
        condition.paused_until_s = moment + pause_s

    def blame(self, call: Call) -> None:
        """Count a failure of an endpoint; after too many in a row it is left alone for a while."""
        condition = self._conditions[call.path]
        condition.failures += 1
        condition.limited_by = None
        if condition.failures >= FAILURES_MAX:
            condition.paused_until_s = self._clock() + self._pause_s
            log.warning("wechat_left_alone", path=call.path, failures=condition.failures, pause_s=self._pause_s)
