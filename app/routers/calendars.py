"""Calendars to subscribe to, for whoever has the secret link."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.deps import ReadsDep, SecretDep
from app.problems import responses
from app.services import calendar_links

router = APIRouter(prefix="/calendars", tags=["me"])


class CalendarFile(Response):
    """A file of RFC 5545; programs that subscribe ask for it some times a day."""

    media_type = "text/calendar"


@router.get(
    "/{token}.ics",
    response_class=CalendarFile,
    responses={
        200: {"content": {"text/calendar": {"schema": {"type": "string"}}}},
        **responses("not-found", "invalid-payload"),
    },
)
async def read_calendar(token: Annotated[str, Path(max_length=100)], reads: ReadsDep, secret: SecretDep) -> Response:
    """Read the calendar that a secret link leads to; nobody has to log in."""
    content = await calendar_links.read(reads, token, secret=secret)
    return CalendarFile(content, headers={"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer"})
