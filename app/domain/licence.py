"""Licence numbers: 统一社会信用代码, 18 characters with a check character (GB 32100-2015; pure).

One character for the registering authority, one for the kind, six digits of the place, nine of the organisation, one to
check. A number that passes need not exist: that the shop is what it says, the alliance's staff see in its documents.
"""

import re

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""31 characters; I, O, S, V and Z are not among them."""
CHARACTERS = 18
_FORM = re.compile(f"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}", re.ASCII)


def check_character(first: str) -> str:
    """Return the last character of the number that begins with these 17: the weights are 3^(i-1) mod 31 (annex A)."""
    total = sum(ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(first))
    return ALPHABET[-total % 31]


def is_valid(number: str) -> bool:
    """Whether this can be a licence number: its form, and its check character."""
    return _FORM.fullmatch(number) is not None and check_character(number[:-1]) == number[-1]
