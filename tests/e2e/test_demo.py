"""The demo district is loaded for real, small and in bulk, and looked at as any other database."""

import re
from collections.abc import Iterator
from uuid import UUID

import asyncpg
import pytest
import shapely

from app.cli.demo import demo_people
from app.core.clock import now, today
from app.core.db import Database
from app.core.scratch_database import scratch_database
from app.core.settings import Settings
from app.domain import geometry, months
from app.domain.errors import Problem
from app.domain.kinds import Urgency
from app.domain.lifecycle import Party
from app.domain.lifecycles import COMPLAINT
from app.domain.shielding import mask_text
from app.services import complainants, deadlines, rates
from app.services.complaints import clocks
from app.services.places import Places
from app.wechat.simulator import openid_of
from tests.e2e.commands import run
from tests.e2e.invariants import broken

TABLES = (
    "complaint",
    "complaint_person",
    "area",
    "unit",
    '"user"',
    "member",
    "volunteer",
    "wish",
    "task",
    "claim",
    "merchant",
    "voucher",
    "event",
)
BULK = (
    "--grids",
    "50",
    "--members",
    "30",
    "--volunteers",
    "60",
    "--wishes",
    "800",
    "--complaints",
    "800",
    "--merchants",
    "9",
)


@pytest.fixture(scope="module")
def migrated_url(server_url: str, template_database: str) -> Iterator[str]:
    with scratch_database(server_url, template=template_database) as url:
        yield url


@pytest.fixture(scope="module")
def demo_url(migrated_url: str) -> str:
    """A database with the default district."""
    loaded = run(migrated_url, "demo", "--once")
    assert loaded.returncode == 0, loaded.stdout
    return migrated_url


@pytest.fixture(scope="module")
def bulk_url(demo_url: str) -> str:
    """The same database with a larger district beside the first."""
    loaded = run(demo_url, "demo", *BULK)
    assert loaded.returncode == 0, loaded.stdout
    return demo_url


async def count_rows(url: str) -> dict[str, int]:
    connection = await asyncpg.connect(url)
    try:
        return {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES}
    finally:
        await connection.close()


async def fetch(url: str, statement: str, *arguments: object) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(statement, *arguments))
    finally:
        await connection.close()


async def shape_text(connection: asyncpg.Connection, area_id: UUID) -> str:
    return str(await connection.fetchval("SELECT geometry FROM area_shape WHERE area_id = $1", area_id))


class TestDefault:
    async def test_fills_a_small_district(self, demo_url: str) -> None:
        areas = await fetch(demo_url, "SELECT kind, count(*) FROM area GROUP BY kind")
        assert dict(areas) == {"district": 1, "street": 2, "community": 4, "grid": 12}

    async def test_every_area_has_its_land_and_nobody_lives_in_the_lake(self, demo_url: str) -> None:
        shapes = await fetch(
            demo_url, "SELECT a.kind, s.geometry FROM area a LEFT JOIN area_shape s ON s.area_id = a.id ORDER BY a.id"
        )
        drawn = [(row["kind"], geometry.shape_of(row["geometry"])) for row in shapes]
        assert [geometry.find_fault(shape) for _, shape in drawn] == [None] * len(shapes)
        [district] = [shape for kind, shape in drawn if kind == "district"]
        for kind in ("street", "community", "grid"):
            land = shapely.union_all([shape for each, shape in drawn if each == kind])
            assert 0.9 < land.area / district.area < 0.95
        [lake] = [part for part in shapely.get_parts(district.difference(land)) if part.area > district.area / 100]
        places = Places()
        connection = await asyncpg.connect(demo_url)
        try:
            for kind, shape in drawn:
                if kind == "grid":
                    inside = shape.representative_point()
                    grid_id = await places.locate(connection, inside.x, inside.y)
                    assert geometry.shape_of(await shape_text(connection, grid_id)) == shape
            with pytest.raises(Problem, match="location-in-no-grid"):
                await places.locate(connection, lake.centroid.x, lake.centroid.y)
        finally:
            await connection.close()

    async def test_labels_stand_inside(self, demo_url: str) -> None:
        shapes = await fetch(demo_url, "SELECT geometry, label_longitude, label_latitude FROM area_shape")
        for row in shapes:
            label = shapely.Point(row["label_longitude"], row["label_latitude"])
            assert geometry.shape_of(row["geometry"]).contains(label)

    async def test_breaks_no_rule(self, demo_url: str) -> None:
        assert await broken(demo_url) == {}

    async def test_its_points_add_up_and_are_sealed(self, demo_url: str) -> None:
        reconciled = run(demo_url, "reconcile")
        assert (reconciled.returncode, "Everything adds up." in reconciled.stdout) == (0, True), reconciled.stdout
        verified = run(demo_url, "verify-ledger")
        assert (verified.returncode, "; 0 wait for the next seal." in verified.stdout) == (0, True), verified.stdout

    async def test_everybody_is_there_under_the_name_that_logs_them_in(self, demo_url: str) -> None:
        appid = Settings(_env_file=None).wechat_appid
        users = dict(await fetch(demo_url, 'SELECT openid, nickname FROM "user"'))
        people = demo_people()
        assert {who.name: users.get(openid_of(appid, who.name)) for who in people} == {
            who.name: who.nickname for who in people
        }
        assert all("-" not in who.name for who in people)

    async def test_what_lies_over_the_areas_is_there(self, demo_url: str) -> None:
        [found] = await fetch(
            demo_url,
            """
            SELECT (SELECT count(*) FROM post_holding h JOIN person p ON p.id = h.person_id
                    JOIN "user" u ON u.id = p.user_id WHERE u.nickname IN ('社工小林', '网格员小许')) AS held_by_named,
                (SELECT count(*) FROM post x WHERE NOT EXISTS (
                    SELECT FROM post_holding h WHERE h.post_id = x.id)) AS vacant,
                (SELECT count(DISTINCT kind) FROM venue) AS venue_kinds,
                (SELECT count(*) FROM area a WHERE a.kind = 'grid' AND a.households = (
                    SELECT sum(b.households) FROM building b WHERE b.area_id = a.id)) AS counted_grids,
                (SELECT count(*) FROM alliance_team) AS called_teams,
                (SELECT count(*) FROM team_member GROUP BY team_id ORDER BY 1 LIMIT 1) AS smallest_team,
                (SELECT count(*) FROM circle_area) AS circle_grids
            """,
        )
        assert dict(found) == {
            "held_by_named": 2,
            "vacant": 3,
            "venue_kinds": 3,
            "counted_grids": 12,
            "called_teams": 4,
            "smallest_team": 6,
            "circle_grids": 6,
        }

    async def test_wishes_stand_in_every_state_of_the_story(self, demo_url: str) -> None:
        states = dict(await fetch(demo_url, "SELECT status, count(*) FROM wish GROUP BY status"))
        assert states.keys() >= {"reviewing", "published", "claimed", "delivered", "fulfilled"}

    async def test_complaints_stand_in_every_state_that_lasts(self, demo_url: str) -> None:
        states = await fetch(demo_url, "SELECT DISTINCT status FROM complaint")
        assert {row["status"] for row in states} == {*COMPLAINT.states} - {COMPLAINT.initial}

    async def test_complaints_stand_where_the_story_wants_them(self, demo_url: str) -> None:
        [found] = await fetch(
            demo_url,
            """
            SELECT count(*) FILTER (WHERE c.status = 'open' AND h.kind = 'community') AS with_community,
                count(*) FILTER (WHERE l.nickname = '吴书记' AND h.kind = 'street') AS taken_on,
                count(*) FILTER (WHERE c.due_at < now() AND h.kind = 'district') AS overdue,
                count(*) FILTER (WHERE c.due_at < now() AND h.kind <> 'district') AS overdue_below,
                count(*) FILTER (WHERE c.is_confidential) AS confidential,
                count(*) FILTER (WHERE c.merged_into_id IS NOT NULL) AS merged,
                count(*) FILTER (WHERE c.body LIKE '%请联系我：***********。') AS masked,
                count(*) FILTER (WHERE c.entered_by IS NOT NULL) AS proxies
            FROM complaint c JOIN area h ON h.id = c.handler_id LEFT JOIN "user" l ON l.id = c.leader_id
            """,
        )
        assert found["overdue_below"] == 0
        assert all(count > 0 for name, count in found.items() if name != "overdue_below"), dict(found)

    async def test_what_people_wrote_is_masked_as_the_service_does(self, demo_url: str) -> None:
        for row in await fetch(demo_url, "SELECT title, body, coalesce(answer, '-') AS answer, place FROM complaint"):
            assert [mask_text(text) for text in row.values()] == [*row.values()]

    async def test_deadlines_are_those_of_the_rules(self, demo_url: str) -> None:
        """Each is reckoned again from the clock that the events tell."""
        connection = await asyncpg.connect(demo_url)
        try:
            for row in await connection.fetch("SELECT * FROM complaint"):
                clock = await clocks.read(connection, row["id"])
                found = await deadlines.dues(
                    connection,
                    area_id=row["handler_id"],
                    category=row["category"],
                    urgency=Urgency(row["urgency"]),
                    start=clock.start,
                    pauses=clock.pauses,
                )
                assert (row["accept_due_at"], row["answer_due_at"]) == (found.accept_due_at, found.answer_due_at)
        finally:
            await connection.close()

    async def test_who_complained_stands_in_what_is_sealed_alone(self, demo_url: str) -> None:
        secret = Settings(_env_file=None).data_key.get_secret_value()
        people = await fetch(demo_url, "SELECT * FROM complaint_person")
        told = dict(
            await fetch(
                demo_url,
                """
                SELECT c.id, concat(to_jsonb(c), (
                    SELECT jsonb_agg(to_jsonb(e)) FROM event e WHERE e.subject_id = c.id
                ), (
                    SELECT jsonb_agg(to_jsonb(r)) FROM complaint_rating r WHERE r.complaint_id = c.id
                ), (
                    SELECT jsonb_agg(to_jsonb(p)) FROM complaint_person p WHERE p.complaint_id = c.id
                )) FROM complaint c
                """,
            )
        )
        openids = dict(await fetch(demo_url, 'SELECT id, openid FROM "user"'))
        known = 0
        for row in people:
            who = complainants.read(secret, row["complaint_id"], row["sealed"])
            public = told[row["complaint_id"]]
            if who.user_id is not None:
                known += 1
                assert row["person_hash"] == complainants.hash_of(secret, who.user_id)
                assert str(who.user_id) not in public
                assert who.user_id.hex not in public
                assert openids[who.user_id] not in public
            assert who.phone is None or who.phone not in public
        assert known > len(told) / 2

    async def test_a_member_has_points_and_a_voucher(self, demo_url: str) -> None:
        openid = openid_of(Settings(_env_file=None).wechat_appid, "党员老王")
        points = await fetch(
            demo_url,
            """
            SELECT a.kind, b.points FROM "user" u JOIN ledger_account a ON a.owner_id = u.id
            JOIN ledger_balance b ON b.account_id = a.id WHERE u.openid = $1
            """,
            openid,
        )
        assert dict(points) == {"wallet": 10, "held": 10}

    async def test_shops_have_statements_of_last_month_in_every_state(self, demo_url: str) -> None:
        statements = await fetch(
            demo_url, "SELECT status, count(*) FROM settlement WHERE line_count > 0 GROUP BY status"
        )
        assert {row["status"] for row in statements} == {"draft", "agreed", "paid"}
        openid = openid_of(Settings(_env_file=None).wechat_appid, "店主老李")
        own = await fetch(
            demo_url,
            """
            SELECT s.status FROM settlement s JOIN merchant m ON m.id = s.merchant_id
            JOIN "user" u ON u.id = m.owner_id WHERE u.openid = $1
            """,
            openid,
        )
        assert [row["status"] for row in own] == ["draft"]

    async def test_first_administrator_comes_from_the_command_line(self, demo_url: str) -> None:
        given = await fetch(demo_url, "SELECT party, actor_id FROM event WHERE action = 'give_from_command_line'")
        assert [tuple(row) for row in given] == [(Party.SYSTEM, None)]


class TestOnce:
    async def test_does_nothing_where_a_district_is(self, demo_url: str) -> None:
        before = await count_rows(demo_url)
        again = run(demo_url, "demo", "--once")
        assert again.returncode == 0
        assert again.stdout == "There is a district already; nothing was loaded.\n"
        assert await count_rows(demo_url) == before


class TestBulk:
    async def test_makes_as_many_as_asked(self, bulk_url: str) -> None:
        found = await fetch(
            bulk_url,
            """
            SELECT r.name, count(*) FILTER (WHERE a.kind = 'grid'),
                (SELECT count(*) FROM wish w JOIN area h ON h.id = w.area_id WHERE h.lineage[1] = r.id),
                (SELECT count(*) FROM complaint c JOIN area h ON h.id = c.area_id WHERE h.lineage[1] = r.id),
                (SELECT count(*) FROM volunteer v JOIN area h ON h.id = v.home_area_id WHERE h.lineage[1] = r.id),
                (SELECT count(*) FROM merchant m JOIN area h ON h.id = m.area_id WHERE h.lineage[1] = r.id)
            FROM area r JOIN area a ON a.lineage[1] = r.id WHERE r.parent_id IS NULL GROUP BY r.id ORDER BY r.id DESC
            """,
        )
        by_name = {name: tuple(counts) for name, *counts in found}
        assert by_name == {"云帆区": (12, 58, 65, 13, 4), "清禾区": (50, 810, 817, 61, 9)}

    async def test_breaks_no_rule(self, bulk_url: str) -> None:
        assert await broken(bulk_url) == {}

    async def test_its_points_add_up_and_are_sealed_though_they_are_of_the_past(self, bulk_url: str) -> None:
        """The district was loaded when newer points were sealed."""
        for verb in ("reconcile", "verify-ledger"):
            done = run(bulk_url, verb)
            assert done.returncode == 0, done.stdout

    async def test_its_rates_are_published_and_counted_again(self, bulk_url: str) -> None:
        database = Database(bulk_url, Settings(_env_file=None))
        try:
            assert await rates.publish(database, now()) > 0
        finally:
            database.close()
        [district] = await fetch(bulk_url, "SELECT id FROM area WHERE parent_id IS NULL ORDER BY id DESC LIMIT 1")
        month = f"{months.before(months.of(today())):%Y-%m}"
        told = run(bulk_url, "rates", "--area", str(district["id"]), "--from", month, "--to", month)
        assert (told.returncode, "are what the events say" in " ".join(told.stdout.split())) == (0, True), told.stdout
        assert re.search(r"All [1-9]\d* published groups of 1 months", told.stdout), told.stdout

    async def test_every_life_is_met(self, bulk_url: str) -> None:
        wishes = await fetch(bulk_url, "SELECT DISTINCT status FROM wish")
        assert {row["status"] for row in wishes} == {
            *("reviewing", "published", "claimed", "delivered", "disputed", "fulfilled"),
            *("rejected", "withdrawn", "expired"),
        }
        plots = await fetch(bulk_url, "SELECT action FROM event WHERE subject_kind = 'complaint' GROUP BY action")
        assert {row["action"] for row in plots} >= {
            *("create", "pass_check", "hold_check", "admit", "accept", "take_on", "wait", "resume", "answer", "join"),
            *("publish_answer", "rate", "close_silent", "reopen", "escalate", "escalate_overdue", "return", "merge"),
            *("reject", "withdraw", "unmask", "dispatch", "remind", "overdue"),
        }
        claims = await fetch(bulk_url, "SELECT DISTINCT status FROM claim")
        assert {row["status"] for row in claims} == {"active", "submitted", "returned", "verified", "released"}
        vouchers = await fetch(bulk_url, "SELECT DISTINCT status FROM voucher")
        assert {row["status"] for row in vouchers} == {"held", "settled", "cancelled"}


class TestRefused:
    def test_in_production(self, migrated_url: str) -> None:
        refused = run(
            migrated_url,
            "demo",
            ECHOWALL_ENV="production",
            ECHOWALL_SECRET_KEY="x" * 40,
            ECHOWALL_DATA_KEY="z" * 40,
            ECHOWALL_PUBLIC_URL="https://api.example.org",
            ECHOWALL_WECHAT_BASE_URL="https://api.weixin.qq.com",
            ECHOWALL_WECHAT_APPID="wx1234567890abcdef",
            ECHOWALL_WECHAT_SECRET="y" * 32,
            ECHOWALL_WECHAT_PUSH_TOKEN="t" * 16,
            ECHOWALL_WECHAT_PUSH_AES_KEY="k" * 43,
        )
        assert refused.returncode == 2
        assert refused.stdout.startswith("The demo district is made-up people")

    async def test_beside_another_load(self, demo_url: str) -> None:
        before = await count_rows(demo_url)
        connection = await asyncpg.connect(demo_url)
        try:
            async with connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(hashtext('echowall demo'))")
                second = run(demo_url, "demo")
        finally:
            await connection.close()
        assert second.returncode == 2
        assert second.stdout.startswith("Another `echowall demo` is loading")
        assert await count_rows(demo_url) == before
