"""Chapter thirteen: an offer is changed, paused and ended, a shop suspended; who holds a voucher loses nothing."""

from app.cli.tour.arrival import Cast
from app.cli.tour.shopping import OFFER_POINTS, Shop, offer_form, points_of, take
from app.cli.tour.walk import Walk


def change_and_suspend(tourist: Walk, cast: Cast, shop: Shop) -> None:
    """Hold a voucher while its offer changes and its shop is suspended: it stays as it was, then comes back."""
    tourist.chapter("十三、兑换项改了，商户停了，积分不会少")
    before = points_of(tourist, cast, "兑换前的积分。")
    voucher = take(tourist, cast, shop, "新党员再兑换一张。")
    path = f"/v1/offers/{shop.offer_id}"
    edited = offer_form() | {"points": OFFER_POINTS + 1}
    tourist.ask("店主涨价一分。", "PUT", path, shop.owner, edited, note=lambda body: f"{body['points']} 分")
    kept = tourist.ask("手里的券不变。", "GET", f"/v1/vouchers/{voucher['id']}", cast.member)
    tourist.insist("the points it was taken for", kept["points"] == OFFER_POINTS, kept.body)
    tourist.ask(
        "数量不能少于已经兑出的。", "PUT", path, shop.owner, edited | {"stock": 1}, expect=409, code="stock-below-taken"
    )
    tourist.ask("店主暂停这一项。", "POST", f"{path}/pause", shop.owner, note=lambda body: body["status"])
    tourist.ask("别人看不到，也兑换不了。", "POST", f"{path}/vouchers", cast.member, expect=404, code="not-found")
    tourist.ask("店主恢复。", "POST", f"{path}/resume", shop.owner, note=lambda body: body["status"])
    tourist.ask(
        "商圈小周暂停这家店，未用的券退回。",
        "POST",
        f"/v1/merchants/{shop.id}/suspend",
        cast.alliance,
        {"reason": "食品经营许可证到期，换证前暂停。", "vouchers": "give_back"},
        note=lambda body: f"{body['status']}：{body['reason']}",
    )
    tourist.wait_until(
        "券由系统退回，不用人工改积分。",
        f"/v1/vouchers/{voucher['id']}",
        cast.member,
        lambda body: body["status"] == "cancelled",
        lambda body: body["status"],
    )
    after = points_of(tourist, cast, "积分都回来了。")
    tourist.insist(f"{before} spendable and held points", after == before, after)
    tourist.ask("换好证，恢复营业。", "POST", f"/v1/merchants/{shop.id}/resume", cast.alliance)
    tourist.ask("店主结束这一项，不会再有人兑换。", "POST", f"{path}/end", shop.owner, note=lambda body: body["status"])
    tourist.ask(
        "店主退出联盟。", "POST", f"/v1/merchants/{shop.id}/leave", shop.owner, note=lambda body: body["status"]
    )
