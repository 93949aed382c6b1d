"""Large payloads, read apart from the event loop: FastAPI would read them on it, before it knows who sends them."""

import json
from typing import Any, TypeVar

from pydantic import ValidationError

from app.domain.errors import Problem
from app.schemas.fields import In, named_faults

Form = TypeVar("Form", bound=In)


class _SaidTwiceError(Exception):
    """A name stands twice in one object."""


def read(form: type[Form], body: bytes, *, lists_max: int) -> Form:
    """Return the payload that ``body`` holds, of at most ``lists_max`` lists. Takes a while: call it in a thread.

    A name that stands twice in one object is refused: of large files made by tools, nobody could tell which is meant.
    Raises ``malformed-json`` and ``invalid-payload``.
    """
    if body.count(b"[") > lists_max:  # a million lists would be made, and collected, with all threads waiting
        raise Problem("invalid-payload", fields=[{"field": "body", "reason": "too_long"}])
    try:
        # The hook is called for each object, and there the other threads have their turn.
        told = json.loads(body, object_pairs_hook=_once)
    except _SaidTwiceError as error:
        raise Problem("invalid-payload", fields=[{"field": "body", "reason": "said_twice"}]) from error
    except (ValueError, RecursionError) as error:
        raise Problem("malformed-json") from error
    try:
        return form.model_validate(told)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        raise Problem("invalid-payload", fields=named_faults(found, "body")) from error


def is_json(media_type: str | None) -> bool:
    """Whether a body is said to be JSON of some kind."""
    kind = (media_type or "").partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _SaidTwiceError
    return found
