"""Which message rings by which of WeChat's templates, in which fields, and the words put into them (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from string import Formatter
from uuid import UUID

from app.core.clock import SHANGHAI
from app.domain import message_fields
from app.domain.message_kinds import AskedMoment, MessageKind
from app.domain.message_texts import MESSAGES

URGENT_KINDS = frozenset({MessageKind.CALL_OUT, MessageKind.CALL_OUT_OVER, MessageKind.CALL_OUT_GROUP})
"""Only these may ring at night."""
OF_EVERY_MESSAGE = frozenset({"heading", "body", "time", "date"})
OF_A_PAGE = frozenset({"message_id", "subject_kind", "subject_id"})


@dataclass(frozen=True, slots=True)
class Template:
    """One of WeChat's templates, as it was chosen in the console; ``id`` is WeChat's."""

    id: str
    title: str
    is_long_term: bool


@dataclass(frozen=True, slots=True)
class Form:
    """How messages of one kind ring: in which fields, leading to which page. Both have places for words."""

    template: Template
    page: str
    fields: Mapping[str, str]
    is_urgent: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A message that is to ring: its words, when it was told, and what it is about."""

    id: UUID
    heading: str
    body: str
    created_at: datetime
    subject_kind: str
    subject_id: UUID
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Templates:
    """What the file says."""

    forms: Mapping[MessageKind, Form] = field(default_factory=dict)
    moments: Mapping[AskedMoment, tuple[Template, ...]] = field(default_factory=dict)

    @property
    def listed(self) -> dict[str, Template]:
        """Return each template by its id, in the order of the file."""
        return {form.template.id: form.template for form in self.forms.values()}


def render(form: Form, told: Told) -> tuple[str, dict[str, str]]:
    """Return the page and the fields of a message, as WeChat takes them. Raises UnfitError."""
    moment = told.created_at.astimezone(SHANGHAI)
    date = f"{moment.year}年{moment.month}月{moment.day}日"
    words = {**told.words, "heading": told.heading, "body": told.body, "time": f"{date} {moment:%H:%M}", "date": date}
    page = form.page.format(message_id=told.id, subject_kind=told.subject_kind, subject_id=told.subject_id)
    return page, {key: message_fields.fit(key, words_in(pattern, words)) for key, pattern in form.fields.items()}


def words_in(pattern: str, words: Mapping[str, str]) -> str:
    """Return the pattern with words in their places; a message told before the pattern asked for more lacks some."""
    return "".join(before + words.get(name or "", "") for before, name, _, _ in Formatter().parse(pattern))


def places(pattern: str) -> frozenset[str]:
    """Return the names of the places for words. Raises ValueError when braces do not match."""
    return frozenset(name for _, name, _, _ in Formatter().parse(pattern) if name is not None)


def words_of(kind: MessageKind) -> frozenset[str]:
    """Return which words a kind of message has beside those of every message."""
    return frozenset(name for text in MESSAGES[kind] for name in places(text))
