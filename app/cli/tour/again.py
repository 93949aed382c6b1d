"""A chapter on what is done again and again: a series of patrols, each day a task of its own."""

from datetime import timedelta

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Json, Walk
from app.core.clock import today

AFTER_DINNER, EARLY = "19:30", "06:30"


def patrol_again_and_again(tourist: Walk, cast: Cast) -> None:
    """Post a series, claim a day of it, change all the others, end it."""
    tourist.chapter("三十八、每天一次的巡逻，只发布一回")
    form: Json = {
        "area_id": cast.grid_id,
        "kind": "patrol",
        "title": "楼院晚间巡逻",
        "seats": 2,
        "from": str(today() + timedelta(days=1)),
        "rule": "FREQ=DAILY;COUNT=5",
        "starts": AFTER_DINNER,
        "length_minutes": 60,
    }
    endless = form | {"rule": "FREQ=DAILY"}
    tourist.ask(
        "没有尽头的系列发不出去。", "POST", "/v1/task-series", cast.staff, endless, expect=422, code="series-endless"
    )
    made = tourist.ask(
        "社工小林发布五天的巡逻。", "POST", "/v1/task-series", cast.staff, form, expect=201, note=_status
    )
    path = f"/v1/task-series/{made['id']}"
    passed = tourist.wait_until(
        "内容查一次，五天的任务都开放。",
        path,
        cast.staff,
        lambda body: body["status"] == "open",
        _days,
        reviewer=cast.administrator,
    )
    tourist.insist("five tasks", len(passed["tasks"]) == 5, passed.body)
    second = passed["tasks"][1]["task_id"]
    claim = tourist.ask("党员认领第二天。", "POST", f"/v1/tasks/{second}/claims", cast.member, expect=201, note=_status)
    _look_into_the_calendar(tourist, cast)
    changed = tourist.ask(
        "从头改成早上，已认领的那天不变。",
        "PUT",
        path,
        cast.staff,
        {name: value for name, value in form.items() if name not in {"area_id", "kind"}} | {"starts": EARLY},
        note=lambda body: f"{len(body['kept'])} 天照旧",
    )
    tourist.insist("one day kept", [task["task_id"] for task in changed["kept"]] == [second], changed.body)
    tourist.ask("党员退回那一天。", "POST", f"/v1/claims/{claim['id']}/release", cast.member, note=_status)
    ended = tourist.ask(
        "提前结束，没人认领的都取消。", "POST", f"{path}/end", cast.staff, {"reason": "演示结束。"}, note=_status
    )
    tourist.insist("nothing kept", ended["kept"] == [], ended.body)


def _look_into_the_calendar(tourist: Walk, cast: Cast) -> None:
    """See the claimed day in one's own calendar, subscribe to it and take the link back."""
    days = f"from={today()}&to={today() + timedelta(days=6)}"
    tourist.ask(
        "他的日程里有这一天。",
        "GET",
        f"/v1/me/calendar?{days}",
        cast.member,
        note=lambda body: "、".join(item["title"] for item in body["items"]),
    )
    link = tourist.ask(
        "生成日历订阅链接，只告诉他一次。",
        "POST",
        "/v1/me/calendar-link",
        cast.member,
        expect=201,
        note=lambda body: str(body["created_at"])[:10],
    )["path"]
    tourist.ask("链接收回。", "DELETE", "/v1/me/calendar-link", cast.member, expect=204)
    tourist.ask("收回之后打不开。", "GET", link, expect=404, code="not-found")


def _status(body: Json) -> str:
    return str(body["status"])


def _days(body: Json) -> str:
    return "、".join(task["occurrence"][5:] for task in body["tasks"])
