"""Hours of a week as people write them in a cell: 周六14:00-17:00；周日上午 (pure).

Days, then times of them, as often as one likes; days without times are whole days. What could be meant in two ways,
such as 2点-5点, is not read.
"""

import re
import unicodedata
from dataclasses import dataclass, field

from app.domain.free_hours import DAY_MINUTES, DAY_NAMES, Span, Unread, merge, on_days

EXAMPLE = "周六14:00-17:00；周日上午"
LENGTH_MAX = 1_000
"""More than the longest week that is told takes."""
PARTS_OF_DAY: dict[str, Span] = {
    "早上": (6 * 60, 8 * 60), "早晨": (6 * 60, 8 * 60), "上午": (8 * 60, 12 * 60), "中午": (12 * 60, 14 * 60),
    "下午": (14 * 60, 18 * 60), "傍晚": (17 * 60, 19 * 60), "晚上": (18 * 60, 21 * 60), "晚间": (18 * 60, 21 * 60),
    "白天": (8 * 60, 18 * 60),
}  # fmt: skip
WHOLE_DAY: Span = (8 * 60, 21 * 60)
"""全天 is when people are up, not the night."""
_WHOLE = ("全天", "整天")
_NAMED_DAYS = dict.fromkeys(("每天", "天天", "每日", "随时"), tuple(range(1, 8))) | dict.fromkeys(
    ("工作日", "平日"), tuple(range(1, 6))
) | dict.fromkeys(("周末", "双休日", "休息日"), (6, 7))  # fmt: skip
_DAY_OF = {name: day for day, name in enumerate(DAY_NAMES, 1)} | {"天": 7}
_SIMPLE = str.maketrans("週禮點時雙間隨鐘至到~〜–—―－", "周礼点时双间随钟--------")  # noqa: RUF001
_NUMBERED_DAY = re.compile("(?<=[周期拜])[1-7](?![0-9:点时])")
_TOKEN = re.compile(
    rf"(?P<named>{'|'.join(_NAMED_DAYS)})"
    r"|每?逢?(?:周|星期|礼拜)(?P<days>[一二三四五六日]+|天)"
    rf"|(?P<whole>{'|'.join(_WHOLE)})"
    rf"|(?P<part>{'|'.join(PARTS_OF_DAY)})"
    r"|(?P<hour>[0-9]{1,2})(?::(?P<minute>[0-9]{2})|(?P<word>[点时])钟?(?:(?P<half>半)|(?P<late>[0-9]{1,2})分?)?)?"
    r"|(?P<dash>-+)|(?P<stop>[;\n。])|(?P<join>[、,和及与:|/]+)|(?P<bare>[一二三四五六日天])"
)
_EARLY_HOUR = 7
"""Before it, a plain hour is as likely to be one after noon."""
_NOON, _MIDNIGHT = 12, 24


def read(text: str) -> tuple[Span, ...] | Unread:
    """Return the spans that a text tells, or why it tells none."""
    simple = unicodedata.normalize("NFKC", text).translate(_SIMPLE)
    plain = re.sub(r"[ \t()]+", "", _NUMBERED_DAY.sub(lambda found: DAY_NAMES[int(found[0]) - 1], simple))
    if len(plain) > LENGTH_MAX:
        return Unread.TOO_MANY
    tokens: list[re.Match[str]] = []
    place = 0
    while place < len(plain):
        token = _TOKEN.match(plain, place)
        if token is None:
            return Unread.UNCLEAR
        tokens.append(token)
        place = token.end()
    reader = _Reader(tokens)
    wrong = reader.read()
    return wrong or merge(reader.spans) if wrong or reader.spans else Unread.UNCLEAR


@dataclass(slots=True)
class _Reader:
    """Goes over the words of a text once."""

    tokens: list[re.Match[str]]
    place: int = 0
    spans: list[Span] = field(default_factory=list)

    def read(self) -> Unread | None:
        """Read parts to the end; return what stands against it."""
        while self._next("join", "stop"):
            self.place += 1
        while self.place < len(self.tokens):
            days = self._read_days()
            if isinstance(days, Unread):
                return days
            times = self._read_times()
            if isinstance(times, Unread):
                return times
            for start, end in times or [WHOLE_DAY]:
                self.spans += on_days(sorted(days), start, end)
            while self._next("join", "stop"):
                self.place += 1
        return None

    def _next(self, *names: str, ahead: int = 0) -> str | None:
        """Return which of these the next word is."""
        if self.place + ahead >= len(self.tokens):
            return None
        token = self.tokens[self.place + ahead]
        return next((name for name in names if token[name] is not None), None)

    def _read_days(self) -> set[int] | Unread:
        """Read 周一至周五, 周二、四, 周末."""
        found: set[int] = set()
        last = 0
        while name := self._next("named", "days", "bare", "dash", "join"):
            if name in {"dash", "join"}:
                if not self._next("named", "days", "bare", ahead=1):
                    break
                self.place += 1
            token = self.tokens[self.place]
            if token["bare"] and not (found and name in {"dash", "join"}):
                return Unread.UNCLEAR
            days = _NAMED_DAYS[token["named"]] if token["named"] else _days_of(token["days"] or token["bare"])
            if sorted(set(days)) != list(days):  # 周六一天 is one day, not three
                return Unread.UNCLEAR
            if name == "dash":
                if not last or len(days) > 1 or days[0] <= last:
                    return Unread.UNCLEAR
                found |= set(range(last, days[0] + 1))
            else:
                found |= set(days)
            last = days[0] if len(days) == 1 else 0
            self.place += 1
        if found:
            return found
        return Unread.DAY_MISSING if self._next("hour", "part", "whole") else Unread.UNCLEAR

    def _read_times(self) -> list[Span] | Unread:
        """Read 上午, 14:00-17:00, 下午2点-5点半, one or several; none to the next day or the end of the part."""
        found: list[Span] = []
        while True:
            if self._next("join") and self._next("hour", "part", "whole", ahead=1):
                self.place += 1
            name = self._next("hour", "part", "whole")
            if name is None:
                return found if self._next("join", "stop", "days", "named") or self._is_over() else Unread.UNCLEAR
            if name == "whole":
                span: Span | Unread = WHOLE_DAY
                self.place += 1
            elif name == "part" and not self._next("hour", ahead=1):
                span = PARTS_OF_DAY[self.tokens[self.place]["part"]]
                self.place += 1
            else:
                span = self._read_span()
            if isinstance(span, Unread):
                return span
            found.append(span)

    def _read_span(self) -> Span | Unread:
        """Read from when to when."""
        first_part, first = self._take_clock()
        if first is None or not self._next("dash"):
            return Unread.UNCLEAR
        self.place += 1
        part, last = self._take_clock()
        if last is None:
            return Unread.UNCLEAR
        start = _minute(first, first_part, word=first["word"] or last["word"])
        end = _minute(last, part or first_part, word=last["word"])
        if start is None or end is None:
            return Unread.UNCLEAR
        return (start, end) if start < end else Unread.ORDER

    def _take_clock(self) -> tuple[str | None, re.Match[str] | None]:
        part = None
        if self._next("part"):
            part = self.tokens[self.place]["part"]
            self.place += 1
        if not self._next("hour"):
            return part, None
        self.place += 1
        return part, self.tokens[self.place - 1]

    def _is_over(self) -> bool:
        return self.place >= len(self.tokens)


def _days_of(names: str) -> tuple[int, ...]:
    return tuple(_DAY_OF[name] for name in names)


def _minute(clock: re.Match[str], part: str | None, *, word: str | None) -> int | None:
    """Return the minute of the day, or None for what is no time or could be two."""
    if clock["minute"] is None and word is None:
        return None
    written = clock["hour"]
    hour = int(written)
    late = 30 if clock["half"] else int(clock["minute"] or clock["late"] or 0)
    if part is None and hour < _EARLY_HOUR and len(written) == 1:
        return None
    if part is not None:
        told = _in_part(hour, part)
        if told is None:
            return None
        hour = told
    minute = hour * 60 + late
    return minute if late < 60 and minute <= DAY_MINUTES else None


def _in_part(hour: int, part: str) -> int | None:
    """Return the hour of 24 that an hour in a part of the day is: 下午2点 is 14."""
    if part in {"早上", "早晨", "上午"}:
        return hour if hour <= _NOON else None
    if part == "中午":
        return hour + _NOON if hour < 3 else hour if hour < 15 else None
    if part in {"晚上", "晚间"} and hour == _NOON:
        return _MIDNIGHT
    if hour >= _NOON or (part == "白天" and hour >= _EARLY_HOUR):
        return hour
    is_night = part in {"晚上", "晚间"}
    return hour + _NOON if hour >= (5 if is_night else 1) else None
