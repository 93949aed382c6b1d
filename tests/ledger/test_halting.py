"""One halt is open at a time; it is lifted once, and what it said stays."""

import asyncpg
import pytest

from app import ledger
from tests.ledger.conftest import Books

REFUSED = asyncpg.RestrictViolationError
DIFFERENCE = {"rule": "the sum over all accounts is zero", "subject": "ledger", "expected": 0, "found": 7}


async def test_the_first_difference_raises_one_and_the_next_no_second(books: Books):
    assert not await ledger.is_halted(books.connection)
    assert await ledger.raise_halt(books.connection, [DIFFERENCE]) is not None
    assert await ledger.is_halted(books.connection)
    assert await ledger.raise_halt(books.connection, [DIFFERENCE]) is None
    assert await books.connection.fetchval("SELECT count(*) FROM ledger_halt") == 1
    assert await books.connection.fetchval("SELECT differences -> 0 ->> 'found' FROM ledger_halt") == "7"


async def test_lifted_it_makes_room_for_another(books: Books):
    assert await ledger.lift_halt(books.connection, "an operator", "nothing to lift") is None
    first = await ledger.raise_halt(books.connection, [DIFFERENCE])
    assert await ledger.lift_halt(books.connection, "an operator", "found and mended") == first
    assert not await ledger.is_halted(books.connection)
    assert await ledger.raise_halt(books.connection, [DIFFERENCE]) not in {None, first}


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM ledger_halt",
        "TRUNCATE ledger_halt",
        "UPDATE ledger_halt SET differences = '[]'",
        "UPDATE ledger_halt SET differences = '[]', lifted_at = now(), lifted_by = 'me', lift_reason = 'so'",
        "UPDATE ledger_halt SET raised_at = now() + interval '1 day'",
    ],
)
async def test_an_open_one_is_neither_changed_nor_removed(books: Books, statement: str):
    await ledger.raise_halt(books.connection, [DIFFERENCE])
    await books.refuses(REFUSED, statement)


async def test_a_lifted_one_stays_as_it_is(books: Books):
    await ledger.raise_halt(books.connection, [DIFFERENCE])
    await ledger.lift_halt(books.connection, "an operator", "found and mended")
    for change in ("lift_reason = 'another'", "lifted_at = NULL, lifted_by = NULL, lift_reason = NULL"):
        await books.refuses(REFUSED, f"UPDATE ledger_halt SET {change}")


async def test_a_lift_names_who_and_why(books: Books):
    await ledger.raise_halt(books.connection, [DIFFERENCE])
    refused = await books.refuses(asyncpg.CheckViolationError, "UPDATE ledger_halt SET lifted_at = now()")
    assert refused == "ck_ledger_halt_lifted"
