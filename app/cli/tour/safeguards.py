"""Chapters ten to twelve: the risky is rejected, the wrong is explained in Chinese, a grant counts at once."""

import re

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Json, Walk

RISKY_WORD = "代开发票"
"""One of the words that the simulator takes for risky."""
CHINESE = re.compile("[\u4e00-\u9fff]")


def reject_risky(tourist: Walk, cast: Cast) -> None:
    """Post a wish that the content check rejects: its author reads a neutral word, others see nothing."""
    tourist.chapter("十、不适合发布的内容")
    posted = tourist.ask(
        "有人夹带广告。",
        "POST",
        "/v1/wishes",
        cast.resident,
        {
            "area_id": cast.grid_id,
            "category": "other",
            "title": "有需要的联系",
            "body": f"{RISKY_WORD}，价格从优。",
        },
        expect=201,
        note=lambda body: body["status"],
    )
    path = f"/v1/wishes/{posted['id']}"
    rejected = tourist.wait_until(
        "内容检查不通过，作者看到一句中性的话。",
        path,
        cast.resident,
        lambda body: body["status"] != "checking",
        lambda body: f"{body['status']}：{body['history'][-1]['note']}",
    )
    if tourist.is_bad_day and rejected["status"] == "reviewing":
        reason: Json = {"reason": "不适合公开发布。"}
        tourist.ask("微信没有答复，社工小林看过，不通过。", "POST", f"{path}/reject", cast.staff, reason)
        rejected = tourist.ask("作者看到一句中性的话。", "GET", path, cast.resident)
    tourist.insist("rejected", rejected["status"] == "rejected", rejected.body)
    note = rejected["history"][-1]["note"]
    tourist.insist("a word that does not teach how to get round", note and RISKY_WORD not in note, note)
    tourist.ask("别人看不到它。", "GET", path, cast.volunteer, expect=404, code="not-found")


def refuse_bad_payloads(tourist: Walk, cast: Cast) -> None:
    """Send what does not fit and read what to do, in Chinese."""
    tourist.chapter("十一、填错了")
    refused = tourist.ask(
        "标题太长，类别写错：说清楚要怎么办。",
        "POST",
        "/v1/wishes",
        cast.resident,
        {"area_id": cast.grid_id, "category": "moon", "title": "长" * 100, "body": "正文"},
        expect=422,
        code="invalid-payload",
    )
    fields = {item["field"] for item in refused["fields"]}
    tourist.insist("both fields named", {"body.category", "body.title"} <= fields, fields)
    tourist.insist("a Chinese sentence", CHINESE.search(refused["detail"]), refused["detail"])
    tourist.ask(
        "心愿要发在网格里，发在社区被拒绝。",
        "POST",
        "/v1/wishes",
        cast.resident,
        {"area_id": cast.community_id, "category": "other", "title": "借梯子", "body": "用半天。"},
        expect=422,
        code="area-not-a-home",
    )


def give_and_revoke(tourist: Walk, cast: Cast) -> None:
    """Give a role and take it back: both count with the next request."""
    tourist.chapter("十二、授权即刻生效")
    helper = tourist.log_in(f"新社工{tourist.ending}", "一位新社工登录，还没有授权。")
    queue = f"/v1/wishes?area_id={cast.community_id}&status=reviewing"
    tourist.ask("看待审核的心愿，被拒绝。", "GET", queue, helper, expect=403, code="not-allowed")
    grant = tourist.ask(
        "管理员授权新社工管这个社区。",
        "POST",
        "/v1/grants",
        cast.administrator,
        {"user_id": helper.id, "role": "staff", "area_id": cast.community_id},
        expect=201,
        note=lambda body: f"{body['area']['name']} {body['role']}",
    )
    tourist.ask("下一次请求就看得到了。", "GET", queue, helper, note=lambda body: f"{len(body['items'])} 个待审核")
    tourist.ask("新社工动不了授权。", "DELETE", f"/v1/grants/{grant['id']}", helper, expect=404, code="not-found")
    tourist.ask("管理员收回授权。", "DELETE", f"/v1/grants/{grant['id']}", cast.administrator, expect=204)
    tourist.ask("下一次请求就看不到了。", "GET", queue, helper, expect=403, code="not-allowed")
