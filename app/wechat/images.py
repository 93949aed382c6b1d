"""Images among WeChat's answers, told by their first bytes: its content types are not to be relied on."""

from collections.abc import Mapping

MEDIA_TYPES: Mapping[bytes, str] = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG": "image/png"}


def find_media_type(content: bytes) -> str | None:
    """Return what kind of picture this is, or None when it is none."""
    return next((kind for beginning, kind in MEDIA_TYPES.items() if content.startswith(beginning)), None)


def media_type_of(content: bytes) -> str:
    """Return what kind of picture this is. Raises ValueError when it is none."""
    kind = find_media_type(content)
    if kind is None:
        raise ValueError("neither JPEG nor PNG")
    return kind
