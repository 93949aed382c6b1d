"""A chapter on a grid's branch: members join, two come to lead it, one after the other."""

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Json, Person, Walk


def lead_a_branch(tourist: Walk, cast: Cast) -> None:
    """Found the branch of the grid, nominate, agree, choose and hand over."""
    tourist.chapter("三十六、网格里的党支部，书记怎么来")
    elder = _report_in(tourist, cast)
    path = _found(tourist, cast)
    for member, sentence in ((elder, "老党员加入，组织关系不动。"), (cast.member, "新党员也加入。")):
        tourist.ask(sentence, "POST", f"{path}/members", member, {}, expect=201, note=_status)
    stands: Json = {"reason": "退休了，愿意为邻居多跑腿。"}
    first = tourist.ask("老党员自荐当书记。", "POST", f"{path}/candidacies", elder, stands, expect=201, note=_origin)
    _choose(tourist, cast, first["id"])
    begun = tourist.ask(
        "办理就任，任期三年。", "POST", f"{path}/hand-over", cast.staff, {"candidacy_id": first["id"]}, note=_term
    )
    member_id = tourist.ask(
        "新党员的党员编号。", "GET", "/v1/me/member", cast.member, note=lambda body: body["home_area"]["name"]
    )["id"]
    asked: Json = {"member_id": member_id, "reason": "年轻，肯干。"}
    second = tourist.ask(
        "社区推荐新党员接班，先问本人。", "POST", f"{path}/candidacies", cast.staff, asked, expect=201, note=_origin
    )
    candidacy = f"/v1/branch-candidacies/{second['id']}"
    tourist.ask(
        "本人没答应之前，不能定。", "POST", f"{candidacy}/accept", cast.staff, expect=409, code="state-conflict"
    )
    tourist.ask("新党员同意。", "POST", f"{candidacy}/agree", cast.member, note=_status)
    _choose(tourist, cast, second["id"])
    over = tourist.ask(
        "交接：老书记卸任、新书记就任，同一刻。",
        "POST",
        f"{path}/hand-over",
        cast.staff,
        {"candidacy_id": second["id"]},
        note=_term,
    )
    tourist.insist("another term", over["secretary"]["term_id"] != begun["secretary"]["term_id"], over.body)
    tourist.ask(
        "支部成员看得到历任书记。",
        "GET",
        f"{path}/terms",
        elder,
        note=lambda body: "；".join(
            f"{term['person']['nickname']} {term['end_reason'] or '在任'}" for term in body["items"]
        ),
    )
    seen = tourist.ask(
        "居民只看到有这个支部、多少人。", "GET", path, cast.resident, note=lambda body: f"{body['member_count']} 名党员"
    )
    tourist.insist("nobody named", "secretary" not in seen.body, seen.body)
    ended: Json = {"reason": "演示结束。"}
    tourist.ask("演示用的支部撤销，历史留着。", "POST", f"{path}/dissolve", cast.staff, ended, note=_status)


def _report_in(tourist: Walk, cast: Cast) -> Person:
    elder = tourist.log_in(f"老党员{tourist.ending}", "一位退休党员登录。")
    form: Json = {"kind": "retired", "home_area_id": cast.grid_id}
    told = tourist.ask("他向居住的网格报到。", "POST", "/v1/members", elder, form, expect=201, note=_status)
    tourist.ask("社工小林通过。", "POST", f"/v1/members/{told['id']}/approve", cast.staff, note=_status)
    return elder


def _found(tourist: Walk, cast: Cast) -> str:
    """Make the branch of the grid; one that a walk left behind is dissolved before."""
    listed = tourist.ask(
        "网格有没有功能型党支部。",
        "GET",
        f"/v1/branches?area_id={cast.grid_id}",
        note=lambda body: "、".join(item["name"] for item in body["items"]) or "还没有",
    )
    left: Json = {"reason": "上次演示留下的。"}
    for item in listed["items"]:
        tourist.ask("先撤销旧的。", "POST", f"/v1/branches/{item['id']}/dissolve", cast.staff, left, note=_status)
    form: Json = {"area_id": cast.grid_id, "name": f"湖滨网格党支部{tourist.ending}"}
    made = tourist.ask(
        "社工小林建起支部。", "POST", "/v1/branches", cast.staff, form, expect=201, note=lambda body: body["name"]
    )
    tourist.ask("一个网格只有一个。", "POST", "/v1/branches", cast.staff, form, expect=409, code="branch-exists")
    return f"/v1/branches/{made['id']}"


def _choose(tourist: Walk, cast: Cast, candidacy_id: str) -> None:
    tourist.ask("社工小林确定人选。", "POST", f"/v1/branch-candidacies/{candidacy_id}/accept", cast.staff, note=_status)


def _status(body: Json) -> str:
    return str(body["status"])


def _origin(body: Json) -> str:
    return f"{body['origin']}，{body['status']}"


def _term(body: Json) -> str:
    return f"任期至 {body['secretary']['due_on']}"
