"""Chapters seven to nine: a shop joins, a voucher is taken and settled by a scan, another is given back."""

import secrets
from dataclasses import dataclass
from typing import Any

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Answer, Person, Walk
from app.domain import licence

OFFER_POINTS = 5


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop of the story, its clerk and its offer."""

    id: str
    owner: Person
    clerk: Person
    offer_id: str


def _application(cast: Cast, name: str) -> dict[str, Any]:
    """Return an application with a shop whose licence number nobody else has."""
    first = "92990000MA" + "".join(secrets.choice(licence.ALPHABET) for _ in range(7))
    return {
        "area_id": cast.community_id,
        "name": name,
        "licence_number": first + licence.check_character(first),
        "documents": [{"title": "营业执照", "reference": "正本在店内墙上，副本交商圈小周"}],
    }


def offer_form() -> dict[str, Any]:
    """Return what the owner offers."""
    return {
        "kind": "goods",
        "title": "热面一碗",
        "description": "凭券到店，感谢您为邻里出力。",
        "terms": "限堂食。",
        "points": OFFER_POINTS,
        "stock": 3,
        "per_person_limit": 2,
        "opening_hours": [{"weekdays": [1, 2, 3, 4, 5, 6, 7], "from": "09:00", "to": "20:30"}],
    }


def open_shop(tourist: Walk, cast: Cast) -> Shop:
    """Apply with a shop, have the alliance approve it, add a clerk and an offer."""
    tourist.chapter("七、商户加入")
    owner = tourist.log_in(f"新店主{tourist.ending}", "一位店主登录。")
    clerk = tourist.log_in(f"新店员{tourist.ending}", "一位店员登录。")
    applied = tourist.ask(
        "店主申请加入商圈联盟。",
        "POST",
        "/v1/merchants",
        owner,
        _application(cast, f"邻里面馆{tourist.ending}"),
        expect=201,
        note=lambda body: f"{body['name']} {body['status']}",
    )
    path = f"/v1/merchants/{applied['id']}"
    tourist.ask(
        "没通过审核，还不能上兑换项。",
        "POST",
        f"{path}/offers",
        owner,
        offer_form(),
        expect=409,
        code="merchant-not-approved",
    )
    tourist.ask("社工看不到商户的申请。", "GET", path, cast.staff, expect=404, code="not-found")
    tourist.ask("商圈小周通过申请。", "POST", f"{path}/approve", cast.alliance, note=lambda body: body["status"])
    shown = tourist.ask("店主出示邀请码，一刻钟内有效。", "POST", f"{path}/invites", owner, expect=201)
    tourist.ask(
        "店员输入邀请码，成为店员。",
        "POST",
        f"{path}/clerks",
        clerk,
        {"code": shown["code"].lower()},
        expect=201,
        note=lambda body: f"{body['merchant']['name']} {body['nickname']}",
    )
    offer = tourist.ask(
        "店主上一个兑换项，先做内容检查。",
        "POST",
        f"{path}/offers",
        owner,
        offer_form(),
        expect=201,
        note=lambda body: f"{body['title']} {body['points']} 分，{body['status']}",
    )
    tourist.wait_until(
        "检查通过，兑换项上架，大家都看得到。",
        f"/v1/offers?area_id={cast.community_id}",
        cast.member,
        lambda body: offer["id"] in {item["id"] for item in body["items"]},
        lambda body: f"最新：{body['items'][0]['title']}，{body['items'][0]['merchant']['name']}",
        reviewer=cast.alliance,
    )
    return Shop(applied["id"], owner, clerk, offer["id"])


def take_and_settle(tourist: Walk, cast: Cast, shop: Shop) -> None:
    """Take a voucher, show its code and have the clerk scan it, once and no more."""
    tourist.chapter("八、兑换，到店核销")
    voucher = take(tourist, cast, shop, "新党员用积分兑换。")
    shown = tourist.ask(
        "到店出示兑换码，后面十分钟的码也在手机里。",
        "GET",
        f"/v1/vouchers/{voucher['id']}/code",
        cast.member,
        note=lambda body: f"{body['code'][:3]}…{body['code'][-8:]}，另有 {len(body['next'])} 个",
    )
    tourist.insist("coming codes for a phone without signal", len(shown["next"]) > 0, shown.body)
    _scan(tourist, cast, shop, {"code": shown["code"]})


def _scan(tourist: Walk, cast: Cast, shop: Shop, scan: dict[str, str]) -> None:
    """Have the clerk scan a code, again after a lost answer, and once too often."""
    tourist.ask(
        "不是店员的人扫不了。", "POST", "/v1/redemptions", cast.volunteer, scan, expect=403, code="voucher-other-shop"
    )
    key = secrets.token_hex(16)
    settled = tourist.ask(
        "店员扫码核销。",
        "POST",
        "/v1/redemptions",
        shop.clerk,
        scan,
        expect=201,
        key=key,
        note=lambda body: f"{body['offer_title']}，{body['points']} 分",
    )
    again = tourist.ask(
        "网络断了又发一次：同一个编号得到同一个回答。",
        "POST",
        "/v1/redemptions",
        shop.clerk,
        scan,
        expect=201,
        key=key,
        note=lambda body: f"{body['offer_title']}，与第一次相同",
    )
    tourist.insist("the first answer again, marked as such", again.is_replay and again.body == settled.body, again)
    tourist.ask(
        "店员再扫一次，被拒绝。", "POST", "/v1/redemptions", shop.clerk, scan, expect=409, code="voucher-settled"
    )
    tourist.ask(
        "同一个编号换了内容，被拒绝。",
        "POST",
        "/v1/redemptions",
        shop.clerk,
        {"code": "EW1"},
        expect=422,
        code="idempotency-key-reused",
        key=key,
    )
    listed = tourist.ask(
        "店铺的核销记录里有这一笔。",
        "GET",
        f"/v1/merchants/{shop.id}/redemptions",
        shop.clerk,
        note=lambda body: f"{len(body['items'])} 笔",
    )
    tourist.insist("this one redemption", [item["id"] for item in listed["items"]] == [settled["id"]], listed.body)
    tourist.ask(
        "别家看不到。",
        "GET",
        f"/v1/merchants/{shop.id}/redemptions",
        cast.volunteer,
        expect=404,
        code="not-found",
    )


def take_and_cancel(tourist: Walk, cast: Cast, shop: Shop) -> None:
    """Take another voucher, give it back and see the points return."""
    tourist.chapter("九、不想要了，退回")
    before = points_of(tourist, cast, "兑换前的积分。")
    voucher = take(tourist, cast, shop, "新党员再兑换一张。")
    held = points_of(tourist, cast, "积分被冻结。")
    moved = (before[0] - OFFER_POINTS, before[1] + OFFER_POINTS)
    tourist.insist(f"{moved} spendable and held points", held == moved, held)
    tourist.ask(
        "取消这张券。",
        "POST",
        f"/v1/vouchers/{voucher['id']}/cancel",
        cast.member,
        note=lambda body: body["status"],
    )
    after = points_of(tourist, cast, "积分退回。")
    tourist.insist(f"{before} spendable and held points", after == before, after)
    tourist.ask(
        "取消的券不再有兑换码。",
        "GET",
        f"/v1/vouchers/{voucher['id']}/code",
        cast.member,
        expect=409,
        code="state-conflict",
    )
    tourist.ask(
        "“我的兑换券”里两张都在。",
        "GET",
        "/v1/me/vouchers",
        cast.member,
        note=lambda body: "、".join(f"{item['title']} {item['status']}" for item in body["items"]),
    )


def take(tourist: Walk, cast: Cast, shop: Shop, sentence: str) -> Answer:
    """Have the member take a voucher of the shop's offer."""
    return tourist.ask(
        sentence,
        "POST",
        f"/v1/offers/{shop.offer_id}/vouchers",
        cast.member,
        expect=201,
        note=lambda body: f"{body['title']}，{body['points']} 分，{body['expires_at'][:10]} 前有效",
    )


def points_of(tourist: Walk, cast: Cast, sentence: str) -> tuple[int, int]:
    """Return what the member can spend and what their vouchers hold."""
    answer = tourist.ask(
        sentence,
        "GET",
        "/v1/me/points",
        cast.member,
        note=lambda body: f"可用 {body['spendable_points']}，冻结 {body['held_points']}",
    )
    return answer["spendable_points"], answer["held_points"]
