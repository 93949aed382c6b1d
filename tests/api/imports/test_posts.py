"""Posts from spreadsheets: the duty, the holder, the role, and what is told of faults."""

from uuid import uuid4

from app.domain.caller import Role
from app.services import people
from app.services.people import Contact
from tests.factories import World, person_of
from tests.imports import Cell, Office, counts, reasons, xlsx
from tests.spreadsheets import sheets_of

HEAD = ("岗位名称", "岗位职责", "网格", "姓名", "联系电话", "系统权限", "办理事项")
HELD = """
    SELECT x.name, x.role, x.queues, p.sealed, p.id AS person_id FROM post x
    LEFT JOIN post_holding h ON h.post_id = x.id AND h.until IS NULL LEFT JOIN person p ON p.id = h.person_id
    WHERE x.area_id = $1 ORDER BY x.name
"""
EVENTS = """
    SELECT e.action FROM event e JOIN post x ON x.id = e.subject_id
    WHERE e.subject_kind = 'post' AND x.area_id = $1 ORDER BY e.created_at, e.id
"""


def phone() -> str:
    return f"139{uuid4().int % 10**8:08}"


async def holders(world: World) -> dict[str, str | None]:
    """Return who holds the posts of the world's grid."""
    secret = world.settings.data_key.get_secret_value()
    found: dict[str, str | None] = {}
    for row in await world.database.reads.fetch(HELD, world.grid.id):
        contact = people.read(secret, row["person_id"], row["sealed"]) if row["person_id"] else None
        found[row["name"]] = contact.name if contact else None
    return found


async def refusal(office: Office, world: World, *row: Cell) -> list[tuple[str | None, str]]:
    checked = await office.checked("posts", world.district.id, xlsx(HEAD, row))
    [refused] = await office.rows(checked["id"], "refused")
    return reasons(refused)


class TestPosts:
    async def test_posts_with_their_holders_come_in_and_the_same_file_changes_nothing(
        self, world: World, office: Office
    ):
        grid = world.grid.name
        content = xlsx(
            HEAD,
            ("网格长", "统筹网格各项事务", grid, "张　三", phone(), "工作人员", "诉求办理、心愿审核"),
            ("楼栋长", "联系本楼居民", grid, "李四", phone(), None, None),
            ("巡逻员", "夜间巡逻", grid, None, None, "无", None),
        )
        assert counts(await office.taken("posts", world.district.id, content)) == (3, 0, 0, 0)
        assert await holders(world) == {"网格长": "张三", "楼栋长": "李四", "巡逻员": None}
        [post] = [row for row in await world.database.reads.fetch(HELD, world.grid.id) if row["name"] == "网格长"]
        assert (post["role"], post["queues"]) == ("staff", ["complaints", "wishes"])
        assert counts(await office.taken("posts", world.district.id, content)) == (0, 0, 3, 0)

    async def test_another_holder_takes_the_post_over(self, world: World, office: Office):
        row = ("网格长", "统筹网格各项事务", world.grid.name)
        await office.taken("posts", world.district.id, xlsx(HEAD, (*row, "张三", phone(), "工作人员", None)))
        handed = xlsx(HEAD, (*row, "王五", phone(), "工作人员", None))
        checked = await office.checked("posts", world.district.id, handed)
        [changed] = await office.rows(checked["id"], "changed")
        assert [(change["field"], change["from"], change["to"]) for change in changed["changes"]] == [
            ("holder", "张三", "王五")
        ]
        assert counts(await office.confirm(checked["id"])) == (0, 1, 0, 0)
        assert await holders(world) == {"网格长": "王五"}
        actions = [row["action"] for row in await world.database.reads.fetch(EVENTS, world.grid.id)]
        assert actions[:2] == ["create", "appoint"]
        assert sorted(actions[2:]) == ["appoint", "edit", "vacate"]

    async def test_who_has_logged_in_has_the_role_at_once_and_loses_it_with_the_post(
        self, world: World, office: Office
    ):
        secret, user = world.settings.data_key.get_secret_value(), await world.person()
        contact = Contact("张三", phone())
        async with world.database.transaction() as connection:
            person_id = await people.enter(connection, secret, contact)
            await connection.execute("UPDATE person SET user_id = $2 WHERE id = $1", person_id, user.id)
        row = ("网格长", "统筹网格各项事务", world.grid.name)
        first = xlsx(HEAD, (*row, contact.name, contact.phone, "工作人员", None))
        await office.taken("posts", world.district.id, first)
        granted = 'SELECT role FROM "grant" WHERE user_id = $1'
        assert await world.database.reads.fetchval(granted, user.id) == Role.STAFF
        handed = xlsx(HEAD, (*row, "王五", phone(), "工作人员", None))
        await office.taken("posts", world.district.id, handed)
        assert await world.database.reads.fetchval(granted, user.id) is None

    async def test_nobody_raises_themselves(self, world: World, office: Office):
        secret, contact = world.settings.data_key.get_secret_value(), Contact("官小员", phone())
        await person_of(world.database, office.person)
        async with world.database.transaction() as connection:
            other = await people.enter(connection, secret, contact)
            await connection.execute("DELETE FROM person WHERE user_id = $1", office.person.id)
            await connection.execute("UPDATE person SET user_id = $2 WHERE id = $1", other, office.person.id)
        told = await refusal(
            office, world, "网格长", "统筹", world.grid.name, contact.name, contact.phone, "工作人员", None
        )
        assert told == [("holder", "不能任命导入人自己，请由其他管理员办理。")]

    async def test_every_fault_is_named(self, world: World, office: Office):
        grid = world.grid.name
        assert await refusal(office, world, "网格长", "统筹", grid, "张三", None, None, None) == [
            ("phone", "姓名和联系电话要同时填写，或者都不填。")
        ]
        assert await refusal(office, world, "网格长", "统筹", grid, None, None, "无", "诉求办理") == [
            ("queues", "办理事项的岗位，系统权限须为“工作人员”。")
        ]
        told = await refusal(office, world, "网格长", "统筹", "没有的网格", None, None, None, None)
        assert told[0][0] == "grid"
        assert (await refusal(office, world, "网格长", None, grid, None, None, None, None))[0][0] == "duty"

    async def test_a_held_post_keeps_its_role_unless_it_is_handed_over(self, world: World, office: Office):
        row = ("网格长", "统筹网格各项事务", world.grid.name, "张三", phone())
        await office.taken("posts", world.district.id, xlsx(HEAD, (*row, "无", None)))
        assert await refusal(office, world, *row, "工作人员", None) == [
            ("role", "岗位上还有人，权限不能修改，请先办理离岗，或同时换人。")
        ]

    async def test_what_is_exported_can_be_imported(self, world: World, office: Office):
        number = phone()
        await office.taken(
            "posts",
            world.district.id,
            xlsx(
                HEAD,
                ("网格长", "统筹网格各项事务", world.grid.name, "张三", number, "工作人员", "诉求办理"),
                ("巡逻员", "夜间巡逻\n周末加巡", world.grid.name, None, None, None, None),
            ),
        )
        params = {"area_id": world.district.id, "reason": "年度核对"}
        exported = await world.api.get("/v1/exports/posts.xlsx", world.administrator, **params)
        assert exported.status_code == 200, exported.text
        assert sheets_of(exported.content)
        again = await office.checked("posts", world.district.id, exported.content)
        assert counts(again) == (0, 0, 2, 0)
        masked = await world.api.get("/v1/exports/posts.xlsx", world.administrator, area_id=world.district.id)
        told = str(sheets_of(masked.content))
        assert f"{number[:3]}****{number[-4:]}" in told
        assert number not in told, "whole numbers are for who says why"
