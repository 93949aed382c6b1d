"""The phone on the control page: a user's service notices, and the dialog that asks for more of them."""

import time
from html import escape
from urllib.parse import quote

from app.wechat.simulator.page import parts
from app.wechat.simulator.world import Message, World

PEOPLE_SHOWN_MAX = 40
NOTICES_SHOWN_MAX = 60
TEMPLATES_SHOWN_MAX = 40


def people(world: World) -> list[tuple[str, str, int]]:
    """Return openid, name and count of messages of each user, who got one last comes first."""
    last: dict[str, float] = {}
    counts: dict[str, int] = {}
    for message in world.messages:
        last[message.openid] = message.at
        counts[message.openid] = counts.get(message.openid, 0) + 1
    newest_first = list(reversed(world.names.items()))
    newest_first.sort(key=lambda item: last.get(item[0], 0.0), reverse=True)
    return [(openid, name, counts.get(openid, 0)) for openid, name in newest_first[:PEOPLE_SHOWN_MAX]]


def side(world: World, wanted: str | None) -> str:
    """Return the column with the row of people and the phone of one of them."""
    known = people(world)
    chosen = next((person for person in known if person[1] == wanted), known[0] if known else None)
    strip = "".join(
        f'<a class="person{" here" if chosen and openid == chosen[0] else ""}" href="?user={quote(name)}">'
        f'{parts.face(name, count)}<span class="name">{escape(name)}</span></a>'
        for openid, name, count in known
    )
    row = f'<nav class="people" aria-label="用户">{strip}</nav>' if strip else ""
    return f'<div class="side">{row}{phone(world, chosen)}</div>'


def phone(world: World, chosen: tuple[str, str, int] | None) -> str:
    if chosen is None:
        feed, sheet = empty("还没有人登录", "用登录凭证 sim-小李-1 登录，小李的手机就会出现在这里。"), ""
    else:
        openid, name, _ = chosen
        own = [message for message in world.messages if message.openid == openid][-NOTICES_SHOWN_MAX:]
        feed = "".join(notice(message) for message in reversed(own)) or empty(
            "还没有服务通知", "允许订阅之后，服务器发来的消息会出现在这里。"
        )
        sheet = dialog(world, openid, name)
    return (
        '<section class="phone" aria-label="手机"><div class="screen">'
        f'<div class="bar" aria-hidden="true"><span>{parts.clock(time.time())[:5]}</span>'
        '<span class="notch"></span><span class="power"></span></div>'
        f'<div class="title">服务通知</div><div class="feed" tabindex="0">{feed}</div>{sheet}</div></section>'
    )


def empty(title: str, words: str) -> str:
    bell = (
        '<svg viewBox="0 0 24 24" width="26" height="26" fill="none" stroke="#fff" stroke-width="1.8" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        '<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.3 1.5H4.7z"/><path d="M10 20.5h4"/></svg>'
    )
    return f'<div class="empty"><div class="bubble">{bell}</div>{escape(title)}<br>{escape(words)}</div>'


def notice(message: Message) -> str:
    fields = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for _, name, value in message.fields)
    page = f"<code>{escape(message.page)}</code>" if message.page else ""
    return (
        f'<p class="when">{parts.day_and_clock(message.at)}</p><article class="notice">'
        f'<div class="from">{parts.LOGO}{parts.APP_NAME}</div><h3>{escape(message.title)}</h3><dl>{fields}</dl>'
        f'<footer><span>进入小程序查看</span>{page}<span class="chevron"></span></footer></article>'
    )


def dialog(world: World, openid: str, name: str) -> str:
    """Return what ``wx.requestSubscribeMessage`` would show, for every template that is known."""
    known = {template_id: template.title for template_id, template in world.templates.items()}
    for _, template_id in world.credits:
        known.setdefault(template_id, template_id)
    if not known:
        known = {"simulator-notice": "服务通知"}
    asked = "".join(
        f'<li><label><input type="checkbox" name="template_id" value="{escape(template_id)}"{checked}>'
        f"<span>{escape(title)}</span><em>剩 {world.credits.get((openid, template_id), 0)} 次</em></label></li>"
        for (template_id, title), checked in zip(
            list(known.items())[:TEMPLATES_SHOWN_MAX], [" checked"] + [""] * 99, strict=False
        )
    )
    return (
        f'<form class="sheet" method="post" action="/_simulator/forms/subscribe">{parts.hidden(user=name)}'
        f'<div class="from">{parts.LOGO}{parts.APP_NAME} 申请</div><p>发送一次以下消息</p><ul>{asked}</ul>'
        '<div class="two"><button name="answer" value="reject">拒绝</button>'
        '<button class="main" name="answer" value="accept">允许</button></div></form>'
    )
