"""The last chapter of the shops: the day at a glance, and what the alliance owes for a month."""

from urllib.parse import unquote

from app.cli.demo import demo_people
from app.cli.tour.arrival import Cast
from app.cli.tour.shopping import OFFER_POINTS, Shop
from app.cli.tour.walk import Answer, Person, StepFailedError, Walk
from app.core.clock import today
from app.domain import months

OWNER_NAME = "店主老李"
assert OWNER_NAME in {person.name for person in demo_people()}


def settle_the_month(tourist: Walk, cast: Cast, shop: Shop) -> None:
    """Look at the day of the new shop, then go through last month's statement of one that was there before."""
    tourist.chapter("十六、商户的一天与月度结算")
    day = tourist.ask(
        "店员看一眼今天：核销、待结算、库存。",
        "GET",
        f"/v1/merchants/{shop.id}/day",
        shop.clerk,
        note=lambda body: (
            f"今日 {body['redemptions']['count']} 笔 {body['redemptions']['points']} 分，"
            f"待结算 {body['open_settlement']['points']} 分，"
            f"{body['offers'][0]['title']} 剩 {body['offers'][0]['stock_left']}"
        ),
    )
    tourist.insist("what is not paid for yet", day["open_settlement"]["points"] >= OFFER_POINTS, day.body)
    tourist.ask(
        "这个月还没结束，不能结算。",
        "POST",
        "/v1/settlements",
        cast.alliance,
        {"merchant_id": shop.id, "month": months.write(today())},
        expect=409,
        code="settlement-month-open",
    )
    owner = tourist.log_in(OWNER_NAME, f"{OWNER_NAME}登录，他的店上个月有核销。")
    path = f"/v1/settlements/{_find_open(tourist, cast, owner)['id']}"
    line = _dispute(tourist, owner, path)
    _answer_and_agree(tourist, cast, owner, path, line)


def _find_open(tourist: Walk, cast: Cast, owner: Person) -> Answer:
    """Return the last statement of the owner's shop as a draft, reopened if an earlier tour agreed to it."""
    listed = tourist.ask(
        "每月一日自动生成上月的结算单。",
        "GET",
        f"/v1/settlements?merchant_id={owner.me['shops'][0]['id']}",
        owner,
        note=lambda body: "、".join(f"{item['number']} {item['status']}" for item in body["items"]),
    )
    if not listed["items"]:
        raise StepFailedError(f"{OWNER_NAME} has no statement: load the demo district with `echowall demo`.")
    path = f"/v1/settlements/{listed['items'][0]['id']}"
    if listed["items"][0]["status"] == "agreed":
        tourist.ask(
            "上次已经确认过，商圈小周说明理由后重开。",
            "POST",
            f"{path}/reopen",
            cast.alliance,
            {"reason": "导览再走一遍。"},
            note=lambda body: body["status"],
        )
    return tourist.ask(
        "商户、月份、单号、合计。",
        "GET",
        path,
        owner,
        note=lambda body: (
            f"{body['merchant']['name']} {body['month']} {body['number']}，"
            f"{body['line_count']} 笔 {body['total_points']} 分，{body['status']}"
        ),
    )


def _dispute(tourist: Walk, owner: Person, path: str) -> str:
    """Dispute a line, which stands in the way of the agreement; return the path of the line."""
    lines = tourist.ask(
        "逐笔核对。",
        "GET",
        f"{path}/lines",
        owner,
        note=lambda body: "、".join(f"{item['offer_title']} {item['points']} 分" for item in body["items"]),
    )
    line = f"{path}/lines/{lines['items'][0]['id']}"
    tourist.ask(
        "店主对一笔有异议。",
        "POST",
        f"{line}/dispute",
        owner,
        {"reason": "这笔没有印象，请核对。"},
        note=lambda body: f"{body['offer_title']} {body['status']}",
    )
    tourist.ask("有异议，不能确认。", "POST", f"{path}/agree", owner, expect=409, code="settlement-disputed")
    return line


def _answer_and_agree(tourist: Walk, cast: Cast, owner: Person, path: str, line: str) -> None:
    """Answer the dispute, agree, and take the spreadsheet home; only the alliance notes a payment."""
    tourist.ask(
        "商圈小周核对后答复。",
        "POST",
        f"{line}/answer",
        cast.alliance,
        {"decision": "accepted", "answer": "核销记录与收银小票一致。"},
        note=lambda body: f"{body['status']}：{body['answer']}",
    )
    tourist.ask("联盟不能替商户确认。", "POST", f"{path}/agree", cast.alliance, expect=403, code="not-allowed")
    agreed = tourist.ask(
        "店主确认：与积分账本逐笔一致才能确认，之后这些核销不能再撤销。",
        "POST",
        f"{path}/agree",
        owner,
        note=lambda body: f"{body['status']}，{body['total_points']} 分",
    )
    tourist.insist("an agreed statement", agreed["status"] == "agreed", agreed.body)
    tourist.ask(
        "付款由联盟登记，店主自己不行。",
        "POST",
        f"{path}/pay",
        owner,
        {"document": "银行回单"},
        expect=403,
        code="not-allowed",
    )
    tourist.ask(
        "导出表格对账。",
        "GET",
        f"{path}/statement.xlsx",
        owner,
        note=lambda body: f"{unquote(body['disposition'].rpartition(chr(39))[2])}，{body['bytes']} 字节",
    )
    tourist.ask(
        "联盟看已经付款的。",
        "GET",
        f"/v1/settlements?area_id={cast.alliance.me['grants'][0]['area_id']}&status=paid",
        cast.alliance,
        note=lambda body: "、".join(f"{item['number']} {item['payment_document']}" for item in body["items"]) or "没有",
    )
