"""The file that says which message rings by which of WeChat's templates: read, and refused with what to mend.

It has ``templates`` (an id of WeChat's, the fields that were chosen there, the kinds of messages that go by it),
``kinds`` where one of them differs from its template, and ``moments``: what a client asks the user for, and when.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from app.core.settings import Settings, SettingsError
from app.domain import message_fields
from app.domain.message_kinds import AskedMoment, MessageKind
from app.domain.message_templates import (
    OF_A_PAGE,
    OF_EVERY_MESSAGE,
    URGENT_KINDS,
    Form,
    Template,
    Templates,
    places,
    words_of,
)

DEVELOPMENT_FILE = Path(__file__).with_name("templates.toml")
"""With the ids of the simulator."""
ASKED_MAX = 5
"""So many templates may one dialog ask for (wx.requestSubscribeMessage)."""
ID_FORM = r"^[A-Za-z0-9_-]{1,64}$"
PAGE_FORM = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_/-]*(\?[A-Za-z0-9_=&{}-]*)?")


class TemplatesError(ValueError):
    """The file cannot be used; each line of the text says what to mend."""


class _TemplateIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: Annotated[str, StringConstraints(pattern=ID_FORM)]
    title: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    page: str | None = None
    is_long_term: bool = False
    fields: dict[str, str] = Field(min_length=1, max_length=20)
    kinds: list[MessageKind] = Field(min_length=1)


class _KindIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    page: str | None = None
    fields: dict[str, str] = Field(default_factory=dict)
    is_urgent: bool = False


class _FileIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    page: str
    templates: dict[str, _TemplateIn]
    kinds: dict[MessageKind, _KindIn] = Field(default_factory=dict)
    moments: dict[AskedMoment, list[str]] = Field(default_factory=dict)


def load(settings: Settings) -> Templates:
    """Return what the deployment's file says; where there is none, and WeChat is no simulator, nothing rings.

    Raises SettingsError with what to mend.
    """
    path = settings.wechat_templates
    if path is None:
        if not settings.uses_simulator:
            return Templates()
        path = DEVELOPMENT_FILE
    try:
        return read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"ECHOWALL_WECHAT_TEMPLATES: {path} cannot be read ({type(error).__name__}).") from error
    except TemplatesError as error:
        raise SettingsError(f"ECHOWALL_WECHAT_TEMPLATES: {path} cannot be used:\n{error}") from error


def read(text: str) -> Templates:
    """Return what a file says. Raises TemplatesError with a sentence for each fault."""
    try:
        file = _FileIn.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise TemplatesError(f"This is no TOML: {error}.") from error
    except ValidationError as error:
        raise TemplatesError("\n".join(map(_sentence, error.errors(include_url=False)))) from error
    forms = {kind: _form(file, template, kind) for template in file.templates.values() for kind in template.kinds}
    faults = [*_template_faults(file), *_kind_faults(file), *_moment_faults(file)]
    for kind, form in forms.items():
        faults += _form_faults(kind, form)
    if faults:
        raise TemplatesError("\n".join(faults))
    moments = {
        moment: tuple(_template(file.templates[name]) for name in names) for moment, names in file.moments.items()
    }
    return Templates(forms, moments)


def _template(given: _TemplateIn) -> Template:
    return Template(given.id, given.title, given.is_long_term)


def _form(file: _FileIn, template: _TemplateIn, kind: MessageKind) -> Form:
    form = Form(_template(template), template.page or file.page, template.fields, is_urgent=False)
    own = file.kinds.get(kind)
    if own is None:
        return form
    return replace(form, page=own.page or form.page, fields={**form.fields, **own.fields}, is_urgent=own.is_urgent)


def _template_faults(file: _FileIn) -> Iterator[str]:
    by_id: dict[str, str] = {}
    by_kind: dict[MessageKind, str] = {}
    for name, template in file.templates.items():
        if other := by_id.get(template.id):
            yield f"templates.{name} and templates.{other} have the same id: put their kinds into one."
        by_id[template.id] = name
        for kind in template.kinds:
            if other := by_kind.get(kind):
                yield f"{kind} stands in templates.{name} and in templates.{other}: it can ring by one alone."
            by_kind[kind] = name


def _kind_faults(file: _FileIn) -> Iterator[str]:
    template_by_kind = {kind: template for template in file.templates.values() for kind in template.kinds}
    for kind, own in file.kinds.items():
        template = template_by_kind.get(kind)
        if template is None:
            yield f"kinds.{kind} is of no template: put {kind} among the kinds of one, or take it out here."
            continue
        for key in sorted(own.fields.keys() - template.fields.keys()):
            yield f"kinds.{kind}.fields.{key}: its template has no such field."


def _form_faults(kind: MessageKind, form: Form) -> Iterator[str]:
    if form.is_urgent and kind not in URGENT_KINDS:
        yield f"kinds.{kind}.is_urgent: only a call-out rings at night ({', '.join(sorted(URGENT_KINDS))})."
    if not PAGE_FORM.fullmatch(form.page) or _unknown(form.page, OF_A_PAGE):
        yield (
            f"{kind}: a page is a path without a slash before it, such as pages/messages/index?id={{message_id}}; "
            f"its places are {', '.join(sorted(OF_A_PAGE))}."
        )
    known = OF_EVERY_MESSAGE | words_of(kind)
    for key, pattern in form.fields.items():
        if message_fields.type_of(key) is None:
            types = ", ".join(sorted(message_fields.TYPES))
            yield f"{kind}: {key} is no field: it is a type and a number, of the types {types}."
        elif unknown := _unknown(pattern, known):
            yield f"{kind}: {key} has no word for {unknown}; it has {', '.join(sorted(known))}."
        elif not places(pattern) and not _fits(key, pattern):
            yield f"{kind}: {key} cannot hold what it says, by the rules of WeChat for its type."


def _moment_faults(file: _FileIn) -> Iterator[str]:
    for moment, names in file.moments.items():
        unknown = [name for name in names if name not in file.templates]
        if unknown:
            yield f"moments.{moment} names no template: {', '.join(unknown)}."
            continue
        if len(names) > ASKED_MAX or len(set(names)) < len(names):
            yield f"moments.{moment} may ask for {ASKED_MAX} templates at most, each once."
        if len({file.templates[name].is_long_term for name in names}) > 1:
            yield f"moments.{moment} mixes long-term templates with others, which WeChat refuses."


def _unknown(pattern: str, known: frozenset[str]) -> str:
    """Return which places have no word, as a text for a person."""
    try:
        return ", ".join(sorted(f"{{{name}}}" for name in places(pattern) - known))
    except ValueError:
        return "a brace that does not close"


def _fits(key: str, words: str) -> bool:
    try:
        return message_fields.fit(key, words) == words
    except message_fields.UnfitError:
        return False


def _sentence(error: ErrorDetails) -> str:
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}."
