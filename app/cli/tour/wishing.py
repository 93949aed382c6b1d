"""Chapters four to six: a wish is posted, reviewed, claimed, delivered and confirmed, and points are awarded."""

import secrets
from dataclasses import dataclass

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Walk


@dataclass(frozen=True, slots=True)
class Wish:
    """The wish of the story and its task."""

    id: str
    task_id: str
    reward_points: int


def post_and_review(tourist: Walk, cast: Cast) -> Wish:
    """Post a wish, wait for its content check and have staff approve it."""
    tourist.chapter("四、一个微心愿")
    form = {
        "area_id": cast.grid_id,
        "category": "elderly",
        "title": "厨房的灯坏了，想请人换一下",
        "body": "灯泡已经买好，我够不着，想请邻居上门换一下，下午都在家。",
    }
    posted = tourist.ask(
        "新居民发布心愿，先做内容检查。",
        "POST",
        "/v1/wishes",
        cast.resident,
        form,
        expect=201,
        note=lambda body: f"《{body['title']}》{body['status']}",
    )
    path = f"/v1/wishes/{posted['id']}"
    tourist.wait_until(
        "内容检查通过，等社工审核。",
        path,
        cast.resident,
        lambda body: body["status"] != "checking",
        lambda body: body["status"],
    )
    queue = tourist.ask(
        "社工小林看到待审核的心愿。",
        "GET",
        f"/v1/wishes?area_id={cast.community_id}&status=reviewing&limit=50",
        cast.staff,
        note=lambda body: f"{len(body['items'])} 个待审核",
    )
    tourist.insist("the new wish among them", posted["id"] in {wish["id"] for wish in queue["items"]}, queue.body)
    tourist.ask("还没公开，别人看不到。", "GET", path, cast.volunteer, expect=404, code="not-found")
    tourist.ask("另一个社区的社工也看不到。", "GET", path, cast.other_staff, expect=404, code="not-found")
    approved = tourist.ask(
        "社工小林审核通过，心愿公开，任务同时开放。",
        "POST",
        f"{path}/approve",
        cast.staff,
        note=lambda body: f"{body['status']}，可得 {body['task']['reward_points']} 积分",
    )
    return Wish(posted["id"], approved["task"]["id"], approved["task"]["reward_points"])


def claim_and_deliver(tourist: Walk, cast: Cast, wish: Wish) -> None:
    """Claim the task, see a second claimant refused and a repetition answered again, and deliver."""
    tourist.chapter("五、认领，去做")
    feed = tourist.ask(
        "新党员看社区里可以认领的任务。",
        "GET",
        f"/v1/tasks?area_id={cast.community_id}",
        cast.member,
        note=lambda body: f"最新：{body['items'][0]['title']}",
    )
    open_tasks = {task["id"]: task["actions"] for task in feed["items"]}
    tourist.insist("the new task, to be claimed", "claim" in open_tasks.get(wish.task_id, ()), feed.body)
    path = f"/v1/tasks/{wish.task_id}/claims"
    tourist.ask("普通居民不能认领，要先报到。", "POST", path, cast.resident, expect=403, code="helpers-only")
    key = secrets.token_hex(16)
    claim = tourist.ask(
        "新党员认领。",
        "POST",
        path,
        cast.member,
        expect=201,
        key=key,
        note=lambda body: f"{body['status']}，{body['due_at'][:10]} 前完成",
    )
    again = tourist.ask(
        "信号不好又点了一次：同一个编号得到同一个回答。",
        "POST",
        path,
        cast.member,
        expect=201,
        key=key,
        note=lambda body: f"{body['status']}，与第一次相同",
    )
    tourist.insist("the first answer again, marked as such", again.is_replay and again.body == claim.body, again)
    tourist.ask("志愿者小陈晚了一步。", "POST", path, cast.volunteer, expect=409, code="task-full")
    tourist.ask(
        "新党员做完了，留下一句话。",
        "POST",
        f"/v1/claims/{claim['id']}/submit",
        cast.member,
        {"note": "换好了，亮了，顺便检查了插座。"},
        note=lambda body: body["status"],
    )


def confirm_and_award(tourist: Walk, cast: Cast, wish: Wish) -> None:
    """Confirm the delivery as the resident and see the points in the helper's account."""
    tourist.chapter("六、确认，得积分")
    path = f"/v1/wishes/{wish.id}"
    form = {"rating": 5, "thanks": "谢谢，远亲不如近邻！"}
    tourist.ask("做事的人不能自己确认。", "POST", f"{path}/confirm", cast.member, form, expect=403, code="own-interest")
    detail = tourist.ask(
        "新居民看到做完的说明。",
        "GET",
        path,
        cast.resident,
        note=lambda body: f"{body['delivery']['helper']['nickname']}：{body['delivery']['note'] or '说明正在核对'}",
    )
    tourist.insist("confirm and dispute to choose from", {"confirm", "dispute"} <= set(detail.actions), detail.body)
    confirmed = tourist.ask(
        "新居民确认，打五星，道谢。",
        "POST",
        f"{path}/confirm",
        cast.resident,
        form,
        note=lambda body: f"{body['status']}，{body['rating']} 星，{body['thanks']}",
    )
    steps = [event["action"] for event in confirmed["history"]]
    if tourist.is_bad_day:
        steps = ["pass_check" if step == "hold_check" else step for step in steps]
    expected = ["create", "pass_check", "approve", "claim", "deliver", "confirm"]
    tourist.insist(f"the history {expected}", steps == expected, steps)
    points = tourist.ask(
        "积分已到新党员账上。",
        "GET",
        "/v1/me/points",
        cast.member,
        note=lambda body: f"可用 {body['spendable_points']} 分",
    )
    tourist.insist(f"{wish.reward_points} points", points["spendable_points"] == wish.reward_points, points.body)
    tourist.ask(
        "流水里有这一笔。",
        "GET",
        "/v1/me/points/transfers",
        cast.member,
        note=lambda body: f"{body['items'][0]['title']} {body['items'][0]['change_points']:+d}",
    )
