"""What users let WeChat ring for: credits by template, fed by WeChat's own events and never by what a client claims.

Source: 订阅消息, its events subscribe_msg_popup_event, subscribe_msg_change_event and subscribe_msg_sent_event.
"""

from collections.abc import Sequence
from typing import Any

from asyncpg import Connection

from app.core.db import Reads
from app.domain.caller import Caller
from app.domain.lifecycles import RING
from app.domain.message_templates import Templates
from app.services import transitions
from app.services.transitions import SYSTEM

# In one order, so that two workers that start at once wait for one another.
FORGET_KINDS = "DELETE FROM message_template WHERE kind <> ALL($1::text[])"
STORE_KINDS = """
    INSERT INTO message_template (kind, template_id, is_long_term, is_urgent)
    SELECT * FROM unnest($1::text[], $2::text[], $3::bool[], $4::bool[]) AS told (kind, template_id, lasts, wakes)
    ORDER BY kind
    ON CONFLICT (kind) DO UPDATE SET template_id = EXCLUDED.template_id, is_long_term = EXCLUDED.is_long_term,
        is_urgent = EXCLUDED.is_urgent, stopped_at = NULL
"""
# What they said last of a template stands; before, each yes is one message more.
TAKE_POPUP = """
    INSERT INTO message_credit (user_id, template_id, credits, is_refused)
    SELECT u.id, said.template_id, count(*) FILTER (WHERE said.answer = 'accept'),
        (array_agg(said.answer ORDER BY said.place DESC))[1] = 'reject'
    FROM "user" u, unnest($2::text[], $3::text[]) WITH ORDINALITY AS said (template_id, answer, place)
    WHERE u.openid = $1 AND said.answer IN ('accept', 'reject') GROUP BY u.id, said.template_id
    ORDER BY said.template_id
    ON CONFLICT (user_id, template_id) DO UPDATE SET credits = message_credit.credits + EXCLUDED.credits,
        is_refused = EXCLUDED.is_refused
    RETURNING template_id
"""
TAKE_CHANGE = """
    UPDATE message_credit c SET credits = CASE WHEN said.answer = 'reject' THEN 0 ELSE c.credits END,
        is_refused = said.answer = 'reject'
    FROM "user" u, unnest($2::text[], $3::text[]) AS said (template_id, answer)
    WHERE u.openid = $1 AND c.user_id = u.id AND c.template_id = said.template_id
        AND said.answer IN ('accept', 'reject')
    RETURNING c.template_id
"""
FIND_SENT = "SELECT id, msgid FROM ring WHERE msgid = ANY($1::text[]) ORDER BY id"
LIST_OWN = """
    SELECT DISTINCT t.template_id, coalesce(c.credits, 0) AS credits, coalesce(c.is_refused, false) AS is_refused
    FROM message_template t LEFT JOIN message_credit c ON c.template_id = t.template_id AND c.user_id = $1
    WHERE t.stopped_at IS NULL
"""

Answers = Sequence[tuple[str, str]]
"""Ids of templates, each with ``accept`` or ``reject``; what else WeChat may say is not counted."""


async def sync(connection: Connection, templates: Templates) -> None:
    """Store by which template each kind rings from now on. One that WeChat had refused gets another chance."""
    kinds = sorted(templates.forms)
    forms = [templates.forms[kind] for kind in kinds]
    await connection.execute(FORGET_KINDS, kinds)
    await connection.execute(
        STORE_KINDS,
        kinds,
        [form.template.id for form in forms],
        [form.template.is_long_term for form in forms],
        [form.is_urgent for form in forms],
    )


async def take_popup(connection: Connection, openid: str, answers: Answers) -> int:
    """Count what a user chose in the dialog: each ``accept`` is one message more. Return of how many templates.

    To be called once an event, in the transaction that notes that it was taken. Nothing is counted for a stranger.
    """
    return len(await connection.fetch(TAKE_POPUP, openid, *_columns(answers)))


async def take_change(connection: Connection, openid: str, answers: Answers) -> int:
    """Note that a user switched templates off, or on again, in WeChat's settings. Return of how many templates."""
    return len(await connection.fetch(TAKE_CHANGE, openid, *_columns(answers)))


async def take_sent(connection: Connection, outcomes: Sequence[tuple[str, int]]) -> int:
    """Note which messages did not arrive after all: ids of messages, each with its errcode; a 0 says that one did.

    Returns how many of those that failed are ours: an event may come before the answer that tells the message's id.
    """
    failed = {msgid: errcode for msgid, errcode in outcomes if errcode != 0}
    rows = await connection.fetch(FIND_SENT, list(failed))
    for row in rows:
        errcode = failed[row["msgid"]]
        changes = {"errcode": errcode}
        await transitions.find_and_move(
            connection, RING, row["id"], "bounce", SYSTEM, changes=changes, facts={"errcode": errcode}
        )
    return len(rows)


async def list_own(reads: Reads, caller: Caller, templates: Templates) -> dict[str, Any]:
    """Return what a client may ask the caller for, at which moment, and how many messages they still take of each."""
    rows = {row["template_id"]: row for row in await reads.fetch(LIST_OWN, caller.id)}
    moments = {
        moment: [template.id for template in asked if template.id in rows]
        for moment, asked in templates.moments.items()
    }
    return {
        "moments": [{"moment": moment, "template_ids": asked} for moment, asked in moments.items() if asked],
        "templates": [
            {
                "template_id": template.id,
                "title": template.title,
                "kinds": [kind for kind, form in templates.forms.items() if form.template == template],
                "is_long_term": template.is_long_term,
                "credits": rows[template.id]["credits"],
                "is_refused": rows[template.id]["is_refused"],
            }
            for template in templates.listed.values()
            if template.id in rows
        ],
        "actions": [],
    }


def _columns(answers: Answers) -> tuple[list[str], list[str]]:
    return [template_id for template_id, _ in answers], [answer for _, answer in answers]
