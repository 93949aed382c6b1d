"""Making what a test starts from: straight into the tables where the way there is not what is tested."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from app import ledger
from app.core.clock import now
from app.core.db import Database, insert
from app.core.ids import new_id
from app.core.security import issue_token
from app.core.settings import Settings
from app.domain import licence
from app.domain.caller import Caller, Role
from app.domain.kinds import AreaKind, MemberKind, OfferKind, UnitKind, WishCategory
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT, JOINT_CASE, MERCHANT, WISH
from app.models import Area, Clerk, Grant, JointCase, Member, Merchant, Offer, Unit, User, Wish
from app.schemas.complaints import ComplaintIn
from app.services import people, transitions, wishes
from app.services.complaints import posting
from app.services.transitions import Mover
from app.wechat.simulator import openid_of
from tests.api_client import ApiClient
from tests.people import Person
from tests.wechat.server import new_code

REWARD_POINTS = 10
SITES = ((80 + n % 1_000 * 0.05, 20 + n // 1_000 * 0.05) for n in count())
"""Where worlds lie on the map: each at a place of its own."""


async def make_area(
    database: Database,
    parent: Area | None = None,
    kind: AreaKind = AreaKind.GRID,
    *,
    name: str | None = None,
    is_wish_review_required: bool = True,
) -> Area:
    """Make an area below ``parent``, or a root."""
    area_id = new_id()
    area = Area(
        id=area_id,
        parent_id=parent.id if parent else None,
        kind=kind,
        name=name or f"区域{area_id.hex[-8:]}",
        lineage=[*(parent.lineage if parent else []), area_id],
        is_wish_review_required=is_wish_review_required,
    )
    async with database.transaction() as connection:
        await insert(connection, area)
    return area


async def make_user(database: Database, settings: Settings, *, nickname: str = "邻居0001") -> Person:
    """Make a user with a wallet and a token."""
    user = User(id=new_id(), openid=f"o{uuid4().hex[:27]}", nickname=nickname)
    async with database.transaction() as connection:
        await insert(connection, user)
        await ledger.open_wallet(connection, user.id)
    secret = settings.secret_key.get_secret_value()
    return Person(user.id, user.openid, issue_token(secret, user.id, 1, now(), timedelta(days=1)))


async def log_in(api: ApiClient, database: Database, name: str | None = None) -> Person:
    """Log somebody in through WeChat, which checks texts only of people it has seen lately."""
    response = await api.post("/v1/auth/wechat", json={"code": new_code(name or uuid4().hex)})
    assert response.status_code == 200, response.text
    user_id = UUID(response.json()["me"]["id"])
    openid = await database.reads.fetchval('SELECT openid FROM "user" WHERE id = $1', user_id)
    return Person(user_id, openid, response.json()["token"])


async def make_grant(database: Database, person: Person, area: Area, role: Role) -> UUID:
    """Give a person a role on an area."""
    grant = Grant(id=new_id(), user_id=person.id, role=role, area_id=area.id)
    async with database.transaction() as connection:
        await insert(connection, grant)
    return grant.id


async def make_unit(database: Database, area: Area) -> UUID:
    """Make an organisation."""
    unit = Unit(id=new_id(), area_id=area.id, kind=UnitKind.GOVERNMENT, name=f"单位{uuid4().hex[:8]}")
    async with database.transaction() as connection:
        await insert(connection, unit)
    return unit.id


async def person_of(database: Database, person: Person) -> UUID:
    """Return who somebody is to the offices."""
    async with database.transaction() as connection:
        return await people.of_user(connection, person.id)


async def make_member(database: Database, person: Person, home: Area, unit_id: UUID, status: str = "approved") -> UUID:
    """Make a membership."""
    member = Member(
        id=new_id(),
        person_id=await person_of(database, person),
        kind=MemberKind.IN_SERVICE,
        unit_id=unit_id,
        home_area_id=home.id,
        status=status,
    )
    async with database.transaction() as connection:
        await insert(connection, member)
    return member.id


def new_licence_number() -> str:
    """Return a licence number that no other shop has."""
    digits = "".join(secrets.choice(licence.ALPHABET) for _ in range(7))
    first = f"92510104MA{digits}"
    return first + licence.check_character(first)


def shop_form(area_id: UUID, **changes: object) -> dict[str, object]:
    """Return an application with a shop."""
    return {
        "area_id": str(area_id),
        "name": "小面馆",
        "licence_number": new_licence_number(),
        "documents": [{"title": "营业执照", "reference": "档案柜 3-12"}],
    } | changes


OFFER_FORM: dict[str, Any] = {
    "kind": "goods",
    "title": "小面一碗",
    "description": "微辣。",
    "terms": "堂食，凭券一次一碗。",
    "points": 5,
    "stock": 10,
    "per_person_limit": 5,
    "per_day_limit": 8,
    "valid_from": "2026-01-01T00:00:00+08:00",
    "valid_until": "2099-12-31T23:59:59+08:00",
    "opening_hours": [{"weekdays": [1, 2, 3, 4, 5], "from": "09:00", "to": "21:30"}],
}
"""What an owner sends to add an offer, with everything in it."""


TEAM_FORM: dict[str, Any] = {
    "name": "红马甲志愿队",
    "introduction": "街坊自己的志愿队，什么都修。",
    "services": [
        {
            "title": "周六义务维修",
            "description": "小家电免费修。",
            "hours": [{"weekdays": [6], "from": "09:00", "to": "11:30"}],
        }
    ],
}
"""What a helper sends to found a team, but for its area."""
VENUE_FORM: dict[str, Any] = {
    "kind": "service_centre",
    "name": "湖滨党群服务中心",
    "vicinity": "公园东门旁",
    "address": "湖滨路12号",
    "location": {"longitude": 117.870123, "latitude": 36.803456},
    "telephone": "0533-6181234",
    "opening_hours": [{"weekdays": [1, 2, 3, 4, 5], "from": "09:00", "to": "17:30"}],
    "note": "二楼办事，一楼休息。",
}
"""What staff send to put a venue on the map, with everything in it."""
CONTACT_POINT: dict[str, Any] = {"kind": "contact_point", "name": "第三网格中心户", "telephone": None}
"""What makes it somebody's home."""


BUILDING_FORM: dict[str, Any] = {
    "name": "幸福路12号院3号楼",
    "aliases": ["老纺织厂宿舍3栋"],
    "households": 48,
}
"""What staff send to put a building on the list of a grid."""


COMPLAINT_FORMS: dict[str, dict[str, Any]] = {
    "answer": {"answer": "今天换好了灯泡。", "outcome": "resolved"},
    "wait": {"reason": "请告诉我们是哪一盏灯。"},
    "reject": {"reason": "不属于本社区。"},
    "rate": {"is_satisfied": True},
}
DISPATCH_FORM: dict[str, Any] = {"instructions": "请到现场查看并修好。"}
COMPLAINT_WAYS = {
    "accepted": ("accept",),
    "waiting": ("accept", "wait"),
    "answered": ("accept", "answer"),
    "closed": ("accept", "answer", "rate"),
    "rejected": ("reject",),
    "withdrawn": ("withdraw",),
}
"""How a complaint comes into a state, and what is sent for it."""


async def give_points(
    database: Database,
    person: Person,
    points: int,
    *,
    expires_on: date | None = None,
    available_on: date | None = None,
) -> None:
    """Award points for a claim that never was."""
    async with database.transaction() as connection:
        await ledger.award(connection, person.id, points, uuid4(), expires_on=expires_on, available_on=available_on)


@dataclass
class World:
    """One district: a street, a community, two grids; an administrator, staff, alliance; a neighbouring district."""

    database: Database
    api: ApiClient
    settings: Settings
    district: Area
    community: Area
    grid: Area
    other_grid: Area
    neighbour: Area
    unit_id: UUID
    administrator: Person
    staff: Person
    alliance: Person
    site: tuple[float, float] = field(default_factory=lambda: next(SITES))

    @classmethod
    async def make(cls, database: Database, api: ApiClient, settings: Settings) -> "World":
        """Make a district that no other test sees."""
        district = await make_area(database, None, AreaKind.DISTRICT)
        street = await make_area(database, district, AreaKind.STREET)
        community = await make_area(database, street, AreaKind.COMMUNITY)
        world = cls(
            database=database,
            api=api,
            settings=settings,
            district=district,
            community=community,
            grid=await make_area(database, community),
            other_grid=await make_area(database, community),
            neighbour=await make_area(database, None, AreaKind.DISTRICT),
            unit_id=await make_unit(database, district),
            administrator=await make_user(database, settings),
            staff=await make_user(database, settings),
            alliance=await make_user(database, settings),
        )
        await make_grant(database, world.administrator, district, Role.ADMINISTRATOR)
        await make_grant(database, world.staff, district, Role.STAFF)
        await make_grant(database, world.alliance, district, Role.ALLIANCE)
        return world

    def place(self, east: float, north: float) -> dict[str, Any]:
        """Return the place so many thousandths of a degree from where the world lies."""
        return {
            "longitude": round(self.site[0] + east / 1_000, 6),
            "latitude": round(self.site[1] + north / 1_000, 6),
        }

    def rectangle(self, west: float, south: float, east: float, north: float) -> dict[str, Any]:
        """Return a shape, its sides in thousandths of a degree from where the world lies."""
        corners = [(west, south), (east, south), (east, north), (west, north), (west, south)]
        return {"type": "Polygon", "coordinates": [[[*self.place(*corner).values()] for corner in corners]]}

    async def draw(self, area: Area, shape: dict[str, Any]) -> None:
        """Have the administrator say where an area lies."""
        form = {"coordinates": "gcj02", "shape": shape, "accept_warnings": True}
        response = await self.api.put(f"/v1/areas/{area.id}/shape", self.administrator, form)
        assert response.status_code == 200, response.text

    async def draw_all(self) -> None:
        """Draw the district, and in the middle of it the two grids side by side, all else being water.

        In thousandths of a degree, some hundred metres: the district from 0 to 40 each way, the grids from 10 to 20 and
        from 20 to 30 eastwards, from 10 to 20 northwards.
        """
        await self.draw(self.district, self.rectangle(0, 0, 40, 40))
        await self.draw(self.grid, self.rectangle(10, 10, 20, 20))
        await self.draw(self.other_grid, self.rectangle(20, 10, 30, 20))

    async def person(self) -> Person:
        """Make somebody who is nothing in particular."""
        return await make_user(self.database, self.settings)

    async def visitor(self) -> Person:
        """Make somebody by logging them in, so that WeChat has seen them and checks their texts."""
        name = f"访客{uuid4().hex[:8]}"
        response = await self.api.request("POST", "/v1/auth/wechat", json={"code": new_code(name)})
        assert response.status_code == 200, response.text
        user_id = UUID(response.json()["me"]["id"])
        return Person(user_id, openid_of(self.settings.wechat_appid, name), response.json()["token"])

    async def holder(self, role: Role, area: Area) -> Person:
        """Make somebody with a role."""
        person = await self.person()
        await make_grant(self.database, person, area, role)
        return person

    async def helper(self, *, points: int = 0) -> Person:
        """Make an approved member, with points if asked."""
        person = await self.person()
        await make_member(self.database, person, self.grid, self.unit_id)
        if points:
            await give_points(self.database, person, points)
        return person

    async def helpers(self, count: int) -> Sequence[Person]:
        """Make many approved members."""
        return [await self.helper() for _ in range(count)]

    async def wish(
        self, author: Person, status: str = "published", *, area: Area | None = None, title: str = "想换个灯泡"
    ) -> UUID:
        """Make a wish that stands in ``checking``, ``reviewing`` or, with its open task, ``published``."""
        area = area or self.grid
        wish = Wish(
            id=new_id(),
            author_id=author.id,
            area_id=area.id,
            category=WishCategory.ELDERLY,
            title=title,
            body="厨房的灯坏了，请帮忙。",
        )
        async with self.database.transaction() as connection:
            await insert(connection, wish)
            await transitions.log_creation(connection, WISH, wish.id, Mover(Party.AUTHOR, author.id))
            if status != "checking":
                await transitions.move(connection, WISH, wish.id, "pass_check", transitions.SYSTEM)
            if status == "published":
                mover = Mover(Party.STAFF, self.staff.id)
                await wishes.publish(connection, wish.id, "approve", mover, REWARD_POINTS)
        return wish.id

    async def task_of(self, wish_id: UUID) -> UUID:
        """Return the task that a published wish opened."""
        found = await self.database.reads.fetchval("SELECT id FROM task WHERE wish_id = $1", wish_id)
        return UUID(str(found))

    async def claim(self, helper: Person, wish_id: UUID) -> UUID:
        """Have a helper claim a published wish through the API; return the claim's id."""
        response = await self.api.post(f"/v1/tasks/{await self.task_of(wish_id)}/claims", helper)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def delivered(self, author: Person, helper: Person, *, minutes: int | None = None) -> tuple[UUID, UUID]:
        """Make a wish that a helper has delivered; return the wish's and the claim's id."""
        wish_id = await self.wish(author)
        claim_id = await self.claim(helper, wish_id)
        form = {"note": "换好了。"} | ({"minutes": minutes} if minutes else {})
        response = await self.api.post(f"/v1/claims/{claim_id}/submit", helper, form)
        assert response.status_code == 200, response.text
        return wish_id, claim_id

    async def verified(self, author: Person, helper: Person) -> UUID:
        """Make a service that staff have verified; return the claim's id."""
        _, claim_id = await self.delivered(author, helper)
        response = await self.api.post(f"/v1/claims/{claim_id}/verify", self.staff)
        assert response.status_code == 200, response.text
        return claim_id

    async def adjustment(self, holder: Person, points: int = 5, *, proposer: Person | None = None) -> UUID:
        """Have staff propose to move a holder's points; return the adjustment's id."""
        form = {
            "user_id": str(holder.id),
            "area_id": str(self.grid.id),
            "points": points,
            "reason": "补记上月漏记的服务。",
            "document": "服务台账第3页",
        }
        response = await self.api.post("/v1/adjustments", proposer or self.staff, form)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def confirmed(self, helper: Person, *, minutes: int | None = None) -> UUID:
        """Have a helper fulfil somebody's wish, who confirms it; return the claim's id."""
        author = await self.person()
        wish_id, claim_id = await self.delivered(author, helper, minutes=minutes)
        response = await self.api.post(f"/v1/wishes/{wish_id}/confirm", author, {"rating": 5})
        assert response.status_code == 200, response.text
        return claim_id

    async def policy(self, area: Area, **fields: object) -> dict[str, Any]:
        """Give an area a new version of its points policy; return it."""
        response = await self.api.post("/v1/policies", self.administrator, {"area_id": str(area.id), **fields})
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def post(
        self,
        area: Area | None = None,
        *,
        role: str | None = None,
        queues: Sequence[str] = (),
        holder: Person | None = None,
        name: str | None = None,
    ) -> UUID:
        """Have the administrator make a post, and put somebody there if asked."""
        form = {
            "area_id": str((area or self.grid).id),
            "name": name or f"岗位{uuid4().hex[:8]}",
            "duty": "每天走一遍网格，记下看到的问题。",
            "queues": list(queues),
            "role": role,
        }
        response = await self.api.post("/v1/posts", self.administrator, form)
        assert response.status_code == 201, response.text
        post_id = UUID(response.json()["id"])
        if holder is not None:
            await self.appoint(post_id, holder)
        return post_id

    async def appoint(self, post_id: UUID, holder: Person) -> None:
        """Have the administrator put a user on a post."""
        form = {"user_id": str(holder.id)}
        response = await self.api.post(f"/v1/posts/{post_id}/appoint", self.administrator, form)
        assert response.status_code == 200, response.text

    async def team(self, leader: Person, *, status: str = "approved") -> UUID:
        """Have a helper found a team in the grid, approved if asked."""
        form = TEAM_FORM | {"area_id": str(self.grid.id), "name": f"队伍{uuid4().hex[:8]}"}
        response = await self.api.post("/v1/teams", leader, form)
        assert response.status_code == 201, response.text
        team_id = UUID(response.json()["id"])
        if status == "approved":
            response = await self.api.post(f"/v1/teams/{team_id}/approve", self.staff)
            assert response.status_code == 200, response.text
        return team_id

    async def place_in_team(self, team_id: UUID, helper: Person, *, status: str = "joined") -> UUID:
        """Have a helper ask to be in a team, and be let in if asked; return the id of the place."""
        response = await self.api.post(f"/v1/teams/{team_id}/members", helper)
        assert response.status_code == 201, response.text
        place_id = UUID(response.json()["id"])
        if status == "joined":
            response = await self.api.post(f"/v1/teams/members/{place_id}/admit", self.staff)
            assert response.status_code == 200, response.text
        return place_id

    async def alliance_of(self, *team_ids: UUID) -> UUID:
        """Have staff make an alliance of teams."""
        form = {"area_id": str(self.community.id), "name": f"同盟{uuid4().hex[:8]}"}
        made = await self.api.post("/v1/alliances", self.staff, form)
        assert made.status_code == 201, made.text
        teams = {"team_ids": [str(team_id) for team_id in team_ids]}
        filled = await self.api.put(f"/v1/alliances/{made.json()['id']}/teams", self.staff, teams)
        assert filled.status_code == 200, filled.text
        return UUID(made.json()["id"])

    async def strength_rule(self, area: Area, **fields: object) -> dict[str, Any]:
        """Say how many people the grids of an area must have; return the rule."""
        response = await self.api.post("/v1/strength-rules", self.administrator, {"area_id": str(area.id), **fields})
        assert response.status_code == 201, response.text
        return dict(response.json())

    async def building(self, grid: Area | None = None, **changes: Any) -> UUID:
        """Have staff put a building on the list of a grid; return its id."""
        path = f"/v1/areas/{(grid or self.grid).id}/buildings"
        response = await self.api.post(path, self.staff, BUILDING_FORM | changes)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def api_key(self) -> UUID:
        """Make a key for another system; return its id."""
        form = {"area_id": str(self.district.id), "name": "随手拍平台"}
        response = await self.api.post("/v1/api-keys", self.administrator, form)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def complaint(self, author: Person | None = None, status: str = "open", **more: Any) -> UUID:
        """Make a complaint of the grid through the service, then put it where it shall be."""
        secret = self.settings.data_key.get_secret_value()
        person = author or await self.person()
        form = ComplaintIn(
            **{"area_id": self.grid.id, "category": "lighting", "title": "路灯坏了", "body": "三天没亮了。", **more}
        )
        caller = Caller(person.id)
        async with self.database.transaction() as connection:
            complaint_id = await posting.post(connection, secret, caller, form, more.get("area_id", self.grid.id))
            if status != "checking":
                action = "hold_check" if status == "reviewing" else "pass_check"
                await transitions.move(connection, COMPLAINT, complaint_id, action, transitions.SYSTEM)
        for action in COMPLAINT_WAYS.get(status, ()):
            response = await self.api.post(
                f"/v1/complaints/{complaint_id}/{action}",
                person if action in {"withdraw", "rate"} else self.staff,
                COMPLAINT_FORMS.get(action),
            )
            assert response.status_code == 200, response.text
        return complaint_id

    async def unit_worker(self, unit_id: UUID | None = None, person: Person | None = None) -> Person:
        """Have the administrator let somebody act for a unit, or for the world's own."""
        person = person or await self.person()
        path = f"/v1/units/{unit_id or self.unit_id}/workers"
        response = await self.api.post(path, self.administrator, {"user_id": str(person.id)})
        assert response.status_code == 201, response.text
        return person

    async def dispatch(self, complaint_id: UUID, *unit_ids: UUID, **more: Any) -> dict[UUID, UUID]:
        """Have staff hand an accepted complaint to units, the lead first; return the steps by unit."""
        lead, *others = unit_ids or [self.unit_id]
        form = {"lead_unit_id": str(lead), "co_unit_ids": [str(other) for other in others], **DISPATCH_FORM, **more}
        response = await self.api.post(f"/v1/complaints/{complaint_id}/dispatch", self.staff, form)
        assert response.status_code == 200, response.text
        return {UUID(part["unit"]["id"]): UUID(part["id"]) for part in response.json()["parts"]}

    async def joint_case(self, *complaint_ids: UUID, category: str = "noise") -> UUID:
        """Make an open joint case of the grid with these complaints, or put them into the one that is there."""
        find = "SELECT id FROM joint_case WHERE area_id = $1 AND category = $2 AND status = 'open'"
        case_id: UUID | None = await self.database.reads.fetchval(find, self.grid.id, category)
        async with self.database.transaction() as connection:
            if case_id is None:
                case = JointCase(id=new_id(), area_id=self.grid.id, category=category, opened_at=now())
                case_id = case.id
                await insert(connection, case)
                await transitions.log_creation(connection, JOINT_CASE, case_id, transitions.SYSTEM)
            await connection.execute("UPDATE complaint SET case_id = $1 WHERE id = ANY($2)", case_id, complaint_ids)
        return case_id

    async def called(self, complaint_id: UUID | None = None, **form: Any) -> UUID:
        """Have staff call helpers for an accepted complaint; return the id of the task, open or a draft."""
        complaint_id = complaint_id or await self.complaint(status="accepted")
        response = await self.api.post(f"/v1/complaints/{complaint_id}/call-helpers", self.staff, form)
        assert response.status_code == 200, response.text
        return UUID(response.json()["task"]["id"])

    async def take_seat(self, helper: Person, task_id: UUID, *, note: str | None = None) -> UUID:
        """Have a helper claim a task and, with a note, deliver; return the claim's id."""
        response = await self.api.post(f"/v1/tasks/{task_id}/claims", helper)
        assert response.status_code == 201, response.text
        claim_id = UUID(response.json()["id"])
        if note is not None:
            response = await self.api.post(f"/v1/claims/{claim_id}/submit", helper, {"note": note})
            assert response.status_code == 200, response.text
        return claim_id

    async def venue(self, *, area: Area | None = None, **changes: object) -> UUID:
        """Have staff put a venue into an area, a service centre unless told otherwise; return its id."""
        form = {**VENUE_FORM, "location": self.place(15, 15), "area_id": str((area or self.grid).id), **changes}
        response = await self.api.post("/v1/venues", self.staff, form)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def circle(self, *grids: Area, area: Area | None = None, name: str = "") -> UUID:
        """Have the alliance make a circle over grids; return its id."""
        form = {"area_id": str((area or self.district).id), "name": name or f"商圈{uuid4().hex[:8]}"}
        response = await self.api.post("/v1/circles", self.alliance, form)
        assert response.status_code == 201, response.text
        circle_id = UUID(response.json()["id"])
        if grids:
            laid = {"grid_ids": [str(grid.id) for grid in grids]}
            response = await self.api.put(f"/v1/circles/{circle_id}/grids", self.alliance, laid)
            assert response.status_code == 200, response.text
        return circle_id

    async def listed_shop(self, person: Any) -> UUID:
        """Make a shop that stands on the alliance's list with a person who has not been recognised."""
        merchant = Merchant(
            id=new_id(),
            person_id=person["id"],
            area_id=self.district.id,
            name="小面馆",
            licence_number=new_licence_number(),
            status="approved",
        )
        async with self.database.transaction() as connection:
            await insert(connection, merchant)
            await ledger.open_merchant(connection, merchant.id)
            await transitions.log_creation(connection, MERCHANT, merchant.id, transitions.SYSTEM)
        return merchant.id

    async def shop(self, owner: Person, status: str = "approved", *, area: Area | None = None) -> UUID:
        """Make a shop with its owner as clerk."""
        merchant = Merchant(
            id=new_id(),
            owner_id=owner.id,
            area_id=(area or self.district).id,
            name="小面馆",
            licence_number=new_licence_number(),
            documents='[{"title": "营业执照", "reference": "档案柜 3-12"}]',
            status=status,
        )
        async with self.database.transaction() as connection:
            await insert(connection, merchant)
            await insert(connection, Clerk(id=new_id(), merchant_id=merchant.id, user_id=owner.id))
            await ledger.open_merchant(connection, merchant.id)
            await transitions.log_creation(connection, MERCHANT, merchant.id, Mover(Party.AUTHOR, owner.id))
        return merchant.id

    async def clerk(self, owner: Person, merchant_id: UUID, person: Person | None = None) -> Person:
        """Have somebody join a shop by its owner's code, through the API."""
        person = person or await self.person()
        shown = await self.api.post(f"/v1/merchants/{merchant_id}/invites", owner)
        assert shown.status_code == 201, shown.text
        form = {"code": shown.json()["code"]}
        joined = await self.api.post(f"/v1/merchants/{merchant_id}/clerks", person, form)
        assert joined.status_code == 201, joined.text
        return person

    async def offer(
        self,
        merchant_id: UUID,
        *,
        points: int = 5,
        stock: int = 10,
        status: str = "listed",
        area: Area | None = None,
        **more: Any,
    ) -> UUID:
        """Make an offer of a shop of the district, or of the area that the shop is in."""
        offer = Offer(
            id=new_id(),
            merchant_id=merchant_id,
            area_id=(area or self.district).id,
            kind=OfferKind.GOODS,
            title="小面一碗",
            description="微辣。",
            points=points,
            stock=stock,
            stock_left=stock,
            status=status,
            **more,
        )
        async with self.database.transaction() as connection:
            await insert(connection, offer)
        return offer.id

    async def upload(self, kind: str, content: bytes) -> UUID:
        """Have the administrator upload a csv file for the district; return the import's id."""
        path = f"/v1/imports?kind={kind}&area_id={self.district.id}"
        files = {"file": ("表格.csv", content)}
        response = await self.api.request("POST", path, self.administrator, key=uuid4().hex, files=files)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def voucher(self, holder: Person, offer_id: UUID) -> UUID:
        """Take a voucher through the API; return its id."""
        response = await self.api.post(f"/v1/offers/{offer_id}/vouchers", holder)
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])

    async def code(self, holder: Person, voucher_id: UUID) -> str:
        """Return what the holder shows now."""
        response = await self.api.get(f"/v1/vouchers/{voucher_id}/code", holder)
        return str(response.json()["code"])

    async def redemption(self, clerk: Person, holder: Person, offer_id: UUID) -> UUID:
        """Take a voucher and have it scanned, through the API; return the redemption's id."""
        code = await self.code(holder, await self.voucher(holder, offer_id))
        response = await self.api.post("/v1/redemptions", clerk, {"code": code})
        assert response.status_code == 201, response.text
        return UUID(response.json()["id"])
