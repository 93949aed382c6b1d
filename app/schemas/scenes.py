"""Where scanned codes lead."""

from uuid import UUID

from app.domain.scenes import SceneKind
from app.schemas.fields import Out


class SceneOut(Out):
    """What a code leads to; ``path`` is where to ask on: the thing itself, or what its reader may know of it."""

    kind: SceneKind
    id: UUID
    path: str
    actions: list[str]
