"""Citizens' identity numbers (身份证号, GB 11643-1999): seen, so that they are never taken in (pure)."""

import re
from datetime import date

_CANDIDATE = re.compile(r"(?<![0-9])([1-9][0-9]{5})((?:18|19|20)[0-9]{2})(0[1-9]|1[0-2])([0-3][0-9])([0-9]{3}[0-9Xx])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
LOOKS_LIKE = re.compile(r"[1-9][0-9]{5}(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9][0-9]{3}[0-9Xx*]")
"""The form alone: a column of these is one of identity numbers even where their last places were masked."""


def holds_identity_number(text: str) -> bool:
    """Whether a number whose day of birth and check character are right stands in a text, perhaps with blanks in it."""
    if len(text) < len(_WEIGHTS) + 1:
        return False
    joined = re.sub(r"(?<=[0-9])[ -](?=[0-9Xx])", "", text)
    return any(_is_identity(found) for found in _CANDIDATE.finditer(joined))


def _is_identity(found: re.Match[str]) -> bool:
    number = found[0].upper()
    try:
        date(int(found[2]), int(found[3]), int(found[4]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == number[-1]
