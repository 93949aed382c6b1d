"""One thing of every kind in one district, and the routes that lead to them: for tests that walk the whole API."""

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from app.core.clock import now, today
from app.core.db import Database, insert
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain import months
from app.domain.caller import Role
from app.domain.kinds import CheckedPart, Hat
from app.main import create_app
from app.models import Volunteer
from app.services import seals
from app.services.content_checks import keeping
from app.services.people import Contact
from tests.branches import join, lead, make_branch, stand
from tests.call_outs import end, gathering, group_of, place_of
from tests.errands import errand_form, make_errand
from tests.factories import (
    BUILDING_FORM,
    CONTACT_POINT,
    OFFER_FORM,
    TEAM_FORM,
    VENUE_FORM,
    World,
    make_area,
    make_grant,
    make_member,
    new_licence_number,
    person_of,
    picture_file,
    shop_form,
)
from tests.lists import ITEM, list_form, make_list, published
from tests.orders import order, order_form, part_of
from tests.people import Person
from tests.pledges import call_alliance, make_pledge
from tests.roster import enrol
from tests.series import edit_form, id_of, make_series, series_form
from tests.settlements import LAST_MONTH, draft, lines_of, make_redemption
from tests.strength import make_line, make_loan, make_plan, make_request

DOCUMENT: dict[str, Any] = create_app(Settings(_env_file=None)).openapi()
"""What the API promises; read once so that tests can be made of it."""

METHODS = ("get", "put", "post", "delete")
NUMBERS = {
    "seal_number": 1,
    "category_code": "other",
    "tag_code": "elderly",
    "kind": "units",
    "variant": "full",
    "token": "a-link-that-leads-nowhere",
}
"""What a path names by a number or a code and not by an id; there is one of each as soon as there is a scene."""
THEN = months.start(LAST_MONTH)
COMPLAINANT, PHONE = "申屠小满", "13912345678"
ASKER, ASKER_PHONE = "令狐大山", "13987654321"
ON_ROSTER = Contact(ASKER, ASKER_PHONE)
"""Who is on the roster and says so; staff read the name."""
TELLING: dict[str, Any] = {
    "body": f"三天没亮了，找{PHONE}。",
    "place": "3号楼2单元",
    "contact": {"name": COMPLAINANT, "phone": PHONE},
}
"""What a complaint says of whoever makes it."""
HOUSES = count(1)
"""A house of its own for each scene, since two may lie in one grid."""
PICTURE = picture_file()
UNITS_FILE = "单位名称,单位类型\n区市场监督管理局,职能部门\n".encode()
Route = tuple[str, str]
"""A method and the path as the document writes it."""


@dataclass(frozen=True)
class Scene:
    """A district in which everything is at work, and the ids of it by the name of the path parameter."""

    world: World
    author: Person
    helper: Person
    applicant: Person
    owner: Person
    clerk: Person
    worker: Person
    ids: dict[str, UUID]
    """What everybody may see, or what only the parties may where no kind of it is public."""
    hidden: dict[str, UUID]
    """What only the parties may see of the kinds that are public in other states."""

    def path(self, template: str, *, hidden: bool = False) -> str:
        """Return the path to a thing of this scene."""
        place = self.world.place(15, 15)
        ids: dict[str, object] = {**self.ids, **(self.hidden if hidden else {}), **NUMBERS, **place}
        return re.sub(r"\{(\w+)\}", lambda found: str(ids[found[1]]), template)

    def sent(self, route: Route) -> dict[str, Any]:
        """Return what a request to the route brings: a payload, a form with a file, or nothing."""
        if route in UPLOADS:
            return {"files": {"file": ("照片", PICTURE) if route[1] == "/v1/media" else ("单位.csv", UNITS_FILE)}}
        return {"json": self.body(route)} if route in ROUTES_WITH_BODY else {}

    def body(self, route: Route) -> dict[str, Any]:
        """Return a payload that the route takes."""
        return bodies(self)[route]


async def make_scene(world: World, asker: Contact = ON_ROSTER) -> Scene:
    """Fill a district; ``asker`` is on no roster yet."""
    await world.draw_all()
    author, helper, applicant, owner = [
        await world.person(),
        await world.helper(points=50),
        await world.person(),
        await world.person(),
    ]
    wish, claim = await world.delivered(author, helper)
    await enrol(world, asker, volunteer=True)
    await prepare_unit(world, asker)
    member = await make_member(world.database, applicant, world.grid, world.unit_id, "applied")
    withdrawn = await world.wish(author)
    gone = await world.api.post(f"/v1/wishes/{withdrawn}/withdraw", author)
    assert gone.status_code == 200, gone.text
    shop = await world.shop(owner)
    offer = await world.offer(shop)
    clerk = await world.clerk(owner, shop)
    clerk_id = await world.database.reads.fetchval("SELECT id FROM clerk WHERE user_id = $1", clerk.id)
    settlement, line = await draft_with_line(world, shop, await make_redemption(world, owner, helper, offer, at=THEN))
    worker = await world.unit_worker()
    worker_id = await world.database.reads.fetchval("SELECT id FROM unit_worker WHERE user_id = $1", worker.id)
    holder = await world.person()
    secretary = await world.helper()
    complaint = await world.complaint(author, "accepted", **TELLING)
    [step] = (await world.dispatch(complaint)).values()
    scene = Scene(
        world=world,
        author=author,
        helper=helper,
        applicant=applicant,
        owner=owner,
        clerk=clerk,
        worker=worker,
        ids={
            "area_id": world.grid.id,
            "building_id": await world.building(name=f"幸福路{next(HOUSES)}号院1号楼"),
            "district_id": world.district.id,
            "grant_id": await make_grant(world.database, await world.person(), world.grid, Role.STAFF),
            "member_id": member,
            "identification_id": await identification(world, applicant, asker),
            "volunteer_id": await make_volunteer(world, applicant),
            "wish_id": wish,
            "complaint_id": complaint,
            "step_id": step,
            "unit_id": world.unit_id,
            "worker_id": worker_id,
            "team_id": (team := await world.team(helper)),
            "team_member_id": await world.place_in_team(team, await world.helper()),
            "alliance_id": (alliance := await world.alliance_of(team)),
            "call_id": await call_alliance(world, alliance),
            "branch_id": (branch := await make_branch(world, None, helper)),
            "branch_member_id": await join(world, branch, secretary),
            "candidacy_id": await lead_and_stand(world, branch, secretary, helper),
            "post_id": await world.post(role="staff", queues=["complaints", "wishes"], holder=holder),
            "call_out_id": (call_out := await gathering(world, area_id=str(world.grid.id))),
            "called_id": (called := await place_of(world, call_out, helper)),
            "group_id": await group_of(world, call_out, called),
            "order_id": (order_id := await order(world, world.grid)),
            "part_id": await part_of(world, order_id, world.grid),
            "api_key_id": await world.api_key(),
            "errand_id": await make_errand(world, author),
            "review_id": await review_of(world, await world.wish(author, "reviewing")),
            "case_id": await world.joint_case(await world.complaint(author, category="noise")),
            "task_id": await world.task_of(wish),
            "claim_id": claim,
            "waiter_id": await world.place_in_line(await world.task_of(wish), secretary),
            "pledge_id": await make_pledge(world, team, helper),
            "adjustment_id": await world.adjustment(helper),
            "venue_id": await world.venue(**CONTACT_POINT, note="屋主在家时开门"),
            "circle_id": await world.circle(world.grid),
            "merchant_id": shop,
            "clerk_id": clerk_id,
            "offer_id": offer,
            "voucher_id": await world.voucher(helper, offer),
            "redemption_id": await world.redemption(owner, helper, offer),
            "transfer_id": await sealed_transfer(world, helper),
            "settlement_id": settlement,
            "line_id": line,
            "series_id": (await make_series(world))["id"],
            "list_id": id_of((await published(world))[0]),
            "import_id": await world.upload("units", UNITS_FILE),
            "media_id": await world.picture(author),
            **await lending(world, helper),
        },
        hidden={
            "wish_id": await world.wish(author, "reviewing"),
            "complaint_id": await world.complaint(author, category="neighbours"),
            "task_id": await world.task_of(withdrawn),
            "list_id": id_of(await make_list(world)),
            "offer_id": await world.offer(shop, status="reviewing"),
            "team_id": await world.team(helper, status="applied"),
        },
    )
    await end(world, scene.ids["call_out_id"])  # so that whoever watches it is told at once that it is over
    return scene


async def review_of(world: World, wish_id: UUID) -> UUID:
    """Let the words of a wish wait for people."""
    async with world.database.transaction() as connection:
        await keeping.keep(connection, "wish", wish_id, CheckedPart.WORDS, keeping.HOLD)
    found: UUID = await world.database.reads.fetchval("SELECT id FROM content_check WHERE subject_id = $1", wish_id)
    return found


async def lead_and_stand(world: World, branch_id: UUID, secretary: Person, rival: Person) -> UUID:
    """Give a branch a secretary and somebody who would follow; return the candidacy of the latter."""
    await lead(world, branch_id, secretary)
    return await stand(world, branch_id, rival)


async def prepare_unit(world: World, contact: Contact) -> None:
    """Say whom to call at the world's unit, and that it reported to the grid."""
    path = f"/v1/units/{world.unit_id}"
    for response in (
        await world.api.put(f"{path}/contact", world.staff, contact.whole),
        await world.api.put(f"{path}/areas/{world.grid.id}", world.staff, {"reported_on": "2026-05-01"}),
    ):
        assert response.status_code == 200, response.text


async def lending(world: World, member: Person) -> dict[str, UUID]:
    """Lend a member of the grid to a third one, and ask for more; return the ids."""
    third = await make_area(world.database, world.community)
    plan_id = await make_plan(world)
    line_id = await make_line(world, plan_id, world.grid, third, 2, hat=Hat.MEMBER, status="asking")
    request_id = await make_request(world, line_id, member, "agreed")
    return {
        "plan_id": plan_id,
        "lending_line_id": line_id,
        "request_id": request_id,
        "loan_id": await make_loan(world, request_id),
    }


async def identification(world: World, person: Person, contact: Contact) -> UUID:
    """Have somebody say who they are."""
    form = {"name": contact.name, "phone": contact.phone, "home_area_id": str(world.grid.id)}
    response = await world.api.post("/v1/identifications", person, form)
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


async def sealed_transfer(world: World, holder: Person) -> UUID:
    """Return the first transfer of somebody's points, sealed."""
    listed = await world.api.get("/v1/me/points/transfers", holder)
    await seals.seal_all(world.database)
    return UUID(listed.json()["items"][-1]["id"])


async def draft_with_line(world: World, shop: UUID, redemption: UUID) -> tuple[UUID, UUID]:
    """Draft last month's statement of a shop; return its id and that of the line for a redemption."""
    settlement = await draft(world, shop)
    [line] = [
        line["id"]
        for line in await lines_of(world, settlement, world.alliance)
        if line["redemption_id"] == str(redemption)
    ]
    return settlement, UUID(line)


async def make_volunteer(world: World, person: Person, status: str = "applied") -> UUID:
    """Make an application as a volunteer."""
    volunteer = Volunteer(
        id=new_id(),
        person_id=await person_of(world.database, person),
        home_area_id=world.grid.id,
        skills=["理发"],
        status=status,
    )
    async with world.database.transaction() as connection:
        await insert(connection, volunteer)
    return volunteer.id


def bodies(scene: Scene) -> dict[Route, dict[str, Any]]:
    """Return a good payload for every route that takes one."""
    grid, unit, someone = str(scene.world.grid.id), str(scene.world.unit_id), str(scene.applicant.id)
    reason = {"reason": "请补充说明。"}
    return {
        ("POST", "/v1/auth/wechat"): {"code": "sim-小李-1", "device": "一部手机"},
        ("PUT", "/v1/me"): {"nickname": "热心邻居"},
        ("POST", "/v1/me/phone"): {"code": "phone-小李-1"},
        ("POST", "/v1/me/messages/read"): {"up_to_id": str(scene.ids["wish_id"])},
        ("POST", "/v1/areas"): {
            "parent_id": grid,
            "kind": "post",
            "name": "一号楼",
            "code": "370303001001",
            "households": 120,
            "residents": 310,
            "is_wish_review_required": False,
        },
        ("PUT", "/v1/areas/{area_id}"): {
            "name": "第九网格",
            "code": "370303001009",
            "households": 400,
            "residents": 1_100,
            "is_wish_review_required": True,
        },
        ("POST", "/v1/areas/{area_id}/move"): {"parent_id": str(scene.world.district.id)} | reason,
        ("POST", "/v1/areas/{area_id}/merge"): {"into_id": str(scene.world.other_grid.id)} | reason,
        ("POST", "/v1/areas/{area_id}/split"): {
            "parts": [{"name": "东"}, {"name": "西"}],
            "default_part": 0,
            "coordinates": "gcj02",
            "reason": "人口太多。",
        },
        ("POST", "/v1/areas/{area_id}/close"): reason,
        ("PUT", "/v1/areas/{area_id}/shape"): {
            "coordinates": "gcj02",
            "shape": scene.world.rectangle(10, 10, 20, 20),
        },
        ("POST", "/v1/areas/{area_id}/shapes/check"): shapes_form(scene.world),
        ("PUT", "/v1/areas/{area_id}/shapes"): shapes_form(scene.world) | {"accept_warnings": True},
        ("POST", "/v1/areas/{area_id}/buildings"): BUILDING_FORM | {"name": "幸福路12号院4号楼"},
        ("PUT", "/v1/areas/{area_id}/buildings/{building_id}"): BUILDING_FORM | {"area_id": grid, "location": None},
        ("POST", "/v1/grants"): {"user_id": someone, "role": "staff", "area_id": grid},
        ("POST", "/v1/posts"): {
            "area_id": grid,
            "name": "网格长",
            "duty": "每天走一遍网格。",
            "queues": [],
            "role": None,
        },
        ("PUT", "/v1/posts/{post_id}"): {"name": "网格员", "duty": "每天走一遍网格。"},
        ("POST", "/v1/posts/{post_id}/appoint"): {"name": "王小明", "phone": "13812345678"},
        ("POST", "/v1/posts/{post_id}/vacate"): reason,
        ("POST", "/v1/teams"): TEAM_FORM | {"area_id": grid},
        ("PUT", "/v1/teams/{team_id}"): TEAM_FORM,
        ("POST", "/v1/teams/{team_id}/refuse"): reason,
        ("POST", "/v1/teams/{team_id}/dissolve"): reason,
        ("POST", "/v1/teams/{team_id}/hand-over"): {"team_member_id": str(scene.ids["team_member_id"])},
        ("POST", "/v1/branches"): {"area_id": grid, "name": "湖滨网格功能型党支部"},
        ("PUT", "/v1/branches/{branch_id}"): {"name": "湖畔网格功能型党支部"},
        ("POST", "/v1/branches/{branch_id}/dissolve"): reason,
        ("POST", "/v1/branches/{branch_id}/members"): {"member_id": str(scene.ids["member_id"])},
        ("POST", "/v1/branches/members/{branch_member_id}/leave"): reason,
        ("POST", "/v1/branches/{branch_id}/candidacies"): {"member_id": str(scene.ids["member_id"])},
        ("POST", "/v1/branches/{branch_id}/hand-over"): {"candidacy_id": str(scene.ids["candidacy_id"])},
        ("POST", "/v1/branches/{branch_id}/vacate"): reason,
        ("POST", "/v1/branch-candidacies/{candidacy_id}/reject"): reason,
        ("POST", "/v1/alliances"): {"area_id": grid, "name": "助老同盟", "introduction": "各队一起帮老人。"},
        ("PUT", "/v1/alliances/{alliance_id}"): {"name": "助老大同盟"},
        ("PUT", "/v1/alliances/{alliance_id}/teams"): {"team_ids": [str(scene.ids["team_id"])]},
        ("POST", "/v1/policies"): {
            "area_id": grid,
            "rates": [{"kind": "wish", "points": 8}],
            "expiry_months": 12,
            "expiry": "months",
        },
        ("POST", "/v1/api-keys"): {"area_id": grid, "name": "随手拍平台"},
        ("POST", "/v1/handling-rules"): {
            "area_id": grid,
            "category": "noise",
            "unit_id": unit,
            "accept": {"amount": 4, "unit": "working_hour"},
            "hours": [{"from": "09:00", "to": "12:00"}, {"from": "13:00", "to": "18:00"}],
        },
        ("POST", "/v1/identifications"): {"name": "王小明", "phone": "13812345678", "home_area_id": grid},
        ("POST", "/v1/identifications/{identification_id}/refuse"): reason,
        ("POST", "/v1/identifications/{identification_id}/undo"): reason,
        **{
            ("POST", f"/v1/{hat}s/{{{hat}_id}}/correct"): {"name": "欧阳小满", "phone": "13812345699", **reason}
            for hat in ("member", "volunteer")
        },
        ("POST", "/v1/lending-plans"): {
            "area_id": grid,
            "until": (today() + timedelta(days=30)).isoformat(),
            "skills": ["修电器"],
            "max_distance_m": 3000,
        },
        ("POST", "/v1/strength-rules"): {"area_id": grid, "members": 8, "volunteers": 40},
        ("POST", "/v1/members"): {"kind": "in_service", "unit_id": unit, "home_area_id": grid},
        ("POST", "/v1/members/enter"): {
            "name": "令狐小山",
            "phone": "13812345670",
            "kind": "floating",
            "unit_id": unit,
            "unit_area_id": grid,
            "unit_checked_in_on": "2026-05-01",
            "home_checked_in_on": "2026-05-02",
            "home_branch": "河口村党支部",
            "host_branch": "东湖社区党支部",
            "home_area_id": grid,
        },
        ("PUT", "/v1/members/{member_id}"): {"kind": "retired", "home_checked_in_on": "2026-05-02"},
        ("POST", "/v1/volunteers/enter"): {
            "name": "令狐小山",
            "phone": "13812345670",
            "home_area_id": grid,
            "skills": ["理发"],
        },
        **{
            ("POST", f"/v1/{hat}s/{{{hat}_id}}/{action}"): reason
            for hat in ("member", "volunteer")
            for action in ("refuse", "leave", "unmask")
        },
        **{
            ("POST", f"/v1/{hat}s/{{{hat}_id}}/transfer"): reason | {"home_area_id": grid}
            for hat in ("member", "volunteer")
        },
        ("POST", "/v1/volunteers"): {
            "home_area_id": grid,
            "profession": "电工",
            "skills": ["修电器", "理发"],
            "free_hours": [{"weekdays": [6], "from": "14:00", "to": "17:00"}],
        },
        ("PUT", "/v1/volunteers/{volunteer_id}"): {
            "profession": "电工",
            "skills": ["修电器"],
            "free_hours": [{"weekdays": [6, 7], "from": "09:00", "to": "12:00"}],
        },
        ("POST", "/v1/wishes"): {"area_id": grid, "category": "elderly", "title": "想换个灯泡", "body": "灯坏了。"},
        ("POST", "/v1/wishes/{wish_id}/reject"): reason,
        ("POST", "/v1/wishes/{wish_id}/confirm"): {"rating": 5, "thanks": "谢谢您。"},
        ("POST", "/v1/wishes/{wish_id}/dispute"): reason,
        ("POST", "/v1/complaints"): {
            "area_id": grid,
            "category": "lighting",
            "title": "楼道灯坏了",
            "body": "三天没亮了，老人下楼很危险。",
            "place": "3号楼2单元",
            "location": {"longitude": 117.870123, "latitude": 36.803456},
            "contact": {"name": "王小明", "phone": "13812345678"},
        },
        **{
            ("POST", f"/v1/complaints/{{complaint_id}}/{action}"): reason
            for action in ("escalate", "return", "wait", "reject", "reopen", "unmask")
        },
        ("POST", "/v1/complaints/{complaint_id}/dispatch"): {
            "lead_unit_id": unit,
            "co_unit_ids": [str(scene.ids["wish_id"])],
            "instructions": "请到现场查看并修好。",
            "working_days": 3,
        },
        ("POST", "/v1/steps/{step_id}/answer"): {"answer": "线路已修好。"},
        ("POST", "/v1/steps/{step_id}/send-back"): reason,
        ("POST", "/v1/units"): {
            "area_id": grid,
            "kind": "non_public_enterprise",
            "name": "云桥软件有限公司",
            "credit_code": new_licence_number(),
            "contact": {"name": "令狐小山", "phone": "13812345670"},
        },
        ("PUT", "/v1/units/{unit_id}"): {
            "kind": "government",
            "name": "区图书馆",
            "credit_code": new_licence_number(),
        },
        ("PUT", "/v1/units/{unit_id}/contact"): {"name": ASKER, "phone": ASKER_PHONE},
        ("POST", "/v1/units/{unit_id}/close"): reason,
        ("POST", "/v1/units/{unit_id}/unmask"): reason,
        ("PUT", "/v1/units/{unit_id}/areas/{area_id}"): {"reported_on": "2026-05-01"},
        ("POST", "/v1/units/{unit_id}/workers"): {"user_id": someone},
        ("POST", "/v1/complaints/{complaint_id}/answer"): {"answer": "今天换好了灯泡。", "outcome": "resolved"},
        ("POST", "/v1/complaints/{complaint_id}/call-helpers"): {
            "title": "帮忙换灯泡",
            "body": "带上梯子。",
            "seats": 2,
        },
        ("POST", "/v1/complaints/{complaint_id}/resume"): {"words": "三楼那盏。"},
        ("POST", "/v1/complaints/{complaint_id}/merge"): {"into_id": str(scene.ids["wish_id"])},
        ("POST", "/v1/complaints/{complaint_id}/correct"): {"category": "water", "urgency": "urgent"},
        ("POST", "/v1/complaints/{complaint_id}/rate"): {"is_satisfied": True, "note": "谢谢"},
        ("POST", "/v1/errands"): errand_form(scene.world),
        ("POST", "/v1/reviews/{review_id}/reject"): reason,
        ("POST", "/v1/errands/{errand_id}/reject"): reason,
        ("POST", "/v1/errands/{errand_id}/end"): reason,
        ("POST", "/v1/errands/{errand_id}/unmask"): reason,
        ("POST", "/v1/claims/{claim_id}/pick-up"): {"things": ["身份证"]},
        ("POST", "/v1/claims/{claim_id}/hand-back"): {},
        ("POST", "/v1/task-tags"): {"code": "joint-study", "group": "joint_work", "name": "联学", "position": 1},
        ("PUT", "/v1/task-tags/{tag_code}"): {"name": "助老", "position": 1, "is_active": True},
        ("PUT", "/v1/complaint-categories/{category_code}"): {
            "name": "其他",
            "urgency": "ordinary",
            "words": [],
            "is_active": True,
        },
        ("POST", "/v1/joint-cases/{case_id}/close"): reason,
        ("POST", "/v1/tasks"): {
            "area_id": grid,
            "kind": "activity",
            "title": "周六清理楼道",
            "seats": 3,
            "min_people": 2,
            "starts_at": (now() + timedelta(days=1)).isoformat(),
            "ends_at": (now() + timedelta(days=1, hours=2)).isoformat(),
            "skills": ["搬运"],
        },
        ("POST", "/v1/call-outs"): {
            "area_id": grid,
            "emergency": "暴雨内涝",
            "instructions": "请到社区广场集合，带上雨具。",
            "is_drill": True,
        },
        ("POST", "/v1/call-outs/{call_out_id}/refuse"): reason,
        ("POST", "/v1/call-outs/{call_out_id}/stand-down"): {"summary": "积水已退，人员全部返回。"},
        ("PUT", "/v1/call-outs/{call_out_id}/answer"): {"answer": "coming", "minutes": 15},
        ("POST", "/v1/call-outs/{call_out_id}/groups"): {
            "name": "抢险一组",
            "leader_id": str(scene.ids["called_id"]),
            "people_ids": [str(scene.ids["called_id"])],
        },
        ("PUT", "/v1/call-out-groups/{group_id}/people"): {"leader_id": str(scene.ids["called_id"])},
        ("POST", "/v1/call-outs/{call_out_id}/tasks"): {"area_id": grid, "work": "clearing", "seats": 5},
        ("PUT", "/v1/called-people/{called_id}/answer"): {"answer": "later", "minutes": 60},
        ("POST", "/v1/called-people/{called_id}/unmask"): reason,
        ("POST", "/v1/orders"): order_form(scene.world, scene.world.grid),
        ("POST", "/v1/orders/{order_id}/cancel"): reason,
        ("POST", "/v1/order-parts/{part_id}/report"): {"report": "清理完毕，共12处。"},
        ("POST", "/v1/order-parts/{part_id}/return"): reason,
        ("POST", "/v1/order-parts/{part_id}/cancel"): reason,
        ("PUT", "/v1/tasks/{task_id}"): {"title": "周日清理楼道", "minutes": 60},
        ("POST", "/v1/tasks/{task_id}/cancel"): reason,
        ("POST", "/v1/task-series"): series_form(scene.world),
        ("PUT", "/v1/task-series/{series_id}"): edit_form(scene.world, title="早间巡逻"),
        ("POST", "/v1/task-series/{series_id}/end"): reason,
        ("POST", "/v1/task-lists"): list_form(scene.world),
        ("POST", "/v1/task-lists/{list_id}/items"): ITEM | {"area_id": grid},
        ("POST", "/v1/task-lists/{list_id}/publish"): {"groups_until": (now() + timedelta(days=1)).isoformat()},
        ("POST", "/v1/task-lists/{list_id}/cancel"): reason,
        ("POST", "/v1/tasks/{task_id}/seats"): {"seats": 9},
        ("POST", "/v1/tasks/{task_id}/attendances"): {"claim_ids": [str(scene.ids["claim_id"])]},
        ("POST", "/v1/tasks/{task_id}/verify"): {"claims": [{"id": str(scene.ids["claim_id"]), "minutes": 30}]},
        ("POST", "/v1/claims/{claim_id}/check-in"): {"code": "EW1ABCDEFGHIJKLMNOPQRSTUVWXYZ12345678"},
        ("POST", "/v1/claims/{claim_id}/check-out"): {"checked_out_at": now().isoformat()},
        ("POST", "/v1/tasks/{task_id}/pledges"): {"team_id": str(scene.ids["team_id"]), "heads": 2},
        ("POST", "/v1/tasks/{task_id}/calls"): {"alliance_id": str(scene.ids["alliance_id"])},
        ("PUT", "/v1/task-calls/{call_id}/answers/{team_id}"): {"answer": "cannot", "note": "当天有别的活动。"},
        ("PUT", "/v1/pledges/{pledge_id}"): {"heads": 2},
        ("POST", "/v1/pledges/{pledge_id}/people"): {"place_ids": [str(scene.ids["team_member_id"])]},
        ("POST", "/v1/claims/{claim_id}/submit"): {"note": "换好了。", "minutes": 45},
        ("POST", "/v1/claims/{claim_id}/cannot"): reason,
        ("POST", "/v1/claims/{claim_id}/return"): reason,
        ("POST", "/v1/claims/{claim_id}/refuse"): reason,
        ("POST", "/v1/claims/{claim_id}/reverse-award"): reason | {"document": "走访记录第7号"},
        ("POST", "/v1/adjustments"): {
            "user_id": str(scene.helper.id),
            "area_id": grid,
            "points": 5,
            "reason": "补记上月漏记的服务。",
            "document": "服务台账第3页",
        },
        ("POST", "/v1/adjustments/{adjustment_id}/refuse"): reason,
        ("POST", "/v1/donations"): {"area_id": str(scene.world.community.id), "points": 1},
        ("POST", "/v1/staffing-rules"): {
            "area_id": grid,
            "households_per_grid_worker": 400,
            "workers_per_10000": 20,
        },
        ("POST", "/v1/venues"): {"area_id": grid, **VENUE_FORM},
        ("PUT", "/v1/venues/{venue_id}"): VENUE_FORM,
        ("POST", "/v1/circles"): {"area_id": grid, "name": "湖滨商圈", "introduction": "三条小街。"},
        ("PUT", "/v1/circles/{circle_id}"): {"name": "湖畔商圈", "introduction": "四条小街。"},
        ("PUT", "/v1/circles/{circle_id}/grids"): {"grid_ids": [grid]},
        ("POST", "/v1/merchants"): shop_form(scene.world.grid.id),
        ("POST", "/v1/merchants/{merchant_id}/refuse"): reason,
        ("POST", "/v1/merchants/{merchant_id}/reapply"): shop_form(scene.world.grid.id),
        ("POST", "/v1/merchants/{merchant_id}/suspend"): reason | {"vouchers": "honour"},
        ("POST", "/v1/merchants/{merchant_id}/clerks"): {"code": "7KQ2MX9P"},
        ("POST", "/v1/merchants/{merchant_id}/offers"): OFFER_FORM,
        ("PUT", "/v1/offers/{offer_id}"): OFFER_FORM,
        ("POST", "/v1/offers/{offer_id}/reject"): reason,
        ("POST", "/v1/redemptions/{redemption_id}/reverse"): reason,
        ("POST", "/v1/settlements"): {"merchant_id": str(scene.ids["merchant_id"]), "month": "2025-01"},
        ("POST", "/v1/settlements/{settlement_id}/reopen"): reason,
        ("POST", "/v1/settlements/{settlement_id}/pay"): {"document": "转账凭证0001"},
        ("POST", "/v1/settlements/{settlement_id}/lines/{line_id}/dispute"): reason,
        ("POST", "/v1/settlements/{settlement_id}/lines/{line_id}/answer"): {
            "decision": "accepted",
            "answer": "核对无误。",
        },
        ("PUT", "/v1/imports/{import_id}/mapping"): {"sheet": "Sheet1", "columns": [{"index": 0, "field": "name"}]},
        ("POST", "/v1/imports/{import_id}/confirm"): {"accept_refused": False},
        ("POST", "/v1/redemptions"): {"code": "EW1ABCDEFGHIJKLMNOPQRSTUVWXYZ12345678"},
    }


def shapes_form(world: World) -> dict[str, Any]:
    """Return a file that draws the grid anew."""
    feature = {
        "type": "Feature",
        "properties": {"area_id": str(world.grid.id)},
        "geometry": world.rectangle(10, 10, 20, 20),
    }
    return {"coordinates": "gcj02", "shapes": [feature]}


def operation(route: Route) -> dict[str, Any]:
    """Return what the document says of a route."""
    method, path = route
    found: dict[str, Any] = DOCUMENT["paths"][path][method.lower()]
    return found


def taken(route: Route) -> dict[str, Any]:
    """Return the media types that a route reads."""
    found: dict[str, Any] = operation(route).get("requestBody", {}).get("content", {})
    return found


ROUTES: list[Route] = [
    (method.upper(), path)
    for path, operations in DOCUMENT["paths"].items()
    for method in operations
    if method in METHODS
]
ROUTES_WITH_BODY = [route for route in ROUTES if "application/json" in taken(route)]
UPLOADS = [route for route in ROUTES if "multipart/form-data" in taken(route)]


def problem_codes(route: Route) -> set[str]:
    """Return the problems that a route answers with, by the document."""
    return {
        code
        for response in operation(route)["responses"].values()
        for code in response.get("content", {}).get("application/problem+json", {}).get("examples", {})
    }


COUNTED: dict[str, tuple[str, dict[str, int]]] = {}
"""Of each database, what was counted last and as of which snapshot."""


async def count_rows(database: Database) -> dict[str, int]:
    """Return how many rows each table has, so that a test can tell that nothing was stored.

    As long as no transaction of the server wrote anything, the rows are those of before: they are not counted again.
    """
    [(name, snapshot)] = await database.reads.fetch("SELECT current_database(), pg_current_snapshot()::text")
    if COUNTED.get(name, ("",))[0] != snapshot:
        tables = await database.reads.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        counts = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM \"{table}\"" for (table,) in tables)
        COUNTED[name] = snapshot, dict(await database.reads.fetch(counts))
    return COUNTED[name][1]


def problem(response: Any) -> tuple[int, str]:
    """Return the status and code of a refusal, and hold it against the form that every refusal has."""
    assert response.headers["content-type"] == "application/problem+json", response.text[:200]
    told = response.json()
    assert set(told) == {"type", "title", "status", "code", "detail", "fields", "facts"}
    assert told["status"] == response.status_code
    assert re.search("[\u4e00-\u9fff]", told["detail"]), "the detail is for the person in front of the screen"
    return response.status_code, told["code"]
