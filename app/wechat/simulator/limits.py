"""How often WeChat lets itself be called: the documented limits, counted in whole minutes and days since the start."""

from collections import OrderedDict
from dataclasses import dataclass, field, replace

from app.wechat.simulator.protocol import Refusal

MINUTE_S = 60.0
DAY_S = 86_400.0
COUNTS_KEPT_MAX = 100_000

LOG_INS_A_USER_PER_MINUTE = 100
FORCED_REFRESHES_PER_DAY = 20


@dataclass(frozen=True)
class Limit:
    """Calls of one path in a minute and in a day, and the errcode beyond each; None is no limit."""

    per_minute: int | None = None
    per_day: int | None = None
    minute_errcode: int = 45011
    day_errcode: int = 45009


LIMITS = {
    "/cgi-bin/stable_token": Limit(10_000, 500_000),
    "/cgi-bin/token": Limit(per_day=2_000),
    "/wxa/msg_sec_check": Limit(4_000, 2_000_000, minute_errcode=44991),
    "/wxa/media_check_async": Limit(2_000, 200_000, minute_errcode=44991),
    "/wxa/getwxacodeunlimit": Limit(5_000, minute_errcode=45009),
    "/cgi-bin/message/subscribe/send": Limit(per_day=10_000_000),
}
"""Sources: the pages of the interfaces; the 2,000 of the classic token are old."""


@dataclass
class Meter:
    """Counts in windows. The oldest count is forgotten beyond a bound."""

    limits: dict[str, Limit] = field(default_factory=lambda: dict(LIMITS))
    counts: OrderedDict[tuple[str, float], tuple[int, int]] = field(default_factory=OrderedDict)

    def has_room(self, what: str, at_most: int, window_s: float, now_s: float) -> bool:
        """Count one more of ``what`` in the window of ``now_s``; False beyond ``at_most``."""
        window = int(now_s // window_s)
        counted_in, counted = self.counts.pop((what, window_s), (window, 0))
        counted = counted + 1 if counted_in == window else 1
        self.counts[what, window_s] = (window, counted)
        if len(self.counts) > COUNTS_KEPT_MAX:
            self.counts.popitem(last=False)
        return counted <= at_most

    def require_room(self, path: str, now_s: float) -> None:
        """Count one call of ``path``. Refuses with the errcode of the limit that it goes beyond."""
        limit = self.limits.get(path)
        if limit is None:
            return
        if limit.per_day is not None and not self.has_room(path, limit.per_day, DAY_S, now_s):
            raise Refusal(limit.day_errcode)
        if limit.per_minute is not None and not self.has_room(path, limit.per_minute, MINUTE_S, now_s):
            raise Refusal(limit.minute_errcode)

    def tighten(self, path: str, *, per_minute: int | None, per_day: int | None) -> None:
        """Set other limits for ``path`` and begin to count anew."""
        self.limits[path] = replace(self.limits.get(path, Limit()), per_minute=per_minute, per_day=per_day)
        self.counts.clear()

    def restore(self) -> None:
        """Go back to the documented limits and begin to count anew."""
        self.limits = dict(LIMITS)
        self.counts.clear()
