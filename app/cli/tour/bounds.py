"""Chapters on the bounds of complaining: not too fast, not in a ring, not everything on a wall."""

from app.cli.tour.arrival import Cast, bring_home
from app.cli.tour.walk import Person, Walk

POSTS_A_MINUTE = 5


def post_fast(tourist: Walk, cast: Cast) -> None:
    """Post until it is too fast, then merge the same matter: not into itself, and not in a ring."""
    tourist.chapter("二十二、一分钟三十条")
    hasty = tourist.log_in(f"急性子{tourist.ending}", "一个急性子登录。")
    posted = [_post(tourist, cast, hasty, f"第 {n + 1} 条，照收。") for n in range(POSTS_A_MINUTE)]
    tourist.ask(
        "第六条太快了，请过一会儿再发。",
        "POST",
        "/v1/complaints",
        hasty,
        _form(cast),
        expect=429,
        code="posting-too-fast",
    )
    for complaint_id in posted:
        tourist.wait_until(
            "等内容检查。",
            f"/v1/complaints/{complaint_id}",
            hasty,
            lambda body: body["status"] not in {"checking", "reviewing"},
            lambda body: body["status"],
            reviewer=cast.administrator,
        )
    before = _count_unanswered(tourist, "墙上写着有几条没有答复。", cast)
    tourist.chapter("二十三、同一件事")
    first, second, *others = posted
    worker = cast.grid_worker
    for complaint_id in (first, second):
        bring_home(tourist, cast, f"/v1/complaints/{complaint_id}")
    itself, ring = "merge-into-itself", "merge-target-unfit"
    _merge(tourist, "自己不能并到自己。", worker, (first, first), status=422, code=itself)
    _merge(tourist, "第一条并入第二条，跟着的人都会收到答复。", worker, (first, second))
    _merge(tourist, "第二条不能再并回第一条，绕不成圈。", worker, (second, first), status=409, code=ring)
    _withdraw(tourist, hasty, [second, *others])
    after = _count_unanswered(tourist, "撤回和合并的不再算。", cast)
    tourist.insist(f"{POSTS_A_MINUTE} fewer", before - after == POSTS_A_MINUTE, (before, after))


def say_it_again_and_again(tourist: Walk, cast: Cast) -> None:
    """Have four neighbours say the same: the fourth goes up at once, and a joint case holds all of them."""
    tourist.chapter("二十四、三番五次")
    form: dict[str, object] = {
        "area_id": cast.grid_id,
        "category": "pets_greenery",
        "title": "小广场有人遛大狗不牵绳",
        "body": "每天傍晚小广场有人遛两只大狗不牵绳，孩子吓得不敢下楼。",
    }
    handler = None
    for n in range(4):
        neighbour = tourist.log_in(f"第{n + 1}家{tourist.ending}", f"第 {n + 1} 家登录。")
        posted = tourist.ask(
            "说的是同一件事。",
            "POST",
            "/v1/complaints",
            neighbour,
            form,
            expect=201,
            note=lambda body: f"第 {body['number']} 号",
        )
        opened = tourist.wait_until(
            "上墙，看由谁办理。",
            f"/v1/complaints/{posted['id']}",
            neighbour,
            lambda body: body["status"] == "open",
            lambda body: body["handler"]["name"],
            reviewer=cast.administrator,
        )
        handler = opened["handler"]["id"]
    tourist.insist("the community", handler == cast.community_id, handler)
    cases = tourist.ask(
        "社工小林看到这一类合成了一件。",
        "GET",
        f"/v1/joint-cases?area_id={cast.community_id}",
        cast.staff,
        note=lambda body: "；".join(f"{case['category']['name']} {case['complaints']} 条" for case in body["items"]),
    )
    codes = {case["category"]["code"] for case in cases["items"]}
    tourist.insist("a joint case", "pets_greenery" in codes, cases.body)


def keep_in_confidence(tourist: Walk, cast: Cast) -> None:
    """Ask for mediation: it never stands on a wall, and strangers do not know that it exists."""
    tourist.chapter("二十五、关起门来调解")
    author = tourist.log_in(f"楼上楼下{tourist.ending}", "一位居民和楼上闹了矛盾。")
    form = {
        "area_id": cast.grid_id,
        "category": "neighbours",
        "title": "楼上漏水不肯修",
        "body": "楼上卫生间漏水，找了几次都不开门，想请社区调解。",
    }
    posted = tourist.ask(
        "申请调解。", "POST", "/v1/complaints", author, form, expect=201, note=lambda body: body["category"]["name"]
    )
    path = f"/v1/complaints/{posted['id']}"
    tourist.wait_until(
        "检查通过。",
        path,
        author,
        lambda body: body["status"] == "open",
        lambda body: body["status"],
        reviewer=cast.administrator,
    )
    wall = tourist.ask(
        "墙上没有它。",
        "GET",
        f"/v1/walls/{cast.grid_id}?limit=50",
        note=lambda body: f"{len(body['items'])} 条",
    )
    tourist.insist("not on the wall", posted["id"] not in {item["id"] for item in wall["items"]}, wall.body)
    tourist.ask("别人打开链接，不知道有这件事。", "GET", path, cast.volunteer, expect=404, code="not-found")
    tourist.ask(
        "网格员小许看得到，上门说和。",
        "POST",
        f"{path}/answer",
        cast.grid_worker,
        {"answer": "双方约定十日内修好，已签协议。", "outcome": "resolved"},
        note=lambda body: body["status"],
    )


def _form(cast: Cast) -> dict[str, object]:
    return {
        "area_id": cast.grid_id,
        "category": "sanitation",
        "title": "垃圾桶满了",
        "body": "东门的垃圾桶满了没人清。",
    }


def _post(tourist: Walk, cast: Cast, person: Person, sentence: str) -> str:
    posted = tourist.ask(
        sentence,
        "POST",
        "/v1/complaints",
        person,
        _form(cast),
        expect=201,
        note=lambda body: f"第 {body['number']} 号",
    )
    return str(posted["id"])


def _merge(
    tourist: Walk, sentence: str, person: Person, pair: tuple[str, str], *, status: int = 200, code: str | None = None
) -> None:
    complaint_id, into_id = pair
    path = f"/v1/complaints/{complaint_id}/merge"
    note = None if code else lambda body: body["status"]
    tourist.ask(sentence, "POST", path, person, {"into_id": into_id}, expect=status, code=code, note=note)


def _withdraw(tourist: Walk, person: Person, complaint_ids: list[str]) -> None:
    for complaint_id in complaint_ids:
        path = f"/v1/complaints/{complaint_id}/withdraw"
        tourist.ask("撤回自己的诉求。", "POST", path, person, note=lambda body: body["status"])


def _count_unanswered(tourist: Walk, sentence: str, cast: Cast) -> int:
    path = f"/v1/walls/{cast.grid_id}"
    wall = tourist.ask(sentence, "GET", path, note=lambda body: f"{body['tally']['unanswered']} 条未答复")
    return int(wall["tally"]["unanswered"])
