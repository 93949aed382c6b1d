from uuid import uuid4

_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def letters(length: int) -> str:
    """Return random small letters, for names that must differ; up to 32.

    Digits would do harm: now and then eight of them stand together and are masked as somebody's number.
    """
    return uuid4().hex[:length].translate(_LETTERS)
