"""Open311 GeoReport v2: what a request says, and answers as JSON or XML (https://wiki.open311.org/GeoReport_v2)."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID
from xml.etree import ElementTree as ET

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError, to_json

from app.core.clock import SHANGHAI
from app.schemas.fields import Check, require_written
from app.schemas.people import Phone

PREFIX = "/open311/"
FIRST_YEAR, LAST_YEAR = 1970, 2100
PAGE_MAX = 1_000
PAGE_SIZE_MAX = 1_000

Content = Mapping[str, Any] | Sequence[Any] | str | float | bool | datetime | UUID | None
"""What answers are made of. By the standard a list in JSON is in XML an element with one below for each item."""

ITEMS = {
    "services": "service",
    "service_requests": "request",
    "attributes": "attribute",
    "endpoints": "endpoint",
    "formats": "format",
    "errors": "error",
}
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold even escaped (section 2.2)."""


class Format(StrEnum):
    """How an answer is written, by the ending of the path."""

    JSON = "json"
    XML = "xml"

    @property
    def media_type(self) -> str:
        """The Content-Type that the standard asks for."""
        return "text/xml; charset=utf-8" if self is Format.XML else "application/json; charset=utf-8"

    def write(self, root: str, content: Content) -> bytes:
        """Return ``content``; in XML it stands in an element ``root``, JSON has no name for it."""
        if self is Format.JSON:
            return to_json(_plain(content))
        element = ET.Element(root)
        _fill(element, content)
        written: bytes = ET.tostring(element, encoding="utf-8", xml_declaration=True)
        return written


class Status(StrEnum):
    """All that the standard knows of how far a request has come; more stands in ``status_notes``."""

    OPEN = "open"
    CLOSED = "closed"


def format_of(path: str) -> Format:
    """Return in which format somebody at ``path`` expects an answer; XML is the one that every client reads."""
    return Format.JSON if path.endswith(".json") else Format.XML


def _plain(content: Content) -> Any:
    if isinstance(content, Mapping):
        return {name: _plain(value) for name, value in content.items()}
    if isinstance(content, datetime):
        return _moment(content)
    if isinstance(content, Sequence) and not isinstance(content, str):
        return [_plain(value) for value in content]
    return content


def _fill(element: ET.Element, content: Content) -> None:
    if isinstance(content, Mapping):
        for name, value in content.items():
            _fill(ET.SubElement(element, name), value)
    elif isinstance(content, Sequence) and not isinstance(content, str):
        for value in content:
            _fill(ET.SubElement(element, ITEMS[element.tag]), value)
    elif isinstance(content, bool):
        element.text = "true" if content else "false"
    elif isinstance(content, datetime):
        element.text = _moment(content)
    elif content is not None:
        element.text = NOT_IN_XML.sub("", str(content))


def _moment(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")


def none_if_empty(value: Any) -> Any:
    """Take a parameter that is there and empty as one that is not: the standard wants both to mean the same."""
    return None if value == "" else value


def require_written_or_empty(value: Any) -> Any:
    """Refuse a number, which would be taken for seconds."""
    return require_written(value) if value else None


def one_line_ends(value: Any) -> Any:
    """Take the line ends of forms as the ones that texts are kept with."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip() or None if isinstance(value, str) else value


def without_blanks(value: Any) -> Any:
    """Take a phone number as people write it, with blanks and brackets."""
    return re.sub(r"[\s()]", "", value) or None if isinstance(value, str) else value


def split(value: Any) -> Any:
    """Take values with commas between them."""
    return [part.strip() for part in value.split(",") if part.strip()] or None if isinstance(value, str) else value


def check_moment(value: datetime | None) -> datetime | None:
    """Refuse moments so far off that ninety days from there there is none."""
    if value is not None and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise PydanticCustomError("moment_range", "The year is not between 1970 and 2100")
    return value


Empty = BeforeValidator(none_if_empty)
Latitude = Annotated[Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)] | None, Empty]
Longitude = Annotated[Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)] | None, Empty]
PageNumber = Annotated[Annotated[int, Field(ge=1, le=PAGE_MAX)] | None, Empty]
PageSize = Annotated[Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] | None, Empty]
Name = Annotated[Annotated[str, StringConstraints(strip_whitespace=True, max_length=20), Check] | None, Empty]
Moment = Annotated[AwareDatetime | None, BeforeValidator(require_written_or_empty), AfterValidator(check_moment)]


class Parameters(BaseModel):
    """Parameters of a request; those that mean nothing here are passed over, as the standard asks."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    jurisdiction_id: Annotated[str | None, Empty] = None
    """The id of an area, such as a district; what lies elsewhere is then not there."""


class RequestIn(Parameters):
    """A new service request: what, where, and how to reach whoever reports it."""

    service_code: Annotated[str | None, Empty] = None
    lat: Latitude = None
    long: Longitude = None
    address_id: Annotated[UUID | None, Empty] = None
    address_string: Annotated[
        Annotated[str, StringConstraints(strip_whitespace=True, max_length=100), Check] | None, Empty
    ] = None
    description: Annotated[str, BeforeValidator(one_line_ends), StringConstraints(max_length=2000), Check]
    first_name: Name = None
    last_name: Name = None
    phone: Annotated[Phone | None, BeforeValidator(without_blanks)] = None
    email: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$", max_length=100), Check] | None, Empty
    ] = None

    @model_validator(mode="after")
    def have_whole_point(self) -> Self:
        """Refuse half a point."""
        if (self.lat is None) != (self.long is None):
            raise PydanticCustomError("half_a_point", "lat goes with long")
        return self

    @property
    def name(self) -> str | None:
        """Whoever reports it, in the order of their script."""
        parts = [part for part in (self.first_name, self.last_name) if part]
        if not parts:
            return None
        return " ".join(parts) if all(part.isascii() for part in parts) else "".join(reversed(parts))


class RequestsQuery(Parameters):
    """Which service requests are asked for."""

    service_request_id: Annotated[list[str] | None, BeforeValidator(split)] = None
    service_code: Annotated[list[str] | None, BeforeValidator(split)] = None
    start_date: Moment = None
    end_date: Moment = None
    status: Annotated[list[Status] | None, BeforeValidator(split)] = None
    page: PageNumber = None
    page_size: PageSize = None
    extensions: Annotated[bool | None, Empty] = None
