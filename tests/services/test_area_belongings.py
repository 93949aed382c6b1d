"""Whatever belongs to an area has a line that says what becomes of it; nothing open can be put into a closed one."""

from app.core.db import Database
from app.services.area_changes.belongings import BELONGINGS, Apart, Goes, Stays

KEYS = """
    SELECT k.conrelid::regclass::text AS "table", a.attname AS "column" FROM pg_constraint k
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    WHERE k.contype = 'f' AND k.confrelid = 'area'::regclass
"""
GUARDED = """
    SELECT t.tgrelid::regclass::text AS "table", encode(t.tgargs, 'escape') AS "column" FROM pg_trigger t
    WHERE t.tgfoid = 'require_open_area'::regproc
"""
Line = tuple[str, str]


async def found(database: Database, query: str) -> set[Line]:
    return {(row["table"].strip('"'), row["column"].removesuffix("\\000")) for row in await database.reads.fetch(query)}


def lines(*kinds: type) -> set[Line]:
    return {(line.table, line.column) for line in BELONGINGS if isinstance(line, kinds)}


async def test_every_key_has_one_line(database: Database):
    """Whoever adds a foreign key to ``area`` says in ``belongings.py`` what becomes of the rows."""
    assert await found(database, KEYS) == lines(Goes, Apart, Stays)
    assert len(BELONGINGS) == len(lines(Goes, Apart, Stays))


async def test_what_goes_along_never_comes_back(database: Database):
    """Whoever lets something open lie in an area has the database refuse it in a closed one (``require_open_area``)."""
    assert lines(Goes, Apart) <= await found(database, GUARDED)


async def test_every_line_names_columns_that_are_there(database: Database):
    for line in BELONGINGS:
        if isinstance(line, Goes):
            columns = ", ".join(
                [f"x.{line.column}", line.state, *(line.point or ()), line.beside or "NULL"]
                + (["x.name"] if line.name_max else [])
            )
            await database.reads.fetch(f'SELECT {columns} FROM "{line.table}" x WHERE {line.where} LIMIT 1')
