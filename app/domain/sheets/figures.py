"""Numbers and telephone numbers as people write them (pure)."""

import math
import re

from app.domain.sheets import cells
from app.domain.sheets.faults import Wrong, wrong

EXPONENT = re.compile(r"([0-9])(?:\.([0-9]+))?[eE]\+?([0-9]{1,3})")
_FRACTION_OF_NOTHING = re.compile(r"([0-9]+)\.0+")
_WHOLE = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_MOBILE = re.compile("1[3-9][0-9]{9}")
_AREA = "0(?:10|2[0-9]|[3-9][0-9]{2})"
_LANDLINE = re.compile(rf"({_AREA})([2-9][0-9]{{6,7}})(?:[-x转]([0-9]{{1,6}}))?")
_SERVICE = re.compile("[48]00[0-9]{7}")
_COUNTRY = re.compile(r"^(?:\(?\+86\)?|0086|86(?=[- ]?1[3-9]))[- ]?")


def read_number(text: str, units: str = "") -> float | Wrong | None:
    """Return a number as people write it: full-width, with separators of thousands, with a unit behind it (120户)."""
    plain = cells.fold(text)
    if cells.is_nothing_in_words(plain):
        return None
    if cells.is_error(plain):
        return wrong("error-value")
    bare = plain.replace(" ", "").rstrip(units).replace("−", "-")  # noqa: RUF001
    if _THOUSANDS.fullmatch(bare):
        bare = bare.replace(",", "")
    number = float(bare) if _WHOLE.fullmatch(bare) else math.inf
    return number if math.isfinite(number) else wrong("number-invalid")


def read_phone(plain: str) -> str | Wrong:
    """Return a number of which figures and signs are plain, or what is wrong with it."""
    whole = _FRACTION_OF_NOTHING.sub(r"\1", plain)
    figures = _COUNTRY.sub("", whole)
    joined = re.sub(r"[\s()._-]", "", figures)
    if _MOBILE.fullmatch(joined) or _SERVICE.fullmatch(joined):
        return joined
    landline = _LANDLINE.fullmatch(re.sub(r"[\s()._]|-(?=[0-9]{7,8}(?![0-9]))", "", figures).replace("转", "-"))
    if landline is None:
        landline = _LANDLINE.fullmatch(joined if joined[:1] == "0" or figures == whole else f"0{joined}")
    if landline:
        return "-".join(part for part in landline.groups() if part)
    numbers = [part for part in re.split(r"[/、,;，；或\s]+", figures) if part]
    if len(numbers) > 1 and all(len(re.sub("[^0-9]", "", part)) >= 7 for part in numbers):
        return wrong("phone-several")
    if not joined.isdigit():
        return wrong("phone-invalid")
    if len(joined) in {7, 8} and joined[0] not in "01":
        return wrong("phone-no-area-code")
    return wrong("phone-length") if joined[0] == "1" else wrong("phone-invalid")


def without_exponent(plain: str) -> str | Wrong:
    """Return 1.3812345678E10 as its digits; where digits are missing, say so."""
    found = EXPONENT.fullmatch(plain)
    if not found:
        return _FRACTION_OF_NOTHING.sub(r"\1", plain) if _FRACTION_OF_NOTHING.fullmatch(plain) else plain
    digits = found[1] + (found[2] or "").rstrip("0")
    length = int(found[3]) + 1
    return digits if len(digits) == length else wrong("digits-lost")
