"""Migrations go up from nothing, down and up again, lose nobody's data on the way, and give what the models say."""

import asyncio
import re
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from pgqueuer.queries import Queries
from sqlalchemy import CheckConstraint

from app.cli.database import alembic_config
from app.core.scratch_database import scratch_database
from app.models import metadata
from app.services.health import newest_migration

Result = TypeVar("Result")
SCRIPTS = ScriptDirectory.from_config(alembic_config("postgresql://"))
REVISIONS = [script.revision for script in reversed(list(SCRIPTS.walk_revisions()))]
FIXED = "00000000-0000-7000-8000-0000000000"

EVERYTHING = """
    SELECT 'table', c.relname::text, string_agg(
        a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), ''), ', ' ORDER BY a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'alembic_version' GROUP BY 2
    UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND conrelid::regclass::text <> 'alembic_version'
    UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE NOT tgisinternal
    UNION ALL SELECT 'function', proname, pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'type', typname, '' FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
    ORDER BY 1, 2, 3
"""

PEOPLE = f"""
    INSERT INTO area (id, kind, name, lineage, is_wish_review_required)
    VALUES ('{FIXED}a1', 'grid', '网格', ARRAY['{FIXED}a1'::uuid], true);
    INSERT INTO "user" (id, openid, nickname, token_version, is_blocked, open_claims)
    VALUES ('{FIXED}b1', 'o-one', '邻居0001', 1, false, 0);
    INSERT INTO wish (id, author_id, area_id, category, title, body, status)
    VALUES ('{FIXED}c1', '{FIXED}b1', '{FIXED}a1', 'elderly', '换灯泡', '厨房的灯坏了。', 'checking');
    INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party)
    VALUES ('{FIXED}d1', 'wish', '{FIXED}c1', 'create', 'checking', '{FIXED}b1', 'author');
    INSERT INTO ledger_account (id, kind, owner_id)
    VALUES ('{FIXED}e1', 'wallet', '{FIXED}b1'), ('{FIXED}e2', 'held', '{FIXED}b1');
    INSERT INTO ledger_balance (account_id, points) VALUES ('{FIXED}e1', 0), ('{FIXED}e2', 0)
"""
POINTS = f"""
    INSERT INTO ledger_transfer (id, kind, debit_account_id, credit_account_id, points, reference_id)
    SELECT '{FIXED}f1', 'award', id, '{FIXED}e1', 10, '{FIXED}c1' FROM ledger_account WHERE kind = 'issuer'
"""
KEPT = ("area", '"user"', "wish", "event", "ledger_balance", "ledger_transfer")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine here: Alembic runs a loop of its own, so these tests run none."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)


async def ask(url: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        rows: list[asyncpg.Record] = await connection.fetch(query)
        return rows
    finally:
        await connection.close()


async def execute(url: str, statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


def everything(url: str) -> list[tuple[str, ...]]:
    """Return every table, index, constraint, trigger, function and type of the database, as it would be written."""
    return [tuple(row) for row in run(ask(url, EVERYTHING))]


def rows(url: str) -> dict[str, list[asyncpg.Record]]:
    return {table: run(ask(url, f"SELECT * FROM {table} ORDER BY 1")) for table in KEPT}


def are_within(found: dict[str, list[asyncpg.Record]], whole: dict[str, list[asyncpg.Record]]) -> bool:
    """Whether the rows are the same as far as their columns go; a newer table may have more."""
    return all(
        {**row, **old} == {**row} and set(old.keys()) <= set(row.keys())
        for table in whole
        for old, row in zip(found[table], whole[table], strict=True)
    )


def checks(url: str, named: str) -> dict[str, str]:
    """Return the CHECK constraints with a name like ``named``, as the database writes them."""
    query = f"""
        SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
        WHERE contype = 'c' AND conname LIKE '{named}'
    """
    return {row["conname"]: row["definition"] for row in run(ask(url, query))}


@pytest.fixture
def url(server_url: str) -> Iterator[str]:
    """A database with nothing in it."""
    with scratch_database(server_url) as made:
        yield made


@pytest.fixture
def config(url: str) -> Config:
    return alembic_config(url)


def test_there_is_one_line_of_revisions():
    assert SCRIPTS.get_heads() == [REVISIONS[-1]]
    assert REVISIONS[-1] == newest_migration()
    assert sorted(REVISIONS) == REVISIONS


def test_each_revision_goes_up_down_and_up_again(url: str, config: Config):
    """After each way down the database is what it was before; after the way up, what it was after."""
    before = everything(url)
    for revision in REVISIONS:
        command.upgrade(config, revision)
        after = everything(url)
        assert after != before
        command.downgrade(config, "-1")
        assert everything(url) == before
        command.upgrade(config, revision)
        assert everything(url) == after
        before = after


def test_the_whole_way_down_leaves_nothing_and_the_way_up_everything(url: str, config: Config):
    command.upgrade(config, "head")
    whole = everything(url)
    command.downgrade(config, "base")
    assert everything(url) == []
    command.upgrade(config, "head")
    assert everything(url) == whole


def test_up_twice_is_up_once(url: str, config: Config):
    command.upgrade(config, "head")
    whole = everything(url)
    command.upgrade(config, "head")
    assert everything(url) == whole


def test_what_people_wrote_and_earned_survives_every_step_above_the_tables(url: str, config: Config):
    command.upgrade(config, "head")
    run(execute(url, PEOPLE))
    run(execute(url, POINTS))
    kept = above = rows(url)
    assert all(kept.values())
    for below, revision in zip(reversed(REVISIONS[:-1]), reversed(REVISIONS[1:]), strict=True):
        command.downgrade(config, below)
        found = rows(url)
        assert are_within(found, kept)
        command.upgrade(config, revision)
        assert rows(url) == above, revision
        above = found
    command.upgrade(config, "head")
    with pytest.raises(asyncpg.RestrictViolationError):
        run(execute(url, "DELETE FROM ledger_transfer"))


def test_rows_of_the_first_tables_come_through_all_later_steps(url: str, config: Config):
    command.upgrade(config, REVISIONS[0])
    run(execute(url, PEOPLE))
    kept = rows(url)
    command.upgrade(config, "head")
    assert are_within(kept, rows(url))
    run(execute(url, POINTS))
    assert run(ask(url, f"SELECT points FROM ledger_balance WHERE account_id = '{FIXED}e1'"))[0][0] == 10


def test_awards_of_before_the_policies_have_their_rows(url: str, config: Config):
    command.upgrade(config, "0012")
    run(execute(url, PEOPLE))
    run(
        execute(
            url,
            f"""
            INSERT INTO "user" (id, openid, nickname, token_version, is_blocked, open_claims)
            VALUES ('{FIXED}b2', 'o-two', '邻居0002', 1, false, 0);
            INSERT INTO task (id, kind, wish_id, area_id, author_id, title, status, seats, seats_taken, reward_points)
            VALUES ('{FIXED}c2', 'wish', '{FIXED}c1', '{FIXED}a1', '{FIXED}b1', '换灯泡', 'closed', 1, 1, 10);
            INSERT INTO claim (id, task_id, user_id, status, due_at)
            VALUES ('{FIXED}c3', '{FIXED}c2', '{FIXED}b2', 'verified', now()),
                ('{FIXED}c4', '{FIXED}c2', '{FIXED}b2', 'released', now());
            INSERT INTO event (id, subject_kind, subject_id, action, from_state, to_state, actor_id, party)
            VALUES ('{FIXED}d2', 'claim', '{FIXED}c3', 'confirm', 'submitted', 'verified', '{FIXED}b1', 'author');
            """,
        )
    )
    run(execute(url, POINTS.replace(f"{FIXED}c1", f"{FIXED}c3")))
    command.upgrade(config, "head")
    [award] = run(ask(url, "SELECT * FROM award"))
    assert [str(award[name])[-2:] for name in ("claim_id", "user_id", "verifier_id")] == ["c3", "b2", "b1"]
    assert (award["points_promised"], award["points_granted"], award["policy_ids"]) == (10, 10, [])


def test_a_user_with_two_hats_becomes_one_person(url: str, config: Config):
    command.upgrade(config, "0025")
    run(execute(url, PEOPLE))
    run(
        execute(
            url,
            f"""
            INSERT INTO unit (id, area_id, kind, name) VALUES ('{FIXED}c2', '{FIXED}a1', 'government', '区税务局');
            INSERT INTO member (id, user_id, kind, unit_id, home_area_id, status, created_at)
            VALUES ('{FIXED}c3', '{FIXED}b1', 'retired', '{FIXED}c2', '{FIXED}a1', 'approved', '2026-01-02Z');
            INSERT INTO volunteer (id, user_id, home_area_id, skills, status)
            VALUES ('{FIXED}c4', '{FIXED}b1', '{FIXED}a1', '{{}}', 'applied')
            """,
        )
    )
    command.upgrade(config, "head")
    hats = "SELECT person_id FROM member UNION ALL SELECT person_id FROM volunteer"
    [person] = run(ask(url, "SELECT * FROM person"))
    assert [row["person_id"] for row in run(ask(url, hats))] == [person["id"]] * 2
    assert str(person["user_id"])[-2:] == "b1"
    [stay] = run(ask(url, "SELECT * FROM stay"))  # the volunteer is not approved
    assert (stay["hat"], stay["since"].isoformat(), stay["until"]) == ("member", "2026-01-02T00:00:00+00:00", None)
    command.downgrade(config, "0025")
    kept = "SELECT user_id FROM member UNION ALL SELECT user_id FROM volunteer"
    assert [str(row["user_id"])[-2:] for row in run(ask(url, kept))] == ["b1"] * 2


def test_who_looked_before_is_still_told(url: str, config: Config):
    command.upgrade(config, "0043")
    run(execute(url, PEOPLE))
    run(
        execute(
            url,
            f"""
            INSERT INTO person (id, user_id) VALUES ('{FIXED}c2', '{FIXED}b1');
            INSERT INTO volunteer (id, person_id, home_area_id, skills, status)
            VALUES ('{FIXED}c3', '{FIXED}c2', '{FIXED}a1', '{{}}', 'approved');
            INSERT INTO event (id, subject_kind, subject_id, action, to_state, actor_id, party, note)
            VALUES ('{FIXED}d2', 'volunteer', '{FIXED}c3', 'unmask', 'approved', '{FIXED}b1', 'staff', '通知活动。')
            """,
        )
    )
    looks = "SELECT subject_id, note, facts FROM event WHERE subject_kind = 'person' AND action = 'unmask'"
    for _ in range(2):
        command.upgrade(config, "0044")
        [look] = run(ask(url, looks))
        assert (str(look["subject_id"])[-2:], look["note"]) == ("c2", "通知活动。")
        assert look["facts"] == '{"found_as": "volunteer"}'
        command.downgrade(config, "0043")


class TestModels:
    @pytest.fixture
    def url(self, server_url: str, template_database: str) -> Iterator[str]:
        """A migrated database of this test alone."""
        with scratch_database(server_url, template=template_database) as made:
            yield made

    def test_the_models_say_what_the_migrations_do(self, config: Config):
        command.check(config)

    @pytest.mark.parametrize(
        "difference",
        [
            "ALTER TABLE wish DROP CONSTRAINT ck_wish_rating_range",
            "ALTER TABLE task ADD CONSTRAINT ck_task_new CHECK (seats < 5)",
            "ALTER TABLE wish DROP COLUMN thanks",
            "ALTER TABLE wish ALTER COLUMN title TYPE text",
            "ALTER TABLE wish ALTER COLUMN thanks SET NOT NULL",
            "DROP INDEX ix_wish_status_id",
            "ALTER TABLE voucher DROP CONSTRAINT fk_voucher_offer_id",
            "DROP INDEX uq_claim_live",
        ],
    )
    def test_a_difference_is_found(self, url: str, config: Config, difference: str):
        run(execute(url, difference))
        with pytest.raises(CommandError):
            command.check(config)

    def test_every_check_says_the_same_in_the_models_and_in_the_database(self, url: str):
        """Alembic compares names alone: here each CHECK of the models is put beside the migrated one."""
        found = {
            row["conname"]: row["definition"]
            for row in run(
                ask(
                    url,
                    "SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE contype = 'c'",
                )
            )
        }
        with_twins = []
        for table in metadata.sorted_tables:
            for constraint in table.constraints:
                if isinstance(constraint, CheckConstraint):
                    name, text = str(constraint.name), str(constraint.sqltext)
                    with_twins.append((table.name, name, text))
        twins = "; ".join(
            f'CREATE TABLE twin_{number} (LIKE "{name}", CONSTRAINT twin_{number}_check CHECK ({text}))'
            for number, (name, _, text) in enumerate(with_twins)
            if "POSTCOMPILE" not in text  # those of enums, written out only when they are compiled
        )
        run(execute(url, twins))
        copied = checks(url, "twin%")
        compared = 0
        for number, (table_name, name, _) in enumerate(with_twins):
            full_name = name if name.startswith("ck_") else f"ck_{table_name}_{name}"
            assert full_name in found, (table_name, name)
            if f"twin_{number}_check" in copied:
                assert copied[f"twin_{number}_check"] == found[full_name], full_name
                compared += 1
        assert compared >= 20


def test_the_queue_has_the_tables_that_its_library_wants(url: str, config: Config):
    """A newer pgqueuer that plans changes needs a migration of ours."""
    command.upgrade(config, "head")

    async def plan() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await Queries.from_asyncpg_connection(connection).plan_upgrade()
        finally:
            await connection.close()

    planned = run(plan())
    assert planned.statements == ()
    assert planned.notes == ()


def test_a_migration_does_not_wait_long_for_a_lock(url: str, config: Config):
    """Somebody reads a table for long: the migration gives up rather than have everybody queue behind it."""
    command.upgrade(config, "0003")  # whose way back drops the table

    async def migrate_beside_a_reader() -> str:
        connection = await asyncpg.connect(url)
        try:
            async with connection.transaction():
                await connection.execute("LOCK TABLE pgqueuer IN ACCESS SHARE MODE")
                with pytest.raises(Exception, match="lock timeout") as refused:
                    await asyncio.to_thread(command.downgrade, config, "-1")
                return str(refused.value)
        finally:
            await connection.close()

    assert re.search("lock timeout", run(migrate_beside_a_reader()))
    assert run(ask(url, "SELECT version_num FROM alembic_version"))[0][0] == "0003"
