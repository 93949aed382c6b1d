"""Where a picture's files lie: below the day of its id, so that a sweep looks at a few days and at nothing else."""

from datetime import UTC, date, datetime
from typing import Literal
from uuid import UUID

FOLDER = "pictures"
Variant = Literal["full", "thumb"]
VARIANTS: tuple[Variant, ...] = ("full", "thumb")


def path_of(media_id: UUID, variant: Variant) -> str:
    """Return the path of one file of a picture."""
    made_at = datetime.fromtimestamp((media_id.int >> 80) / 1000, UTC)  # RFC 9562, section 5.7
    return f"{folder_of(made_at.date())}/{media_id}/{variant}"


def paths_of(media_id: UUID) -> list[str]:
    """Return the paths of all files of a picture."""
    return [path_of(media_id, variant) for variant in VARIANTS]


def folder_of(day: date) -> str:
    """Return where the files of a day (UTC) lie."""
    return f"{FOLDER}/{day.isoformat()}"


def id_in(path: str) -> UUID | None:
    """Return whose file a path below ``FOLDER`` is, or None for one that we did not write."""
    try:
        return UUID(path.split("/")[2])
    except (IndexError, ValueError):
        return None
