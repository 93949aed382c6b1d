"""The cards of the control page: calls, faults, checks, codes, pushes and what users do."""

from html import escape
from urllib.parse import urlsplit

from app.wechat.simulator.faults import EVERYTHING, Fault, PushFault
from app.wechat.simulator.page import parts, words
from app.wechat.simulator.page.parts import button_form, card, clock, hidden, rows, select, tag
from app.wechat.simulator.world import PictureCheck, Push, TextCheck, World

ROWS_SHOWN_MAX = 60
CODES_SHOWN_MAX = 12
TIMES = {"1": "1 次", "3": "3 次", "20": "20 次", "": "直到关闭"}
EVERY = {"1": "每次都是", "2": "隔一次", "3": "每第三次", "10": "每第十次"}


def calls(world: World) -> str:
    """Say how often each path was called and what it answered."""
    lines = []
    for path, name in words.PATHS.items():
        counted = {answer: count for (at, answer), count in world.answers.items() if at == path}
        total = sum(counted.values())
        kinds = {"ok": 0, "refused": 0, "spoilt": 0}
        for answer, count in counted.items():
            kinds[answer if answer in kinds else "refused"] += count
        bar = "".join(
            f'<i class="{kind}" style="width:{100 * count / total:.1f}%"></i>' for kind, count in kinds.items() if count
        )
        codes = "".join(f"<span>{answer_words(answer)} × {count:,}</span>" for answer, count in sorted(counted.items()))
        lines.append(
            f'<tr><td class="what">{escape(name)}<code>{escape(path)}</code></td><td><div class="meter">{bar}</div>'
            f'<div class="codes-of">{codes or "还没有调用"}</div></td><td class="n">{world.calls[path]:,}</td></tr>'
        )
    return card(
        "接口调用", f'<table class="calls"><tbody>{"".join(lines)}</tbody></table>', anchor="calls", is_wide=True
    )


def answer_words(answer: str) -> str:
    return {"ok": "成功", "spoilt": "故障"}.get(answer, escape(answer))


def fault_forms(world: World) -> str:
    """Show what goes wrong now, and forms for more."""
    paths = {**words.PATHS, EVERYTHING: "全部接口"}
    of_calls = (
        '<div><h3>接口出错</h3><form class="line" method="post" action="/_simulator/forms/fault">'
        + select("接口", "path", paths)
        + select("故障", "kind", {kind: name for kind, (name, _) in words.CALL_FAULTS.items()})
        + select("次数", "times", TIMES)
        + select("间隔", "every", EVERY)
        + '<button class="main">开启</button></form></div>'
    )
    events = {EVERYTHING: "全部事件", **words.EVENTS}
    of_pushes = (
        '<div><h3>推送出错</h3><form class="line" method="post" action="/_simulator/forms/push-fault">'
        + select("事件", "event", events)
        + select("故障", "kind", words.PUSH_FAULTS)
        + select("次数", "times", TIMES)
        + select("间隔", "every", EVERY)
        + '<button class="main">开启</button></form></div>'
    )
    ordered: list[Fault | PushFault] = [*world.faults, *world.push_faults]
    on = [fault_row(index, fault) for index, fault in enumerate(ordered)]
    now = f'<div class="on-now">{rows(on, empty="")}</div>' if on else ""
    buttons = '<div class="buttons">' + button_form("tokens", "收回全部令牌", style="small")
    buttons += button_form("visits", "忘记谁来过（61010）", style="small")
    if on:
        buttons += button_form("forget", "全部恢复正常", style="small danger")
    note = tag(f"{len(on)} 项开启", "bad") if on else "一切正常"
    content = f'<div class="split">{of_calls}{of_pushes}</div>{now}{buttons}</div>'
    return card("故障", content, note=note, anchor="faults", is_wide=True)


def fault_row(index: int, fault: Fault | PushFault) -> str:
    if isinstance(fault, Fault):
        where = words.PATHS.get(fault.path, "全部接口")
        what = fault_words(fault)
    else:
        where = f"推送：{words.EVENTS.get(fault.event, '全部事件' if fault.event == EVERYTHING else fault.event)}"
        what = words.PUSH_FAULTS[fault.push]
    left = "直到关闭" if fault.times is None else f"还有 {fault.times} 次"
    every = f"，每 {fault.every} 次中一次" if fault.every > 1 else ""
    return (
        f'<span class="dot bad" aria-hidden="true"></span><div class="grow"><p>{escape(where)}：{escape(what)}</p>'
        f'<p class="meta">{left}{every}</p></div>{button_form("forget-one", "关闭", style="small", index=str(index))}'
    )


def fault_words(fault: Fault) -> str:
    given = fault.model_dump(exclude={"path", "times", "every"}, exclude_defaults=True)
    for name, form in words.CALL_FAULTS.values():
        if form == given:
            return name
    return "，".join(f"{name} {value}" for name, value in given.items())


def text_checks(world: World) -> str:
    shown = list(world.text_checks)[-ROWS_SHOWN_MAX:]
    content = rows((text_row(world, check) for check in reversed(shown)), empty="还没有文本送检。")
    return card("文本检测", content, note=f"{len(world.text_checks)} 条", anchor="texts")


def text_row(world: World, check: TextCheck) -> str:
    name, tone = words.VERDICTS[check.suggest]
    why = f" · {words.LABELS.get(check.label, check.label)}" if check.label != 100 else ""
    found = f"（{escape(check.keyword)}）" if check.keyword else ""
    return (
        f'<div class="grow"><p>{escape(check.text[:120])}</p>'
        f'<p class="meta">{clock(check.at)} · {who(world, check.openid)}{why}{found}</p></div>{tag(name, tone)}'
    )


def picture_checks(world: World) -> str:
    shown = list(world.picture_checks)[-ROWS_SHOWN_MAX:]
    content = rows(
        (picture_row(world, check) for check in reversed(shown)),
        empty="还没有图片送检。大半红色算违规，大半黄色待复核，其余通过。",
    )
    return card("图片检测", content, note=f"{len(world.picture_checks)} 张", anchor="pictures")


def picture_row(world: World, check: PictureCheck) -> str:
    if check.errcode is None:
        name, tone = "检测中", ""
    elif check.suggest is None:
        name, tone = "下载失败", "bad"
    else:
        name, tone = words.VERDICTS[check.suggest]
    small = (
        parts.image(check.thumb, words="送检的图片", style="thumb") if check.thumb else '<span class="thumb"></span>'
    )
    label = f" · {words.LABELS.get(check.label, check.label)}" if check.label not in {None, 100} else ""
    return (
        f'{small}<div class="grow"><p class="mono">{escape(urlsplit(check.url).path)}</p>'
        f'<p class="meta">{clock(check.at)} · {who(world, check.openid)}{label}</p></div>{tag(name, tone)}'
    )


def codes(world: World) -> str:
    shown = list(world.made_codes)[-CODES_SHOWN_MAX:]
    drawn = "".join(
        f"<figure>{parts.image(code.png, words='小程序码', style='')}"
        f'<figcaption class="mono" title="{escape(code.scene)}">{escape(code.scene)}</figcaption>'
        f"<figcaption>{escape(code.page or '首页')}</figcaption></figure>"
        for code in reversed(shown)
    )
    content = f'<div class="codes">{drawn}</div>' if drawn else '<p class="empty">还没有生成小程序码。</p>'
    return card("小程序码", content, note=f"{len(world.made_codes)} 个", anchor="codes")


def pushes(world: World) -> str:
    """Show what went to our server, newest first."""
    shown = list(world.pushes)[-ROWS_SHOWN_MAX:]
    content = rows((push_row(push) for push in reversed(shown)), empty="还没有推送。")
    address = escape(world.habits.push_url or "没有设置推送地址")
    check = f'<div class="buttons">{button_form("push-check", "验证推送地址", style="small")}</div>'
    return card("消息推送", content + check, note=f'<span class="mono">{address}</span>', anchor="pushes")


def push_row(push: Push) -> str:
    name, tone = words.STATES[push.state]
    tries = "、".join(str(status) if status else "无应答" for status in push.statuses) or "尚未投递"
    return (
        f'<div class="grow"><p>{escape(words.EVENTS.get(push.event, push.event))}</p>'
        f'<p class="meta">{clock(push.at)} · {escape(tries)}</p></div>{tag(name, tone)}'
    )


def acts(name: str) -> str:
    """Return forms for what the user on the phone may do in WeChat itself."""
    revoke = (
        f'<form class="line" method="post" action="/_simulator/forms/revoke">{hidden(user=name)}'
        + select("撤回的授权", "item", {str(item): called for item, called in words.REVOKED.items()})
        + "<button>撤回</button></form>"
    )
    others = '<div class="buttons">' + button_form("modify", "改了资料", style="small", user=name)
    others += button_form("switch-off", "关闭全部订阅", style="small", user=name)
    others += button_form("cancel", "注销微信账号", style="small danger", user=name) + "</div>"
    return card(f"{name}在微信里", revoke + others, anchor="acts")


def who(world: World, openid: str) -> str:
    return escape(world.names.get(openid, "未知用户"))
