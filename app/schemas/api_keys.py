"""Keys for other systems."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from app.schemas.areas import AreaRef
from app.schemas.fields import Check, In, Out

KeyName = Annotated[str, StringConstraints(min_length=1, max_length=40), Check]


class ApiKeyIn(In):
    """Where the key shall hold, and what system it is for."""

    area_id: UUID
    name: KeyName


class ApiKeyOut(Out):
    """A key as it stands; ``last_used_at`` is the minute in which something was last posted with it."""

    id: UUID
    area: AreaRef
    name: str
    last_used_at: datetime | None
    created_at: datetime
    actions: list[str]


class NewApiKeyOut(ApiKeyOut):
    """A key that was just made. ``key`` is shown this once; when the request is repeated it is null."""

    key: str | None
