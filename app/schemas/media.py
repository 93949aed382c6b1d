"""Pictures as they are told."""

from typing import Literal
from uuid import UUID

from app.schemas.fields import Out

MediaStatus = Literal["checking", "passed", "held", "rejected"]


class PictureOut(Out):
    """A picture of something; its links open it for ten to twenty minutes. Others see those alone that have passed.

    Whose it is may `remove` it (`DELETE /v1/media/{media_id}`) where `actions` says so.
    """

    id: UUID
    url: str
    thumb_url: str
    width: int
    height: int
    status: MediaStatus
    actions: list[Literal["remove"]]


class CoverOut(Out):
    """How a list shows something: small; ``width`` and ``height`` are those of the whole picture."""

    id: UUID
    thumb_url: str
    width: int
    height: int
