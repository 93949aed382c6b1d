"""Shops from the alliance's list: approved at once, owned once their owners have been recognised."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from asyncpg import Connection

from app.core.db import Database
from app.services import people
from app.services.imports import applying
from app.services.people import Contact
from tests.factories import World, new_licence_number
from tests.imports import Cell, Office, counts, reasons, xlsx
from tests.people import Person
from tests.roster import new_contact
from tests.spreadsheets import sheets_of

HEAD = ("商户名称", "统一社会信用代码", "社区", "经营者", "手机号码")
SHOPS = """
    SELECT m.id, m.name, m.status, m.owner_id, m.accepts_scans FROM merchant m JOIN area a ON a.id = m.area_id
    WHERE a.lineage @> ARRAY[$1::uuid] ORDER BY m.name
"""
ACCOUNTS = """
    SELECT count(*), count(DISTINCT l.owner_id), min(l.kind) FROM ledger_account l JOIN merchant m ON m.id = l.owner_id
    JOIN area a ON a.id = m.area_id WHERE a.lineage @> ARRAY[$1::uuid]
"""
TYPE_LOOKUP = re.compile(r"typeinfo_tree|set_config\('jit'")
"""What asyncpg asks once a connection, when a type is new to it."""


def phone() -> str:
    return f"139{uuid4().int % 10**8:08}"


async def refusal(office: Office, world: World, *row: Cell) -> list[tuple[str | None, str]]:
    checked = await office.checked("merchants", world.district.id, xlsx(HEAD, row))
    [refused] = await office.rows(checked["id"], "refused")
    return reasons(refused)


async def recognise(world: World, contact: Contact, person: Person) -> None:
    async with world.database.transaction() as connection:
        person_id = await people.enter(connection, world.settings.data_key.get_secret_value(), contact)
        await connection.execute("UPDATE person SET user_id = $2 WHERE id = $1", person_id, person.id)


class Watched(Database):
    """A database that notes what is sent in bulk."""

    def __init__(self, world: World) -> None:
        url = world.settings.database_url
        assert url is not None
        super().__init__(url.get_secret_value(), world.settings)
        self.sent: list[str] = []

    @asynccontextmanager
    async def bulk_transaction(self) -> AsyncIterator[Connection]:
        async with super().bulk_transaction() as connection:
            connection.add_query_logger(lambda record: self.sent.append(" ".join(record.query.split())))
            yield connection


class TestMerchants:
    async def test_shops_come_in_approved_and_the_same_file_changes_nothing(self, world: World, office: Office):
        community = world.community.name
        content = xlsx(
            HEAD,
            ("老王小面", new_licence_number(), community, "王老五", phone()),
            ("李记理发", new_licence_number(), community, "李四", phone()),
        )
        assert counts(await office.taken("merchants", world.district.id, content)) == (2, 0, 0, 0)
        shops = await world.database.reads.fetch(SHOPS, world.district.id)
        assert [(shop["name"], shop["status"], shop["owner_id"], shop["accepts_scans"]) for shop in shops] == [
            ("李记理发", "approved", None, True),
            ("老王小面", "approved", None, True),
        ]
        shown = (await world.api.get(f"/v1/merchants/{shops[0]['id']}", world.alliance)).json()
        assert (shown["has_owner"], shown["actions"]) == (False, ["suspend"])
        assert counts(await office.taken("merchants", world.district.id, content)) == (0, 0, 2, 0)

    async def test_a_shop_is_named_anew(self, world: World, office: Office):
        licence, row = new_licence_number(), (world.community.name, "王老五", phone())
        await office.taken("merchants", world.district.id, xlsx(HEAD, ("老王小面", licence, *row)))
        checked = await office.checked("merchants", world.district.id, xlsx(HEAD, ("老王面馆", licence, *row)))
        assert counts(await office.confirm(checked["id"])) == (0, 1, 0, 0)
        [shop] = await world.database.reads.fetch(SHOPS, world.district.id)
        assert shop["name"] == "老王面馆"

    async def test_every_fault_is_named(self, world: World, office: Office):
        licence, community = new_licence_number(), world.community.name
        wrong = licence[:-1] + ("0" if licence[-1] != "0" else "1")
        assert (await refusal(office, world, "老王小面", wrong, community, "王老五", phone()))[0][0] == "licence"
        assert (await refusal(office, world, None, licence, community, "王老五", phone()))[0][0] == "name"
        assert await refusal(office, world, "老王小面", licence, community, "王老五", None) == [
            ("phone", "新商户要填写经营者姓名和联系电话。")
        ]
        elsewhere = await World.make(world.database, world.api, world.settings)
        taken = await elsewhere.database.reads.fetchval(
            "SELECT licence_number FROM merchant WHERE id = $1", await elsewhere.shop(await elsewhere.person())
        )
        assert await refusal(office, world, "老王小面", taken, community, "王老五", phone()) == [
            ("licence", "这个信用代码已在其他区域登记，请核对。")
        ]
        await office.taken(
            "merchants", world.district.id, xlsx(HEAD, ("老王小面", licence, community, "王老五", phone()))
        )
        moved = xlsx((*HEAD, "网格"), ("老王小面", licence, community, "王老五", phone(), world.grid.name))
        checked = await office.checked("merchants", world.district.id, moved)
        [refused] = await office.rows(checked["id"], "refused")
        assert reasons(refused) == [(None, "商户登记在另一个区域，导入不会迁移商户，请核对区域。")]

    async def test_what_is_exported_can_be_imported(self, world: World, office: Office):
        row = ("老王小面", new_licence_number(), world.community.name, "王老五", phone())
        await office.taken("merchants", world.district.id, xlsx(HEAD, row))
        params = {"area_id": world.district.id, "reason": "年度核对"}
        exported = await world.api.get("/v1/exports/merchants.xlsx", world.administrator, **params)
        assert exported.status_code == 200, exported.text
        masked = await world.api.get("/v1/exports/merchants.xlsx", world.administrator, area_id=world.district.id)
        told = str(sheets_of(masked.content)[0])
        assert (row[0] in told, row[4] in told) == (True, False)
        assert counts(await office.checked("merchants", world.district.id, exported.content)) == (0, 0, 1, 0)

    async def test_as_many_statements_for_twenty_shops_as_for_two(self, world: World, office: Office):
        sent = []
        for count in (2, 20):
            rows = [(f"小店{n}", new_licence_number(), world.community.name, "王老五", phone()) for n in range(count)]
            checked = await office.checked("merchants", world.district.id, xlsx(HEAD, *rows))
            assert (await office.step(checked["id"], "confirm", {"accept_refused": False})).status_code == 200
            watched = Watched(world)
            await applying.apply(watched, world.settings.data_key.get_secret_value(), UUID(checked["id"]))
            await asyncio.sleep(0)  # asyncpg tells of a statement in the next turn of the loop
            watched.close()
            await office.jobs.drain()
            assert counts(await office.get(checked["id"])) == (count, 0, 0, 0)
            sent.append([query for query in watched.sent if not TYPE_LOOKUP.search(query)])
        assert len(sent[0]) == len(sent[1]), sent
        accounts = await world.database.reads.fetch(ACCOUNTS, world.district.id)
        assert [tuple(row) for row in accounts] == [(22, 22, "merchant")]

    async def test_nobody_lists_their_own_shop(self, world: World, office: Office):
        contact = new_contact("王老五")
        await recognise(world, contact, office.person)
        row = ("小面", new_licence_number(), world.community.name, contact.name, contact.phone)
        assert await refusal(office, world, *row) == [
            ("owner", "不能导入自己的商户，请在小程序中申请，或由其他管理员办理。")
        ]

    async def test_whoever_was_recognised_before_has_the_shop_at_once(self, world: World, office: Office):
        contact, owner = new_contact("王老五"), await world.person()
        await recognise(world, contact, owner)
        community = world.community.name
        rows = [(name, new_licence_number(), community, contact.name, contact.phone) for name in ("小面", "大面")]
        rows.append(("别家", new_licence_number(), community, "李四", phone()))
        await office.taken("merchants", world.district.id, xlsx(HEAD, *rows))
        shops = await world.database.reads.fetch(SHOPS, world.district.id)
        owners = {shop["name"]: shop["owner_id"] for shop in shops}
        assert owners == {"小面": owner.id, "大面": owner.id, "别家": None}
