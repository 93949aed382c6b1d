"""A chapter on a month: a list for groups first, a team that names its people, a code to check in, one tick."""

from datetime import datetime, timedelta

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Json, Walk
from app.core.clock import now, today

HEADS = 2
WORKED_MINUTES = 90


def work_off_a_list(tourist: Walk, cast: Cast) -> None:
    """Draft and publish a list, let a team take seats and name somebody, who checks in by a code that is shown."""
    tourist.chapter("四十一、一张清单：队伍先领，扫码签到，一次核实")
    task_path, list_path = _publish(tourist, cast)
    pledge_path, claim_path = _pledge_and_name(tourist, cast, task_path)
    _check_in(tourist, cast, task_path, claim_path)
    _verify(tourist, cast, task_path, claim_path)
    left = tourist.ask("剩下的名额队伍让出来。", "POST", f"{pledge_path}/withdraw", cast.member, note=_status)
    tourist.insist("one of them named", left["named"] == 1, left.body)
    ended: Json = {"reason": "演示结束。"}
    tourist.ask("演示用的清单收起来。", "POST", f"{list_path}/cancel", cast.staff, ended, note=_status)


def _publish(tourist: Walk, cast: Cast) -> tuple[str, str]:
    """Return where the task of the list is, and the list."""
    form: Json = {"area_id": cast.community_id, "month": f"{today():%Y-%m}"}
    begun = tourist.ask(
        "社工小林起草本月清单。",
        "POST",
        "/v1/task-lists",
        cast.staff,
        form,
        expect=201,
        note=lambda body: body["title"],
    )
    path = f"/v1/task-lists/{begun['id']}"
    starts_at = now() + timedelta(minutes=10)
    item: Json = {
        "area_id": cast.grid_id,
        "title": "给楼道换节能灯",
        "body": "灯具已经备好，两人一组。",
        "seats": 3,
        "starts_at": starts_at.isoformat(timespec="seconds"),
        "ends_at": (starts_at + timedelta(hours=2)).isoformat(timespec="seconds"),
    }
    made = tourist.ask("第一项。", "POST", f"{path}/items", cast.staff, item, expect=201, note=_title)
    tourist.wait_until(
        "每一项的内容都检查过，才能发布。",
        f"{path}/items",
        cast.staff,
        _all_checked,
        lambda body: f"{len(body['items'])} 项",
        reviewer=cast.administrator,
    )
    tourist.ask("发布之前，居民看不到。", "GET", path, cast.resident, expect=404, code="not-found")
    first: Json = {"groups_until": _in_an_hour()}
    tourist.ask("发布；头一个小时留给支部和队伍。", "POST", f"{path}/publish", cast.staff, first, note=_status)
    page = tourist.ask(
        "谁都能看：几项、多少名额、上月做成了什么。",
        "GET",
        path,
        note=lambda body: f"{body['item_count']} 项，{body['seats_taken']}/{body['seats']}",
    )
    tourist.insist("kept for groups", page["groups_until"] is not None, page.body)
    tourist.ask(
        "发到居民群的文字，现成的。", "GET", f"{path}/summary", note=lambda body: body["text"].replace("\n", " ")
    )
    tourist.ask(
        "配一张二维码。", "GET", f"{path}/qr.png", note=lambda body: f"{body['media_type']}，{body['bytes']} 字节"
    )
    return f"/v1/tasks/{made['id']}", path


def _pledge_and_name(tourist: Walk, cast: Cast, task_path: str) -> tuple[str, str]:
    """Return where the pledge is, and the claim of the person who was named."""
    tourist.ask("个人要等一等。", "POST", f"{task_path}/claims", cast.volunteer, expect=409, code="task-for-groups")
    teams = tourist.ask(
        "新党员带的队伍。", "GET", "/v1/me/teams", cast.member, note=lambda body: body["items"][0]["name"]
    )
    team_id = teams["items"][0]["id"]
    heads: Json = {"team_id": team_id, "heads": HEADS}
    pledge = tourist.ask(
        "队伍领两个名额。", "POST", f"{task_path}/pledges", cast.member, heads, expect=201, note=_pledged
    )
    path = f"/v1/pledges/{pledge['id']}"
    places = tourist.ask(
        "队里有谁。",
        "GET",
        f"/v1/teams/{team_id}/members",
        cast.member,
        note=lambda body: "、".join(item["nickname"] for item in body["items"]),
    )
    mate = next(item["id"] for item in places["items"] if item["nickname"] == cast.volunteer.me["nickname"])
    names: Json = {"place_ids": [mate]}
    tourist.ask("队长点小陈去。", "POST", f"{path}/people", cast.member, names, note=_pledged)
    own = tourist.ask(
        "小陈已有名额；去不了，一点就退，什么也不影响。",
        "GET",
        "/v1/me/claims",
        cast.volunteer,
        note=lambda body: body["items"][0]["task"]["title"],
    )
    claim = own["items"][0]
    tourist.insist("a claim on the task", task_path.endswith(claim["task"]["id"]), own.body)
    return path, f"/v1/claims/{claim['id']}"


def _check_in(tourist: Walk, cast: Cast, task_path: str, claim_path: str) -> None:
    shown = tourist.ask(
        "现场出示签到码，半分钟一换。",
        "GET",
        f"{task_path}/check-in-code",
        cast.staff,
        note=lambda body: f"也可以念 {body['typed_code']}",
    )
    tourist.ask("别人看不到签到码。", "GET", f"{task_path}/check-in-code", cast.member, expect=403, code="not-allowed")
    wrong: Json = {"code": "00000000"}
    tourist.ask(
        "猜一个，不行，也猜不了几次。",
        "POST",
        f"{claim_path}/check-in",
        cast.volunteer,
        wrong,
        expect=422,
        code="shown-code-invalid",
    )
    scanned: Json = {"code": shown["code"]}
    tourist.ask("小陈扫码签到。", "POST", f"{claim_path}/check-in", cast.volunteer, scanned, note=_stay)
    tourist.ask(
        "不用签两次。",
        "POST",
        f"{claim_path}/check-in",
        cast.volunteer,
        scanned,
        expect=409,
        code="already-checked-in",
    )
    tourist.ask(
        "干完签退；忘了也会按计划时间自动签退。", "POST", f"{claim_path}/check-out", cast.volunteer, {}, note=_stay
    )


def _verify(tourist: Walk, cast: Cast, task_path: str, claim_path: str) -> None:
    done: Json = {"note": "三个单元的灯都换好了。", "minutes": WORKED_MINUTES}
    tourist.ask("小陈交付。", "POST", f"{claim_path}/submit", cast.volunteer, done, note=_status)
    ticks: Json = {"claims": [{"id": claim_path.rpartition("/")[2], "minutes": WORKED_MINUTES}]}
    tourist.ask("自己不能核实自己的。", "POST", f"{task_path}/verify", cast.volunteer, ticks, expect=403)
    ticked = tourist.ask(
        "小林在名单上打勾，一次核实全部。", "POST", f"{task_path}/verify", cast.staff, ticks, note=_first
    )
    tourist.insist("verified", ticked["items"][0]["status"] == "verified", ticked.body)


def _all_checked(body: Json) -> bool:
    return bool(body["items"]) and all(item["is_checked"] for item in body["items"])


def _in_an_hour() -> str:
    moment: datetime = now() + timedelta(hours=1)
    return moment.isoformat(timespec="seconds")


def _status(body: Json) -> str:
    return str(body["status"])


def _title(body: Json) -> str:
    return f"{body['title']}，{body['seats']} 个名额"


def _pledged(body: Json) -> str:
    return f"{body['group']['name']}：领 {body['heads']}，已点名 {body['named']}"


def _stay(body: Json) -> str:
    stay = body["attendance"]
    return f"{stay['checked_in_at']} 到 {stay['checked_out_at'] or '还在'}"


def _first(body: Json) -> str:
    return str(body["items"][0]["status"])
