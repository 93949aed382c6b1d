"""A chapter on what goes through WeChat: a number that one shows and forgets, words that a person reads, a reminder."""

import io

from PIL import Image

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Json, Walk
from app.core.clock import now
from app.domain.ringing_times import allowed_from


def go_through_wechat(tourist: Walk, cast: Cast) -> None:
    """Show a telephone number, let a reminder ring, have held words reviewed, and see what arrived in WeChat."""
    tourist.chapter("四十二、经过微信：手机号可给可不给，拿不准的有人看，提醒响一次")
    if tourist.is_bad_day:
        tourist.say("     微信今天靠不住：手机号和提醒改天再说，其他的照常。")
        _be_reviewed(tourist, cast)
        return
    _show_number(tourist, cast)
    template_id = _let_ring(tourist, cast)
    picture_id = _upload_picture(tourist, cast)
    _see_cover(tourist, cast, _be_reviewed(tourist, cast, picture_id))
    _see_it_arrive(tourist, cast, template_id)


def _show_number(tourist: Walk, cast: Cast) -> None:
    form: Json = {"code": f"phone-{cast.resident.name}-{tourist.ending}"}
    shown = tourist.ask(
        "新居民愿意留下手机号；不留也什么都不耽误。",
        "POST",
        "/v1/me/phone",
        cast.resident,
        form,
        note=lambda body: body["phone"],
    )
    tourist.insist("a masked number", "*" in shown["phone"], shown.body)
    tourist.ask(
        "同一个凭证只能用一次。",
        "POST",
        "/v1/me/phone",
        cast.resident,
        form,
        expect=422,
        code="phone-code-invalid",
    )
    tourist.ask("想删就删，马上就没有了。", "DELETE", "/v1/me/phone", cast.resident, expect=204)


def _let_ring(tourist: Walk, cast: Cast) -> str:
    """Accept in WeChat what the client asks for after a wish; return the template that tells of wishes."""
    asked = tourist.ask(
        "发布心愿之后，小程序该问哪几条提醒。",
        "GET",
        "/v1/me/subscriptions",
        cast.resident,
        note=lambda body: f"{len(body['templates'])} 个模板",
    )
    [moment] = [moment for moment in asked["moments"] if moment["moment"] == "wish_posted"]
    [template] = [template for template in asked["templates"] if "wish_published" in template["kinds"]]
    template_id: str = template["template_id"]
    tourist.insist("the template among those to ask for", template_id in moment["template_ids"], moment)
    form: Json = {"user": cast.resident.name, "template_ids": [template_id]}
    tourist.ask("居民在微信里点了“允许”。", "POST", f"{tourist.wechat_url}/_simulator/subscribe", json=form)
    tourist.wait_until(
        "微信把这件事推送给我们：还可以提醒一次。",
        "/v1/me/subscriptions",
        cast.resident,
        lambda body: _credits(body, template_id) == 1,
        lambda body: f"{_credits(body, template_id)} 次",
    )
    return template_id


def _upload_picture(tourist: Walk, cast: Cast) -> str:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 480), "seagreen").save(drawn, "JPEG")
    uploaded = tourist.ask(
        "给心愿配一张照片：重新编码，拍摄地点和机型当场去掉。",
        "POST",
        "/v1/media",
        cast.resident,
        file=("phone.jpg", drawn.getvalue()),
        expect=201,
        note=lambda body: f"{body['width']}×{body['height']}，{body['status']}",
    )
    return str(uploaded["id"])


def _see_cover(tourist: Walk, cast: Cast, wish_id: str) -> None:
    """See the picture in the list once WeChat's verdict on it was pushed to us."""
    path = f"/v1/wishes?area_id={cast.grid_id}&limit=50"

    def cover(body: Json) -> Json | None:
        [wish] = [item for item in body["items"] if item["id"] == wish_id]
        shown: Json | None = wish["cover"]
        return shown

    listed = tourist.wait_until(
        "图片也由微信检测，结果推送回来才公开；列表里看得到封面，不登录也能看。",
        path,
        None,
        lambda body: cover(body) is not None,
        lambda body: f"共 {len(body['items'])} 条",
    )
    shown = cover(listed.body)
    assert shown is not None, "it was waited for"
    tourist.ask(
        "封面的链接只管几分钟，过后再问。", "GET", shown["thumb_url"], note=lambda body: f"{body['bytes']} 字节"
    )


def _be_reviewed(tourist: Walk, cast: Cast, *picture_ids: str) -> str:
    """Post words of which WeChat is not sure, and have them passed; return the wish's id."""
    form: Json = {
        "area_id": cast.grid_id,
        "category": "other",
        "title": "想找人教我用手机",
        "body": "想学视频通话，方便的话加微信教我，下午都在家。",
        "picture_ids": picture_ids,
    }
    posted = tourist.ask(
        "一条微信拿不准的心愿。", "POST", "/v1/wishes", cast.resident, form, expect=201, note=lambda body: body["title"]
    )
    path = f"/v1/reviews?area_id={cast.grid_id}&kind=wish&limit=50"
    queue = tourist.wait_until(
        "拿不准的不公开，也不丢掉：它排进社工小林的复核队列，原因写在旁边。",
        path,
        cast.staff,
        lambda body: posted["id"] in _subjects(body),
        lambda body: next(item["reason"] for item in body["items"] if item["subject"]["id"] == posted["id"]),
    )
    [waiting] = [item for item in queue["items"] if item["subject"]["id"] == posted["id"]]
    tourist.ask(
        "小林看过，没有问题，通过。",
        "POST",
        f"/v1/reviews/{waiting['id']}/pass",
        cast.staff,
        note=lambda body: body["status"],
    )
    tourist.ask("心愿公开了。", "GET", f"/v1/wishes/{posted['id']}", cast.volunteer, note=lambda body: body["status"])
    tourist.ask(
        "居民在站内消息里看到结果。",
        "GET",
        "/v1/me/messages?limit=1",
        cast.resident,
        note=lambda body: body["items"][0]["title"],
    )
    return str(posted["id"])


def _see_it_arrive(tourist: Walk, cast: Cast, template_id: str) -> None:
    """See the reminder in WeChat, and that it was the one that was allowed; at night it waits for the morning."""
    moment = now()
    if allowed_from(moment, is_urgent=False) > moment:
        tourist.say("     夜里十点到早上八点，微信提醒不响，明早八点再发。")
        return
    rung = tourist.wait_until(
        "微信也响了一次；手机上看到的样子，在模拟器的页面 /_simulator 里。",
        f"{tourist.wechat_url}/_simulator/messages",
        None,
        lambda body: any(item["user"] == cast.resident.name for item in body["items"]),
        lambda body: f"共 {len(body['items'])} 条",
    )
    own = [item for item in rung["items"] if item["user"] == cast.resident.name]
    tourist.insist("one message to the resident", len(own) == 1, own)
    left = tourist.ask(
        "允许了一次，就只有一次。",
        "GET",
        "/v1/me/subscriptions",
        cast.resident,
        note=lambda body: f"还可提醒 {_credits(body, template_id)} 次",
    )
    tourist.insist("none left", _credits(left.body, template_id) == 0, left.body)


def _credits(body: Json, template_id: str) -> int:
    """Return how many more messages of a template the caller takes."""
    [credits_left] = [item["credits"] for item in body["templates"] if item["template_id"] == template_id]
    return int(credits_left)


def _subjects(body: Json) -> set[str]:
    """Return the ids of the things whose words wait."""
    return {item["subject"]["id"] for item in body["items"]}
