"""A chapter on grids that help each other: a plan, a question, a loan that ends."""

from datetime import timedelta

from app.cli.tour.arrival import Cast
from app.cli.tour.walk import Json, Person, Walk
from app.core.clock import today

ENDED: Json = {"reason": "演示结束。"}


def lend_a_neighbour(tourist: Walk, cast: Cast) -> None:
    """Let one grid have somebody to spare and its neighbour nobody: plan, accept, ask, lend, end."""
    tourist.chapter("三十七、人手不够，向邻近网格借")
    community, rich, poor = _found(tourist, cast)
    grant: Json = {"user_id": cast.staff.id, "role": "staff", "area_id": community}
    granted = tourist.ask(
        "社工小林也管这个社区。",
        "POST",
        "/v1/grants",
        cast.administrator,
        grant,
        expect=201,
        note=lambda body: body["role"],
    )
    helpers = [_report_in(tourist, cast, rich, f"借调党员{n}{tourist.ending}") for n in (1, 2)]
    members = [member for _, member in helpers]
    plan = _plan(tourist, cast, community)
    lines = tourist.ask("方案只有一条：甲网格借一人给乙网格。", "GET", f"{plan}/lines", cast.staff, note=_lines)
    [line] = lines["items"]
    tourist.insist("from one to the other", (line["from_area"]["id"], line["to_area"]["id"]) == (rich, poor), line)
    tourist.ask("社工小林采纳。", "POST", f"{plan}/lines/{line['id']}/accept", cast.staff, note=_status)
    lent, request = _find_asked(tourist, [person for person, _ in helpers])
    tourist.ask("先问本人，本人愿意。", "POST", f"/v1/loan-requests/{request}/agree", lent, note=_status)
    seen = tourist.ask("乙网格不缺人了。", "GET", f"/v1/strength?area_id={poor}", cast.staff, note=_there)
    tourist.insist("one member", seen["items"][0]["members"]["present"] == 1, seen.body)
    loan = tourist.ask("借到哪一天，自己看得到。", "GET", "/v1/me/loans", lent, note=_until)["items"][0]
    tourist.ask("随时可以回来。", "POST", f"/v1/loans/{loan['id']}/end", lent, note=_status)
    for member in members:
        tourist.ask("演示的党员离开。", "POST", f"/v1/members/{member}/leave", cast.staff, ENDED, note=_status)
    path = f"/v1/grants/{granted['id']}"
    tourist.ask("管理员收回授权。", "DELETE", path, cast.administrator, expect=204)
    for area_id in (rich, poor, community):
        tourist.ask(
            "演示的区域关闭。",
            "POST",
            f"/v1/areas/{area_id}/close",
            cast.administrator,
            ENDED,
            note=lambda body: body["closed_at"][:10],
        )


def _found(tourist: Walk, cast: Cast) -> tuple[str, str, str]:
    """Make a community of two grids, of which each shall have one member at least; return the three ids."""
    community = _add(tourist, cast, cast.district_id, "community", "借人社区")
    rich, poor = (_add(tourist, cast, community, "grid", name) for name in ("甲网格", "乙网格"))
    rule: Json = {"area_id": community, "members": 1, "volunteers": 0}
    tourist.ask(
        "这里每个网格至少一名党员。",
        "POST",
        "/v1/strength-rules",
        cast.administrator,
        rule,
        expect=201,
        note=lambda body: f"党员 {body['members']}，志愿者 {body['volunteers']}",
    )
    return community, rich, poor


def _add(tourist: Walk, cast: Cast, parent_id: str, kind: str, name: str) -> str:
    form: Json = {"parent_id": parent_id, "kind": kind, "name": f"{name}{tourist.ending}"}
    made = tourist.ask(
        f"管理员新设{name}。", "POST", "/v1/areas", cast.administrator, form, expect=201, note=lambda body: body["name"]
    )
    return str(made["id"])


def _report_in(tourist: Walk, cast: Cast, grid_id: str, name: str) -> tuple[Person, str]:
    """Let a member report in and be approved; return them and the id of the member."""
    person = tourist.log_in(name, "一位党员登录。")
    form: Json = {"kind": "retired", "home_area_id": grid_id}
    told = tourist.ask("向甲网格报到。", "POST", "/v1/members", person, form, expect=201, note=_status)
    tourist.ask("社工小林通过。", "POST", f"/v1/members/{told['id']}/approve", cast.staff, note=_status)
    return person, str(told["id"])


def _plan(tourist: Walk, cast: Cast, community_id: str) -> str:
    form: Json = {"area_id": community_id, "until": (today() + timedelta(days=30)).isoformat()}
    made = tourist.ask(
        "社工小林请系统拟一个借人方案。", "POST", "/v1/lending-plans", cast.staff, form, expect=201, note=_status
    )
    path = f"/v1/lending-plans/{made['id']}"
    tourist.wait_until(
        "几秒钟后方案就绪，路最近、谁也不因此缺人。",
        path,
        cast.staff,
        lambda body: body["status"] == "ready",
        lambda body: f"借 {body['people']} 人，还缺 {body['missing']} 人",
    )
    return path


def _find_asked(tourist: Walk, people: list[Person]) -> tuple[Person, str]:
    """Return who of them was asked, and the id of the question."""
    for person in people:
        asked = tourist.ask("有没有人来问我？", "GET", "/v1/me/loan-requests", person, note=_asked)
        if asked["items"]:
            return person, str(asked["items"][0]["id"])
    raise AssertionError("somebody was asked")


def _status(body: Json) -> str:
    return str(body["status"])


def _lines(body: Json) -> str:
    return "；".join(
        f"{line['from_area']['name']} → {line['to_area']['name']}：{line['people']} 人" for line in body["items"]
    )


def _there(body: Json) -> str:
    return f"党员 {body['items'][0]['members']['present']} 名"


def _until(body: Json) -> str:
    return f"到 {body['items'][0]['until']}"


def _asked(body: Json) -> str:
    return f"去{body['items'][0]['to_area']['name']}，可以不答应" if body["items"] else "没有"
