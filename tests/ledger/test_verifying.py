"""Whoever owns the database can switch its triggers off: what they change then is found and named."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from app import ledger
from app.core.clock import now
from app.core.db import Database
from app.core.ids import new_id_at
from app.core.settings import Settings
from app.domain import merkle
from app.domain.kinds import TransferKind
from app.domain.seals import TRANSFER_COLUMNS, seal_hash
from app.ledger import Fault, Finding, sealing
from tests.ledger.conftest import ROWS_A_SEAL, SEALS, Sealed

POST = """
    INSERT INTO ledger_transfer (id, kind, debit_account_id, credit_account_id, points, reference_id, created_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


class TestSound:
    async def test_nothing_is_found(self, sealed: Sealed):
        found = await sealed.verify()
        assert found.is_sound
        assert (found.seals, found.leaves, found.waiting, found.rows_at_fault) == (SEALS, ROWS_A_SEAL * SEALS, 0, 0)

    async def test_what_was_just_written_waits(self, sealed: Sealed):
        await sealed.award()
        found = await sealed.verify()
        assert (found.is_sound, found.waiting) == (True, 1)

    async def test_an_empty_ledger_is_sound(self, own_ledger_url: str):
        database = Database(own_ledger_url, Settings(_env_file=None))
        async with database.snapshot() as connection:
            assert (await ledger.verify(connection)).is_sound
        database.close()


# What is done behind the application's back to the row of position 2 of the second seal, and what must be said of it.
ROW_CHANGES: dict[str, tuple[str, Fault]] = {
    "points": ("UPDATE ledger_transfer SET points = points + 1 WHERE id = $1", Fault.CHANGED),
    "points moved on with the balance": (
        """
        WITH more AS (UPDATE ledger_transfer SET points = points + 1 WHERE id = $1 RETURNING credit_account_id)
        UPDATE ledger_balance SET points = points + 1 WHERE account_id IN (SELECT credit_account_id FROM more)
        """,
        Fault.CHANGED,
    ),
    "sides swapped": (
        """
        UPDATE ledger_transfer SET debit_account_id = credit_account_id, credit_account_id = debit_account_id
        WHERE id = $1
        """,
        Fault.CHANGED,
    ),
    "another's wallet": (
        """
        UPDATE ledger_transfer t SET credit_account_id = (
            SELECT id FROM ledger_account WHERE kind = 'wallet' AND id <> t.credit_account_id
        ) WHERE id = $1
        """,
        Fault.CHANGED,
    ),
    "kind": ("UPDATE ledger_transfer SET kind = 'adjust_up' WHERE id = $1", Fault.CHANGED),
    "reason": ("UPDATE ledger_transfer SET reference_id = gen_random_uuid() WHERE id = $1", Fault.CHANGED),
    "leg": ("UPDATE ledger_transfer SET leg = 1 WHERE id = $1", Fault.CHANGED),
    "version": ("UPDATE ledger_transfer SET credit_version = credit_version + 1 WHERE id = $1", Fault.CHANGED),
    "no version": ("UPDATE ledger_transfer SET credit_version = NULL WHERE id = $1", Fault.CHANGED),
    "time": ("UPDATE ledger_transfer SET created_at = created_at - interval '1 us' WHERE id = $1", Fault.CHANGED),
    "end of time": ("UPDATE ledger_transfer SET created_at = 'infinity' WHERE id = $1", Fault.CHANGED),
    "id": ("UPDATE ledger_transfer SET id = uuid_v7() WHERE id = $1", Fault.MISSING),
    "deleted": ("DELETE FROM ledger_transfer WHERE id = $1", Fault.MISSING),
    "leaf": ("UPDATE ledger_leaf SET hash = sha256('x') WHERE transfer_id = $1", Fault.LEAF),
}
PLACE = ROWS_A_SEAL + 2


class TestRows:
    @pytest.mark.parametrize("change", ROW_CHANGES)
    async def test_a_changed_row_is_named(self, tampered: Sealed, change: str):
        statement, fault = ROW_CHANGES[change]
        await tampered.tamper(statement, tampered.ids[PLACE])
        found = await tampered.verify()
        assert found.first_row == Finding(fault, 2, 2, tampered.ids[PLACE])
        assert found.rows_at_fault == 1
        assert found.first_seal == (None if fault is Fault.LEAF else Finding(Fault.ROOT, 2))
        assert str(tampered.ids[PLACE]) in found.first_row.sentence
        assert "seal 2, position 2" in found.first_row.sentence

    async def test_the_first_of_several_is_named(self, tampered: Sealed):
        for place in (15, 4, 9):
            await tampered.tamper("UPDATE ledger_transfer SET points = 1 WHERE id = $1", tampered.ids[place])
        found = await tampered.verify()
        assert found.first_row == Finding(Fault.CHANGED, 1, 4, tampered.ids[4])
        assert (found.rows_at_fault, found.first_seal) == (3, Finding(Fault.ROOT, 1))

    @pytest.mark.parametrize(
        "change",
        [
            "owner_id = $2",
            "kind = 'held', owner_id = $2",
            "expires_on = date '2030-12-31'",
            "created_at = created_at - interval '1 day'",
            "created_at = 'infinity'",
        ],
    )
    async def test_points_do_not_get_another_owner_by_their_account(self, tampered: Sealed, change: str):
        account = "WHERE kind = 'wallet' AND owner_id = $1 AND $2::uuid IS NOT NULL"
        await tampered.tamper(f"UPDATE ledger_account SET {change} {account}", tampered.users[0], uuid4())
        found = await tampered.verify()
        assert found.first_row == Finding(Fault.CHANGED, 1, 0, tampered.ids[0])
        assert found.rows_at_fault == ROWS_A_SEAL * SEALS

    async def test_an_account_that_is_gone(self, tampered: Sealed):
        await tampered.tamper("DELETE FROM ledger_account WHERE kind = 'wallet' AND owner_id = $1", tampered.users[0])
        assert (await tampered.verify()).first_row == Finding(Fault.CHANGED, 1, 0, tampered.ids[0])

    async def test_a_row_of_the_past_is_found(self, tampered: Sealed):
        early = now() - timedelta(days=2)
        inserted = new_id_at(early)
        accounts = await tampered.superuser.fetchrow(
            "SELECT debit_account_id, credit_account_id FROM ledger_transfer LIMIT 1"
        )
        assert accounts is not None
        await tampered.tamper(POST, inserted, TransferKind.AWARD, *accounts, 500, uuid4(), early)
        found = await tampered.verify()
        assert (found.first_row, found.rows_at_fault) == (Finding(Fault.INSERTED, transfer_id=inserted), 1)
        assert await ledger.seal(tampered.superuser) is None, "the job does not make it true afterwards"

    async def test_rows_changed_together_with_their_leaves_betray_their_seal(self, tampered: Sealed):
        await tampered.tamper("UPDATE ledger_leaf SET hash = sha256('x') WHERE transfer_id = $1", tampered.ids[PLACE])
        await tampered.tamper("UPDATE ledger_transfer SET points = 1 WHERE id = $1", tampered.ids[PLACE])
        assert (await tampered.verify()).first_seal == Finding(Fault.ROOT, 2)


# What is done to the seals, and which fault of which seal must be told.
SEAL_CHANGES = {
    "root": ("UPDATE ledger_seal SET root = sha256('x') WHERE number = 2", Fault.ROOT, 2),
    "count": ("UPDATE ledger_seal SET leaf_count = leaf_count + 1 WHERE number = 2", Fault.ROOT, 2),
    "hash": ("UPDATE ledger_seal SET hash = sha256('x') WHERE number = 2", Fault.SEAL, 2),
    "time": ("UPDATE ledger_seal SET sealed_at = sealed_at - interval '1 h' WHERE number = 2", Fault.SEAL, 2),
    "chain": ("UPDATE ledger_seal SET previous_hash = sha256('x') WHERE number = 2", Fault.CHAIN, 2),
    "number": ("UPDATE ledger_seal SET number = 5 WHERE number = 2", Fault.CHAIN, 2),
    "first gone": ("DELETE FROM ledger_seal WHERE number = 1", Fault.CHAIN, 1),
    "middle gone": ("DELETE FROM ledger_seal WHERE number = 2", Fault.CHAIN, 2),
    "last gone": ("DELETE FROM ledger_seal WHERE number = 3", Fault.CHAIN, 3),
    "leaf gone": ("DELETE FROM ledger_leaf WHERE seal_number = 2 AND position = 6", Fault.ROOT, 2),
    "places shifted": ("UPDATE ledger_leaf SET position = position + 100 WHERE seal_number = 2", Fault.ROOT, 2),
    "place swapped": ("UPDATE ledger_leaf SET position = 99 WHERE seal_number = 2 AND position = 0", Fault.ROOT, 2),
    "moved to another seal": (
        "UPDATE ledger_leaf SET seal_number = 3, position = 7 WHERE seal_number = 2 AND position = 6",
        Fault.ROOT,
        2,
    ),
}


class TestSeals:
    @pytest.mark.parametrize("change", SEAL_CHANGES)
    async def test_a_changed_seal_is_named(self, tampered: Sealed, change: str):
        statement, fault, number = SEAL_CHANGES[change]
        await tampered.tamper(statement)
        found = await tampered.verify()
        assert found.first_seal == Finding(fault, number)

    async def test_one_computed_anew_breaks_the_chain_behind_it(self, tampered: Sealed):
        await rewrite(tampered, 2)
        found = await tampered.verify()
        assert (found.first_row, found.first_seal) == (None, Finding(Fault.CHAIN, 3))

    async def test_all_computed_anew_are_told_by_what_was_published(self, tampered: Sealed):
        published = (await tampered.verify()).hashes
        await rewrite(tampered, 2)
        await rewrite(tampered, 3)
        found = await tampered.verify()
        assert found.is_sound, "nothing in the database can tell"
        assert (await tampered.verify(published)).first_seal == Finding(Fault.PUBLISHED, 2)

    async def test_the_end_cut_off_is_told_by_what_was_published(self, tampered: Sealed):
        published = (await tampered.verify()).hashes
        await tampered.tamper("DELETE FROM ledger_leaf WHERE seal_number = 3")
        await tampered.tamper("DELETE FROM ledger_seal WHERE number = 3")
        assert (await tampered.verify()).is_sound
        assert (await tampered.verify(published)).first_seal == Finding(Fault.PUBLISHED, 3)


async def rewrite(tampered: Sealed, number: int) -> None:
    """Change a row of a seal, if it is the second, and compute leaf, root and hash of the seal anew, as we would."""
    if number == 2:
        await tampered.tamper("UPDATE ledger_transfer SET points = 999 WHERE id = $1", tampered.ids[PLACE])
    old = await tampered.superuser.fetchrow("SELECT leaf_count, sealed_at FROM ledger_seal WHERE number = $1", number)
    assert old is not None
    ids = tampered.ids[(number - 1) * ROWS_A_SEAL : number * ROWS_A_SEAL]
    columns = ", ".join(TRANSFER_COLUMNS)
    rows = await tampered.superuser.fetch(
        f"SELECT {columns} FROM ledger_transfer WHERE id = ANY($1) ORDER BY id",
        ids,
    )
    accounts = await sealing.Accounts().fetch(tampered.superuser, rows)
    leaves = [sealing.leaf_of(row, accounts) for row in rows]
    root = merkle.root(leaves)
    previous = await tampered.superuser.fetchval("SELECT hash FROM ledger_seal WHERE number = $1", number - 1)
    own_hash = seal_hash(number, previous, root, old["leaf_count"], old["sealed_at"])
    await tampered.tamper(
        "UPDATE ledger_leaf SET hash = changed.hash FROM unnest($1::uuid[], $2::bytea[]) AS changed (id, hash) "
        "WHERE transfer_id = changed.id",
        ids,
        leaves,
    )
    await tampered.tamper(
        "UPDATE ledger_seal SET root = $1, previous_hash = $2, hash = $3 WHERE number = $4",
        root,
        previous,
        own_hash,
        number,
    )


class TestTriggersOn:
    """By hand in psql, as the superuser, without switching anything off."""

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE ledger_transfer SET points = points + 1",
            "DELETE FROM ledger_transfer",
            "TRUNCATE ledger_transfer CASCADE",
            "UPDATE ledger_account SET owner_id = gen_random_uuid() WHERE kind = 'wallet'",
            "UPDATE ledger_leaf SET hash = sha256('x')",
            "DELETE FROM ledger_leaf",
            "TRUNCATE ledger_leaf",
            "UPDATE ledger_seal SET root = sha256('x')",
            "DELETE FROM ledger_seal",
            "TRUNCATE ledger_seal CASCADE",
        ],
    )
    async def test_a_change_is_refused(self, tampered: Sealed, statement: str):
        with pytest.raises(asyncpg.RestrictViolationError):
            async with tampered.superuser.transaction():
                await tampered.superuser.execute(statement)
        assert (await tampered.verify()).is_sound

    @pytest.mark.parametrize("table", ["ledger_transfer", "ledger_leaf", "ledger_seal"])
    async def test_with_the_table_s_triggers_disabled_it_is_found(self, tampered: Sealed, table: str):
        """The other way to switch them off."""
        changes = {
            "ledger_transfer": "UPDATE ledger_transfer SET points = points + 1",
            "ledger_leaf": "UPDATE ledger_leaf SET hash = sha256('x')",
            "ledger_seal": "UPDATE ledger_seal SET root = sha256('x')",
        }
        await tampered.superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
        await tampered.superuser.execute(changes[table])
        await tampered.superuser.execute(f"ALTER TABLE {table} ENABLE TRIGGER ALL")
        assert not (await tampered.verify()).is_sound
