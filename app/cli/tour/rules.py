"""Chapter sixteen: the rules of points are public, have versions, and change nothing that was promised."""

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Json, Walk
from app.cli.tour.wishing import Wish

LONG_AGO = "2020-01-01T00:00:00+08:00"
ELDERLY_POINTS = 12
EXPIRY = "end_of_next_year"


def change_rules(tourist: Walk, cast: Cast, wish: Wish) -> None:
    """Read the rules of a grid, change them as its administrator, and see an older promise stand."""
    tourist.chapter("十七、积分有规则")
    effective = f"/v1/policies/effective?area_id={cast.grid_id}"
    tourist.ask("看网格里的积分规则，不登录也能看。", "GET", effective, note=_rules)
    form = {
        "area_id": cast.grid_id,
        "rates": [{"kind": "wish", "category": "elderly", "points": ELDERLY_POINTS, "points_per_hour": 2}],
        "month_cap": 500,
        "expiry": EXPIRY,
    }
    tourist.ask("社工改不了规则。", "POST", "/v1/policies", cast.staff, form, expect=403, code="not-allowed")
    tourist.ask(
        "规则不能改到过去。",
        "POST",
        "/v1/policies",
        cast.administrator,
        form | {"effective_from": LONG_AGO},
        expect=422,
        code="policy-in-the-past",
    )
    made = tourist.ask(
        "管理员给网格定新规则，从现在起生效。",
        "POST",
        "/v1/policies",
        cast.administrator,
        form,
        expect=201,
        note=lambda body: f"第 {body['version']} 版",
    )
    rules = tourist.ask("每一条都说明由哪个区域规定。", "GET", effective, note=_rules)
    origin = rules["expiry"]["area"]
    tourist.insist("the grid's own expiry", origin is not None and origin["id"] == cast.grid_id, rules.body)
    tourist.insist("the new version", made["id"] in rules["policy_ids"], rules.body)
    task = tourist.ask(
        "早先的任务承诺多少分，不因改规则而变。",
        "GET",
        f"/v1/tasks/{wish.task_id}",
        note=lambda body: f"仍是 {body['reward_points']} 分",
    )
    tourist.insist(f"{wish.reward_points} points", task["reward_points"] == wish.reward_points, task.body)
    tourist.ask(
        "旧版本都在，一条不删。",
        "GET",
        f"/v1/policies?area_id={cast.grid_id}",
        note=lambda body: f"{len(body['items'])} 版",
    )


def _rules(body: Json) -> str:
    rates = "、".join(f"{rate['category'] or '其他'} {rate['points']} 分" for rate in body["rates"]["value"])
    origin = body["expiry"]["area"]
    return f"{rates}；到期 {body['expiry']['value']}（{origin['name'] if origin else '默认'}）"
