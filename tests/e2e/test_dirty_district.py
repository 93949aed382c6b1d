"""A district of made-up but dirty tables comes in through imports alone, and every fault is named.

``DISTRICT=real`` does it in real size.
"""

import os

import pytest

from app.domain.caller import Role
from app.domain.kinds import AreaKind
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.dirty_district import REAL, District, Size
from tests.factories import World, make_area, make_grant
from tests.imports import Office, counts

SIZE = REAL if os.environ.get("DISTRICT") == "real" else Size()
HOW_MANY = """
    SELECT (SELECT count(*) FROM area WHERE lineage @> ARRAY[$1::uuid] AND kind = 'grid') AS grids,
        (SELECT count(*) FROM unit n JOIN area a ON a.id = n.area_id WHERE a.lineage @> ARRAY[$1::uuid]) AS units,
        (SELECT count(*) FROM member m JOIN area a ON a.id = m.home_area_id
            WHERE a.lineage @> ARRAY[$1::uuid]) AS members,
        (SELECT count(*) FROM volunteer v JOIN area a ON a.id = v.home_area_id
            WHERE a.lineage @> ARRAY[$1::uuid]) AS volunteers,
        (SELECT count(*) FROM post p JOIN area a ON a.id = p.area_id WHERE a.lineage @> ARRAY[$1::uuid]) AS posts,
        (SELECT count(*) FROM merchant m JOIN area a ON a.id = m.area_id
            WHERE a.lineage @> ARRAY[$1::uuid]) AS merchants,
        (SELECT count(*) FROM building b JOIN area a ON a.id = b.area_id
            WHERE a.lineage @> ARRAY[$1::uuid]) AS buildings
"""


@pytest.fixture
async def office(api: ApiClient, jobs: Jobs, world: World) -> Office:
    return Office(api, jobs, await world.person())


async def test_a_whole_district_comes_in_and_every_fault_is_named(world: World, office: Office):
    root = await make_area(world.database, None, AreaKind.DISTRICT)
    await make_grant(world.database, office.person, root, Role.ADMINISTRATOR)
    district = District(SIZE)
    tables = list(district.tables())
    for table in tables:
        checked = await office.checked(table.kind, root.id, table.content)
        refused = {row["number"]: row for row in await office.rows(checked["id"], "refused")}
        assert set(refused) == set(table.faults), (table.kind, refused)
        for number, column in table.faults.items():
            fields = {reason["field"] for reason in refused[number]["reasons"]}
            assert column is None or column in fields, (table.kind, number, refused[number])
        doubted = {row["number"] for row in await office.rows(checked["id"], "added") if row["reasons"]}
        assert doubted == table.doubts, table.kind
        done = await office.confirm(checked["id"], accept_refused=True)
        assert done["status"] == "done", done
        assert counts(done)[1:3] == (0, 0)
    found = await world.database.reads.fetchrow(HOW_MANY, root.id)
    assert found is not None
    assert dict(found) == {
        "grids": SIZE.grids,
        "units": SIZE.units,
        "members": SIZE.members,
        "volunteers": SIZE.volunteers,
        "posts": SIZE.grids,
        "merchants": SIZE.merchants,
        "buildings": SIZE.buildings,
    }
    for table in tables:
        again = await office.checked(table.kind, root.id, table.content)
        assert counts(again)[:2] == (0, 0), table.kind
