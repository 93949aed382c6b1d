"""The tables in docs/wechat-setup.md that come from the code: settings, calls, events and templates."""

import re
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr, ValidationError

from app.cli.database import PROJECT
from app.core.settings import Settings, explain
from app.services.pushes import TAKERS
from app.wechat import calls, templates
from app.wechat.calls import Call

PAGE = PROJECT / "docs" / "wechat-setup.md"
CONCERNING = ("wechat_", "public_url", "media_url", "word_list", "patrol_percent")
EFFECTS = {
    "wxa_media_check": "a picture is published, held for a person or rejected",
    "subscribe_msg_popup_event": "each 允许 is one message more",
    "subscribe_msg_change_event": "a template that was switched off rings no more",
    "subscribe_msg_sent_event": "a message that WeChat had taken did not arrive after all",
    "user_info_modified": "the nickname goes back to the default until another is chosen",
    "user_authorization_revoke": "what the permission gave is deleted",
    "user_authorization_cancellation": "the account is closed",
    "wxa_punish_event": "an ERROR in the log: look into the console",
    "debug_demo": "kept, nothing else",
}


def page() -> str:
    """Return the page with its tables written anew."""
    text = PAGE.read_text(encoding="utf-8")
    tables: dict[str, Callable[[], str]] = {
        "settings": settings,
        "calls": endpoints,
        "events": events,
        "templates": message_templates,
    }
    for name, table in tables.items():
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda found, table=table: f"{found[1]}\n{table()}\n{found[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    return text


def settings() -> str:
    """Return the settings that concern WeChat, and which of them production needs."""
    needed = needed_in_production()
    lines = ["| setting | what it is | development | production |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if not name.startswith(CONCERNING):
            continue
        default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
        shown = "" if default in {None, ""} else f"`{default}`"
        mark = "needed" if name in needed else ""
        lines.append(f"| `ECHOWALL_{name.upper()}` | {field.description} | {shown} | {mark} |")
    return "\n".join(lines)


def needed_in_production() -> set[str]:
    """Return the settings that production refuses to go without."""
    try:
        Settings.model_validate({**_defaults(), "env": "production"})
    except ValidationError as error:
        return {name.lower() for name in re.findall(r"ECHOWALL_([A-Z_]+)", explain(error))}
    return set()


def _defaults() -> dict[str, object]:
    return {name: field.default for name, field in Settings.model_fields.items()}


def endpoints() -> str:
    """Return what is called of WeChat, and how often it lets itself be called."""
    lines = ["| called | a minute | if it is busy |", "|---|---|---|"]
    for call in vars(calls).values():
        if isinstance(call, Call):
            limit = f"{call.per_minute:,}" if call.per_minute else ""
            repeats = f"asked again {call.busy_repeats} times" if call.busy_repeats > 1 else "asked again once"
            lines.append(f"| `{call.path}` | {limit} | {repeats if call.busy_repeats else 'not asked again'} |")
    return "\n".join(lines)


def events() -> str:
    """Return the events that something follows from."""
    lines = ["| event | what follows |", "|---|---|"]
    return "\n".join([*lines, *(f"| `{kind}` | {EFFECTS[kind]} |" for kind in EFFECTS if kind in TAKERS)])


def message_templates() -> str:
    """Return the templates of the development file: title, fields, and how many kinds of messages ring by each."""
    listed = templates.read(Path(templates.DEVELOPMENT_FILE).read_text(encoding="utf-8"))
    lines = ["| template | fields | rings for |", "|---|---|---|"]
    for template in listed.listed.values():
        forms = {kind: form for kind, form in listed.forms.items() if form.template.id == template.id}
        keys = sorted({key for form in forms.values() for key in form.fields}, key=_number)
        fields = "、".join(f"`{key}`" for key in keys)
        lines.append(f"| {template.title} | {fields} | {', '.join(f'`{kind}`' for kind in forms)} |")
    return "\n".join(lines)


def _number(key: str) -> int:
    return int(re.sub(r"\D", "", key) or 0)
