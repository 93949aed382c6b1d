"""A chapter on a full task: waiting in line, and moving up the moment a seat frees."""

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Json, Walk


def wait_and_move_up(tourist: Walk, cast: Cast) -> None:
    """Post a task of one seat, wait for it, have it given back, and see who has it."""
    tourist.chapter("三十九、名额满了，排队，轮到就有")
    form: Json = {
        "area_id": cast.grid_id,
        "kind": "activity",
        "title": "周末清扫楼前落叶",
        "body": "社区准备好扫帚和手套。",
        "seats": 1,
    }
    posted = tourist.ask(
        "社工小林发布活动，一个名额。", "POST", "/v1/tasks", cast.staff, form, expect=201, note=_status
    )
    path = f"/v1/tasks/{posted['id']}"
    tourist.wait_until(
        "内容检查通过，可以认领。",
        path,
        cast.staff,
        lambda body: body["status"] == "open",
        _status,
        reviewer=cast.administrator,
    )
    claim = tourist.ask("新党员认领。", "POST", f"{path}/claims", cast.member, expect=201, note=_status)
    tourist.ask("志愿者小陈来晚了。", "POST", f"{path}/claims", cast.volunteer, expect=409, code="task-full")
    place = tourist.ask(
        "小陈排队。", "POST", f"{path}/waiters", cast.volunteer, expect=201, note=lambda body: f"第 {body['number']} 位"
    )
    tourist.ask("不用排两次。", "POST", f"{path}/waiters", cast.volunteer, expect=409, code="already-waiting")
    tourist.ask("新党员临时有事，退回。", "POST", f"/v1/claims/{claim['id']}/release", cast.member, note=_status)
    places = tourist.ask("小陈已经轮到。", "GET", "/v1/me/waiting", cast.volunteer, note=_first_status)
    moved = next(item for item in places["items"] if item["id"] == place["id"])
    tourist.insist("moved up at once", moved["status"] == "moved_up", places.body)
    own = tourist.ask(
        "名额就是小陈的，同时还能认领几个也写着。",
        "GET",
        "/v1/me/claims",
        cast.volunteer,
        note=lambda body: f"手上 {body['limits']['open_claims']} 个，最多 {body['limits']['limit']} 个",
    )
    tourist.insist("a claim on the task", own["items"][0]["task"]["id"] == posted["id"], own.body)
    told = tourist.ask(
        "小程序里也收到了消息。",
        "GET",
        "/v1/me/messages",
        cast.volunteer,
        note=lambda body: body["items"][0]["title"],
    )
    tourist.insist("told of it", told["items"][0]["kind"] == "claim_moved_up", told.body)
    more: Json = {"seats": 2}
    tourist.ask("人手不够，小林加一个名额。", "POST", f"{path}/seats", cast.staff, more, note=_seats)
    tourist.ask("新党员又有空了，再认领。", "POST", f"{path}/claims", cast.member, expect=201, note=_status)
    ended: Json = {"reason": "演示结束。"}
    tourist.ask("活动取消，认领的人都放开。", "POST", f"{path}/cancel", cast.staff, ended, note=_status)


def _status(body: Json) -> str:
    return str(body["status"])


def _first_status(body: Json) -> str:
    return str(body["items"][0]["status"])


def _seats(body: Json) -> str:
    return f"{body['seats_taken']}/{body['seats']}"
