"""Chapters one to three: is the service there, who are we, where are we; and a member reports in."""

from dataclasses import dataclass

from app.cli.demo import demo_people
from app.cli.tour.walk import Json, Person, StepFailedError, Walk

ROLE_HOLDERS = ("管理员", "社工小林", "社工小何", "网格员小许", "书记老吴", "商圈小周")


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays in the story, and in which grid."""

    administrator: Person
    staff: Person
    other_staff: Person
    grid_worker: Person
    leader: Person
    unit_worker: Person
    alliance: Person
    volunteer: Person
    resident: Person
    member: Person
    district_id: str
    street_id: str
    community_id: str
    grid_id: str


def arrive(tourist: Walk) -> Cast:
    """Check the service, log everybody in, find the grid and have the new member approved."""
    _check_health(tourist)
    people = _log_in_demo_people(tourist)
    staff = people["社工小林"]
    community_id, grid_id = _find_grid(tourist, staff)
    tourist.chapter("三、新邻居来了")
    resident = tourist.log_in(f"新邻居{tourist.ending}", "一位新居民第一次打开小程序，登录即注册。")
    member = tourist.log_in(f"新党员{tourist.ending}", "一位在职党员第一次登录。")
    tourist.insist("nobody's grants", not member.me["grants"], member.me)
    cast = Cast(
        administrator=people["管理员"],
        staff=staff,
        other_staff=people["社工小何"],
        grid_worker=people["网格员小许"],
        leader=people["书记老吴"],
        unit_worker=people["单位小秦"],
        alliance=people["商圈小周"],
        volunteer=people["志愿者小陈"],
        resident=resident,
        member=member,
        district_id=next(grant["area_id"] for grant in people["管理员"].me["grants"]),
        street_id=next(grant["area_id"] for grant in people["书记老吴"].me["grants"]),
        community_id=community_id,
        grid_id=grid_id,
    )
    _report_in(tourist, cast)
    return cast


def bring_home(tourist: Walk, cast: Cast, path: str) -> None:
    """Have a complaint handled by its grid: what many have said before goes to the community by itself."""
    while True:
        found = tourist.ask("现在由谁办理。", "GET", path, cast.staff, note=lambda body: body["handler"]["name"])
        if found["handler"]["id"] == found["area"]["id"]:
            return
        reason = {"reason": "请网格先办。"}
        tourist.ask(
            "说的人多，系统已直接交给社区；社工小林请网格先办。",
            "POST",
            f"{path}/return",
            cast.staff,
            reason,
            note=lambda body: body["handler"]["name"],
        )


def _check_health(tourist: Walk) -> None:
    tourist.chapter("一、服务在吗")
    tourist.ask("进程活着。", "GET", "/healthz", note=lambda body: body["status"])
    tourist.ask(
        "数据库、迁移和后台任务都就绪。",
        "GET",
        "/readyz",
        note=lambda body: f"数据库 {body['database']}，迁移 {body['migrations']}，任务 {body['jobs']}",
    )


def _log_in_demo_people(tourist: Walk) -> dict[str, Person]:
    tourist.chapter("二、用微信登录")
    people: dict[str, Person] = {}
    for who in demo_people():
        people[who.name] = tourist.log_in(who.name, f"{who.name}登录。")
        if who.name in ROLE_HOLDERS and not people[who.name].me["grants"]:
            raise StepFailedError(
                f"Step {tourist.steps} failed. {who.name}登录。 Expected a role on this server; got none: "
                "load the demo district with `echowall demo`."
            )
    used: list[str] = []

    def get_code() -> Json:
        used.append(tourist.new_code("管理员"))
        return {"code": used[-1]}

    tourist.ask("拿到一个登录凭证并使用。", "POST", "/v1/auth/wechat", json=get_code, note=lambda _: "登录成功")
    tourist.ask(
        "同一个凭证再用一次，被拒绝。",
        "POST",
        "/v1/auth/wechat",
        json={"code": used[-1]},
        expect=401,
        code="login-code-invalid",
    )
    tourist.ask("不登录就看“我的”，被拒绝。", "GET", "/v1/me", expect=401, code="token-missing")
    tourist.ask(
        "社工小林看“我的”：自己管哪个社区。",
        "GET",
        "/v1/me",
        people["社工小林"],
        note=lambda body: "、".join(f"{grant['area_name']} {grant['role']}" for grant in body["grants"]),
    )
    return people


def _find_grid(tourist: Walk, staff: Person) -> tuple[str, str]:
    community_id = next(grant["area_id"] for grant in staff.me["grants"] if grant["role"] == "staff")
    tourist.ask("看有哪些区。", "GET", "/v1/areas", note=lambda body: "、".join(a["name"] for a in body["items"]))
    community = tourist.ask(
        "看小林的社区在哪。",
        "GET",
        f"/v1/areas/{community_id}",
        note=lambda body: " / ".join(area["name"] for area in body["path"]),
    )
    grids = tourist.ask(
        "看社区里有哪些网格。",
        "GET",
        f"/v1/areas?parent_id={community_id}",
        note=lambda body: "、".join(area["name"] for area in body["items"]),
    )
    tourist.insist("a community with grids", community["has_children"] and grids["items"], grids.body)
    return community_id, str(grids["items"][0]["id"])


def _report_in(tourist: Walk, cast: Cast) -> None:
    district_id = tourist.ask(
        "找到所在的区。", "GET", f"/v1/areas/{cast.grid_id}", note=lambda body: body["path"][0]["name"]
    )["path"][0]["id"]
    units = tourist.ask(
        "看区里有哪些单位。",
        "GET",
        f"/v1/units?area_id={district_id}",
        note=lambda body: "、".join(unit["name"] for unit in body["items"]),
    )
    application = tourist.ask(
        "新党员双报到：填写工作单位和居住网格。",
        "POST",
        "/v1/members",
        cast.member,
        {"kind": "in_service", "unit_id": units["items"][0]["id"], "home_area_id": cast.grid_id},
        expect=201,
        note=lambda body: f"{body['unit']['name']}，{body['home_area']['name']}，{body['status']}",
    )
    waiting = tourist.ask(
        "社工小林看到待审核的报到。",
        "GET",
        f"/v1/members?area_id={cast.community_id}&status=applied&limit=50",
        cast.staff,
        note=lambda body: f"{len(body['items'])} 人待审核",
    )
    tourist.insist("the new member among them", application["id"] in _ids(waiting["items"]), waiting.body)
    tourist.ask(
        "另一个社区的社工看不到这份报到。",
        "GET",
        f"/v1/members/{application['id']}",
        cast.other_staff,
        expect=404,
        code="not-found",
    )
    tourist.ask(
        "社工小林通过报到。",
        "POST",
        f"/v1/members/{application['id']}/approve",
        cast.staff,
        note=lambda body: body["status"],
    )
    me = tourist.ask("新党员看到自己已通过。", "GET", "/v1/me", cast.member, note=lambda body: body["member_status"])
    tourist.insist("member_status approved", me["member_status"] == "approved", me.body)


def _ids(items: list[dict[str, str]]) -> set[str]:
    return {item["id"] for item in items}
