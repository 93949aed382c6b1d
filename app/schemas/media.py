"""Pictures as they are told."""

from typing import Literal
from uuid import UUID

from app.schemas.fields import Out

MediaStatus = Literal["checking", "passed", "held", "rejected"]


class PictureOut(Out):
    """A picture of something; its links open it for ten to twenty minutes. Others see those alone that have passed."""

    id: UUID
    url: str
    thumb_url: str
    width: int
    height: int
    status: MediaStatus


class CoverOut(Out):
    """How a list shows something: small; ``width`` and ``height`` are those of the whole picture."""

    id: UUID
    thumb_url: str
    width: int
    height: int


class MediaOut(PictureOut):
    """A picture that was just uploaded, as its owner sees it."""

    actions: list[Literal["remove"]]
