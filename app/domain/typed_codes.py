"""Codes that one person shows or reads out and another types: 8 letters and digits that nobody mistakes (pure).

Crockford's alphabet has no I, L, O and U; where somebody typed what looks alike, it is read as what was meant.
https://www.crockford.com/base32.html
"""

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHARACTERS = 8
RANDOM_BYTES = 5
"""40 bits are 8 characters of 5."""
_BITS = 5
_MEANT = str.maketrans({"I": "1", "L": "1", "O": "0", " ": None, "-": None})


def write(random: bytes) -> str:
    """Return the code of ``RANDOM_BYTES`` bytes of chance."""
    number = int.from_bytes(random)
    return "".join(ALPHABET[number >> shift & 31] for shift in range((CHARACTERS - 1) * _BITS, -1, -_BITS))


def read(typed: str) -> str | None:
    """Return the code as it was written, or None when this can be none."""
    code = typed.upper().translate(_MEANT)
    return code if len(code) == CHARACTERS and set(code) <= set(ALPHABET) else None
