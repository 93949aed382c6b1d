"""Links to pictures: each opens one file for some minutes, and whoever has it needs no token to read.

A link for readers opens a picture only as long as it has passed; one for insiders, who may look at it before, opens it
as long as it is there. So a picture that is taken off is gone for everybody else at once.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

from app.core.clock import now
from app.core.security import keyed_fingerprint
from app.core.settings import Settings
from app.services.media.files import Variant

PURPOSE = b"media-link"
SIGNATURE_BYTES = 16
GRID_S = 600
"""Links end on a grid, so that the same picture has the same link for ten minutes and is kept by caches that long."""
CHECK_LIFE = timedelta(hours=3)
"""WeChat fetches a picture up to half an hour later, and once more when it is asked again."""
LINKS_REMEMBERED = 4096
"""By each process: about three megabytes. To sign the covers of a page anew costs a sixth of the page."""


class Audience(StrEnum):
    """For whom a link was made."""

    READER = "reader"
    INSIDER = "insider"


@dataclass(frozen=True, slots=True)
class Links:
    """What links are made with."""

    base_url: str
    secret: str

    @classmethod
    def of(cls, settings: Settings) -> "Links":
        """Return the means that the settings give."""
        return cls(settings.base_url, settings.secret_key.get_secret_value())

    def shown(self, media: Mapping[str, Any], *, to_insider: bool, may_remove: bool = False) -> dict[str, Any]:
        """Return a picture with links of ten to twenty minutes; ``media`` has at least what stands here."""
        audience = Audience.INSIDER if to_insider else Audience.READER
        until_s = _end_of_links()
        media_id = UUID(str(media["id"]))
        return {
            "id": media_id,
            "url": _link(self, audience, media_id, "full", until_s),
            "thumb_url": _link(self, audience, media_id, "thumb", until_s),
            "width": media["width"],
            "height": media["height"],
            "status": media["status"],
            "actions": ["remove"] if may_remove else [],
        }

    def cover(self, picture: Sequence[Any] | None) -> dict[str, Any] | None:
        """Return how a list shows a thing: by its first picture that has passed, if there is one."""
        if picture is None:
            return None
        media_id, width, height = picture
        thumb_url = _link(self, Audience.READER, media_id, "thumb", _end_of_links())
        return {"id": str(media_id), "thumb_url": thumb_url, "width": width, "height": height}

    def for_check(self, media_id: UUID) -> str:
        """Return a link by which WeChat fetches a picture."""
        return self.made(Audience.INSIDER, media_id, "full", int((now() + CHECK_LIFE).timestamp()))

    def audience_of(
        self, media_id: UUID, variant: Variant, until_s: int, signature: str, moment: datetime
    ) -> Audience | None:
        """Return for whom a link was made, or None when we did not make it or its time is over."""
        if until_s <= moment.timestamp():
            return None
        made = (
            each for each in Audience if hmac.compare_digest(self._sign(each, media_id, variant, until_s), signature)
        )
        return next(made, None)

    def made(self, audience: Audience, media_id: UUID, variant: Variant, until_s: int) -> str:
        """Return the link that opens one file for somebody until a moment."""
        signature = self._sign(audience, media_id, variant, until_s)
        return f"{self.base_url}/v1/media/{media_id}/{variant}?until={until_s}&signature={signature}"

    def _sign(self, audience: Audience, media_id: UUID, variant: Variant, until_s: int) -> str:
        digest = keyed_fingerprint(
            self.secret, PURPOSE, audience.encode(), media_id.bytes, variant.encode(), str(until_s).encode()
        )
        return urlsafe_b64encode(digest[:SIGNATURE_BYTES]).rstrip(b"=").decode()


def _end_of_links() -> int:
    """Return until when links last that are told now: ten to twenty minutes."""
    return (int(now().timestamp()) // GRID_S + 2) * GRID_S


@lru_cache(maxsize=LINKS_REMEMBERED)
def _link(links: Links, audience: Audience, media_id: UUID, variant: Variant, until_s: int) -> str:
    """Return a link that ends on the grid: the same for everybody, so it is signed once."""
    return links.made(audience, media_id, variant, until_s)
