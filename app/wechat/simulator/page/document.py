"""The control page as a whole."""

from html import escape

from app.wechat.simulator.page import cards, parts, phone
from app.wechat.simulator.page.style import STYLE
from app.wechat.simulator.world import World

AUTO_S = 3


def document(world: World, *, user: str | None, said: str, is_wrong: bool, is_auto: bool) -> str:
    """Return the page with the phone of ``user``; ``said`` is what the last form came to."""
    known = phone.people(world)
    shown = next((name for _, name, _ in known if name == user), known[0][1] if known else "")
    refresh = f'<meta http-equiv="refresh" content="{AUTO_S}">' if is_auto else ""
    told = f'<p class="said{" bad" if is_wrong else ""}" role="status">{escape(said)}</p>' if said else ""
    acts = cards.acts(shown) if shown else ""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>微信模拟器 · 回音壁</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"{refresh}<style>{STYLE}</style></head><body>{top(world, is_auto=is_auto)}{told}"
        f'<main>{phone.side(world, user)}<div class="cards">{cards.fault_forms(world)}{cards.calls(world)}'
        f"{cards.pushes(world)}{cards.picture_checks(world)}{cards.text_checks(world)}"
        f'<div class="stack">{cards.codes(world)}{acts}</div></div></main></body></html>'
    )


def top(world: World, *, is_auto: bool) -> str:
    faults = len(world.faults) + len(world.push_faults)
    called = sum(world.calls.values())
    last = world.pushes[-1].state if world.pushes else ""
    tone = {"taken": "on", "given up": "bad"}.get(last, "")
    auto = '<a class="pill" href="?">停止自动刷新</a>' if is_auto else '<a class="pill" href="?auto=1">自动刷新</a>'
    return (
        f'<header class="top"><div><div class="brand">{parts.LOGO}<div><h1>微信模拟器</h1>'
        f'<p class="mono">{escape(world.appid)}</p></div></div><div class="pills">'
        f'<a class="pill" href="#calls">调用 <b>{called:,}</b></a>'
        f'<span class="pill">消息 <b>{len(world.messages):,}</b></span>'
        f'<a class="pill" href="#pushes"><span class="dot {tone}"></span>推送 <b>{len(world.pushes):,}</b></a>'
        f'<a class="pill" href="#faults"><span class="dot {"bad" if faults else "on"}"></span>故障 <b>{faults}</b></a>'
        f'{auto}<a class="pill" href="?">刷新</a></div></div></header>'
    )
