"""A chapter on an emergency that is only rehearsed: two people order it, everybody answers, heads are counted."""

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Json, Walk


def rehearse_a_call_out(tourist: Walk, cast: Cast) -> None:
    """Call a community in a drill, let people answer, send a group to a task, and read the report."""
    tourist.chapter("四十、演练：一声集结，各就各位")
    form: Json = {
        "area_id": cast.community_id,
        "emergency": "暴雨积水",
        "instructions": "请到社区门口集合，带雨衣和手电。",
        "is_drill": True,
    }
    ordered = tourist.ask(
        "社工小林下令演练。", "POST", "/v1/call-outs", cast.staff, form, expect=201, note=lambda body: body["status"]
    )
    path = f"/v1/call-outs/{ordered['id']}"
    tourist.ask("一个人说了不算。", "POST", f"{path}/confirm", cast.staff, expect=403, code="own-interest")
    tourist.ask("还没有确认，谁也没有被叫到。", "GET", path, cast.member, expect=404, code="not-found")
    tourist.ask("管理员确认，全社区同时收到。", "POST", f"{path}/confirm", cast.administrator, note=_status)
    _answer(tourist, cast, path)
    _send_out(tourist, cast, path)
    over: Json = {"summary": "演练顺利，二十分钟内到齐。"}
    tourist.ask("演练结束。", "POST", f"{path}/stand-down", cast.staff, over, note=_status)
    late: Json = {"answer": "coming"}
    tourist.ask("结束后再报到，晚了。", "PUT", f"{path}/answer", cast.volunteer, late, expect=409, code="call-out-over")
    report = tourist.ask("报告由记录算出，没有一个数字是填的。", "GET", f"{path}/report", cast.staff, note=_report)
    tourist.insist("one who came", report["is_drill"] and report["coming"] >= 1, report.body)


def _answer(tourist: Walk, cast: Cast, path: str) -> None:
    told = tourist.ask(
        "新党员的消息里写明是演练。", "GET", "/v1/me/messages", cast.member, note=lambda body: body["items"][0]["title"]
    )
    tourist.insist("told of the drill", told["items"][0]["kind"] == "drill", told.body)
    soon: Json = {"answer": "coming", "minutes": 10}
    tourist.ask(
        "新党员十分钟内到。", "PUT", f"{path}/answer", cast.member, soon, note=lambda body: body["own"]["answer"]
    )
    for sentence, word in (("小陈说稍后。", "later"), ("路不通，改口来不了；以最后一句为准。", "cannot")):
        said: Json = {"answer": word}
        tourist.ask(sentence, "PUT", f"{path}/answer", cast.volunteer, said, note=lambda body: body["own"]["answer"])
    counts = tourist.ask("小林看各网格人数。", "GET", f"{path}/counts", cast.staff, note=_counts)
    tourist.insist("both are counted once", counts["coming"] >= 1 and counts["cannot"] >= 1, counts.body)


def _send_out(tourist: Walk, cast: Cast, path: str) -> None:
    coming = tourist.ask(
        "谁来，一览无余；姓名和电话打码。",
        "GET",
        f"{path}/people?answer=coming",
        cast.staff,
        note=lambda body: f"{len(body['items'])} 人",
    )
    leader = next((item["id"] for item in coming["items"] if item["nickname"] == cast.member.me["nickname"]), None)
    tourist.insist("the new member among them", leader is not None, coming.body)
    group: Json = {"name": "排水组", "leader_id": leader}
    tourist.ask(
        "编成排水组，新党员带队。",
        "POST",
        f"{path}/groups",
        cast.staff,
        group,
        expect=201,
        note=lambda body: f"{body['name']}，组长{body['leader']}",
    )
    work: Json = {"area_id": cast.grid_id, "work": "clearing", "seats": 5}
    posted = tourist.ask(
        "派出任务：用目录里的词，不用等检查。", "POST", f"{path}/tasks", cast.staff, work, expect=201, note=_task
    )
    tourist.insist("open at once, and for nothing", posted["status"] == "open" and not posted["reward_points"], posted)


def _status(body: Json) -> str:
    return str(body["status"])


def _task(body: Json) -> str:
    return f"{body['title']}，{body['status']}"


def _counts(body: Json) -> str:
    said = f"来 {body['coming']}，稍后 {body['later']}，不能来 {body['cannot']}，未答 {body['silent']}"
    return f"叫到 {body['called']}：{said}"


def _report(body: Json) -> str:
    return f"{_counts(body)}；{body['groups']} 个组，{body['tasks']} 件任务"
