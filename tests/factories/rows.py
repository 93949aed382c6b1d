"""Areas, people, points and pictures straight in the tables, where the way there is not what is tested."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from asyncpg import Connection

from app import ledger
from app.core.clock import now
from app.core.db import Database, insert
from app.core.ids import new_id
from app.core.security import issue_token
from app.core.settings import Settings
from app.domain.caller import Role
from app.domain.kinds import AreaKind, MemberKind, UnitKind
from app.models import Area, Grant, Media, Member, Unit, User
from app.services import people
from tests.api_client import ApiClient
from tests.people import Person
from tests.random_words import letters
from tests.wechat.server import new_code


async def make_area(
    database: Database,
    parent: Area | None = None,
    kind: AreaKind = AreaKind.GRID,
    *,
    name: str | None = None,
    is_wish_review_required: bool = True,
) -> Area:
    """Make an area below ``parent``, or a root."""
    area = new_area(parent, kind, name=name, is_wish_review_required=is_wish_review_required)
    async with database.transaction() as connection:
        await insert(connection, area)
    return area


def new_area(
    parent: Area | None = None,
    kind: AreaKind = AreaKind.GRID,
    *,
    name: str | None = None,
    is_wish_review_required: bool = True,
) -> Area:
    """Return an area below ``parent``, or a root, that is not stored yet."""
    area_id = new_id()
    return Area(
        id=area_id,
        parent_id=parent.id if parent else None,
        kind=kind,
        name=name or f"区域{area_id.hex[-8:]}",
        lineage=[*(parent.lineage if parent else []), area_id],
        is_wish_review_required=is_wish_review_required,
    )


async def make_user(database: Database, settings: Settings, *, nickname: str = "邻居0001") -> Person:
    """Make a user with a wallet and a token."""
    async with database.transaction() as connection:
        return await put_user(connection, settings, nickname=nickname)


async def put_user(connection: Connection, settings: Settings, *, nickname: str = "邻居0001") -> Person:
    """Make a user with a wallet and a token in a transaction that is there."""
    user = User(id=new_id(), openid=f"o{letters(27)}", nickname=nickname)
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
    unit = Unit(id=new_id(), area_id=area.id, kind=UnitKind.GOVERNMENT, name=f"单位{letters(8)}")
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


async def make_picture(database: Database, owner: Person) -> UUID:
    """Make a picture that belongs to nothing yet, without its files."""
    media = Media(
        id=new_id(), owner_id=owner.id, width=1, height=1, size_bytes=1, media_type="image/png", sha256=bytes(32)
    )
    async with database.transaction() as connection:
        await insert(connection, media)
    return media.id
