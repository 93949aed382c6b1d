"""The statements with which ``make bench`` finds PostgreSQL's limit are those of the routes, with values filled in."""

import re
from uuid import uuid4

import pytest

from app.core.db import Database
from bench.cast import Cast
from bench.limit import scripts

PGBENCH_VARIABLE = re.compile(r"(?<![:\w]):(?=[a-z_])\w+")
NOT_SENT_ALONE = ("\\", "BEGIN;", "COMMIT;", "ROLLBACK;")


def statements() -> list[tuple[str, str]]:
    """Return the statements of one script of each route, a null in place of what pgbench looks up itself."""
    cast = Cast(None, "")  # nobody is asked
    cast.areas = {"community": [uuid4()]}
    cast.members, cast.wishes, cast.complaints, cast.tasks = ([uuid4()] for _ in range(4))
    return [
        (route, PGBENCH_VARIABLE.sub("NULL", line))
        for route, (script, *_) in scripts(cast).items()
        for line in script
        if not line.startswith(NOT_SENT_ALONE) and not line.endswith("\\gset")
    ]


@pytest.mark.parametrize("route", sorted({route for route, _ in statements()}))
async def test_each_statement_is_one_of_this_schema(database: Database, route: str):
    async with database.transaction() as connection:
        for name, statement in statements():
            if name == route:
                await connection.prepare(statement)
