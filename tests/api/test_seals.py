"""Seals for everybody, and proofs that anybody can check with ten lines of their own."""

import struct
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.core.db import Database
from app.jobs import handlers
from tests.api.scene import problem
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.people import Person


def sha(content: bytes) -> bytes:
    return sha256(content).digest()


def microseconds(moment: str) -> bytes:
    return struct.pack(">q", round(datetime.fromisoformat(moment).timestamp() * 1_000_000))


def does_prove(proof: dict[str, Any]) -> bool:
    """Check a proof by what the API's document says of it, with nothing of ours."""
    told, seal = proof["transfer"], proof["seal"]
    content = b"EW1" + UUID(told["id"]).bytes + told["kind"].encode().ljust(32, b"\x00")
    for side in ("debit", "credit"):
        content += UUID(told[f"{side}_account_id"]).bytes + bytes.fromhex(told[f"{side}_fingerprint"])
    content += struct.pack(">q", told["points"]) + UUID(told["reference_id"]).bytes + struct.pack(">h", told["leg"])
    for version in (told["debit_version"], told["credit_version"]):
        content += struct.pack(">?q", version is not None, version or 0)
    reached = sha(b"\x00" + content + microseconds(told["created_at"]))
    is_leaf = reached.hex() == proof["leaf_hash"]
    for step in proof["path"]:
        beside = bytes.fromhex(step["hash"])
        reached = sha(b"\x01" + (beside + reached if step["side"] == "left" else reached + beside))
    said = b"\x02" + struct.pack(">q", seal["number"]) + bytes.fromhex(seal["previous_hash"]) + reached
    said += struct.pack(">q", seal["leaf_count"]) + microseconds(seal["sealed_at"])
    return [is_leaf, reached.hex(), sha(said).hex()] == [True, seal["root"], seal["hash"]]


async def transfers_of(api: ApiClient, person: Person) -> list[str]:
    listed = (await api.get("/v1/me/points/transfers", person)).json()
    return [item["id"] for item in listed["items"]]


class TestProof:
    async def test_proves_each_transfer_of_ones_own(self, api: ApiClient, world: World, jobs: Jobs):
        holder, owner = await world.helper(points=10), await world.person()
        await world.voucher(holder, await world.offer(await world.shop(owner), points=4))
        assert await handlers.seal_ledger(jobs.parts) >= 2
        ids = await transfers_of(api, holder)
        assert len(ids) == 2
        for transfer_id in ids:
            response = await api.get(f"/v1/points/transfers/{transfer_id}/proof", holder)
            assert response.status_code == 200
            assert response.json()["transfer"]["id"] == transfer_id
            assert does_prove(response.json())

    @pytest.mark.parametrize("field", ["points", "created_at", "debit_fingerprint", "kind", "leg"])
    async def test_proves_nothing_else(self, api: ApiClient, world: World, jobs: Jobs, field: str):
        """The control: the ten lines tell a proof from another."""
        holder = await world.helper(points=10)
        await handlers.seal_ledger(jobs.parts)
        [transfer_id] = await transfers_of(api, holder)
        proof = (await api.get(f"/v1/points/transfers/{transfer_id}/proof", holder)).json()
        other = {"points": 11, "created_at": "2026-01-01T00:00:00Z", "kind": "donate", "leg": 1}
        proof["transfer"][field] = other.get(field, "0" * 64)
        assert not does_prove(proof)

    async def test_a_shop_s_owner_has_the_proof_of_what_was_settled(self, api: ApiClient, world: World, jobs: Jobs):
        owner, holder = await world.person(), await world.helper(points=10)
        shop = await world.shop(owner)
        clerk = await world.clerk(owner, shop)
        voucher = await world.voucher(holder, await world.offer(shop, points=4))
        await api.post("/v1/redemptions", owner, {"code": await world.code(holder, voucher)})
        await handlers.seal_ledger(jobs.parts)
        settled, held = [await transfer_because_of(world.database, voucher, kind) for kind in ("settle", "hold")]
        for person in (owner, holder):
            proof = await api.get(f"/v1/points/transfers/{settled}/proof", person)
            assert does_prove(proof.json())
        assert problem(await api.get(f"/v1/points/transfers/{held}/proof", owner)) == (404, "not-found")
        assert problem(await api.get(f"/v1/points/transfers/{settled}/proof", clerk)) == (404, "not-found")

    async def test_before_the_next_seal_it_says_when_to_come_back(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        [transfer_id] = await transfers_of(api, holder)
        response = await api.get(f"/v1/points/transfers/{transfer_id}/proof", holder)
        assert problem(response) == (409, "not-sealed-yet")
        assert response.headers["retry-after"] == "60"

    async def test_others_do_not_learn_that_it_exists(self, api: ApiClient, world: World):
        holder = await world.helper(points=10)
        [transfer_id] = await transfers_of(api, holder)
        for person in (world.staff, world.administrator, await world.helper(points=1)):
            for asked in (transfer_id, uuid4()):
                response = await api.get(f"/v1/points/transfers/{asked}/proof", person)
                assert problem(response) == (404, "not-found")


class TestSeals:
    async def test_everybody_can_keep_the_chain(self, api: ApiClient, world: World, jobs: Jobs):
        for _ in range(3):
            await world.helper(points=1)
            await handlers.seal_ledger(jobs.parts)
        items: list[dict[str, Any]] = []
        cursor: str | None = None
        while True:
            asked = f"/v1/points/seals?limit=2&cursor={cursor}" if cursor else "/v1/points/seals?limit=2"
            page = (await api.get(asked)).json()
            items, cursor = items + page["items"], page["next_cursor"]
            if cursor is None:
                break
        numbers = [seal["number"] for seal in items]
        assert numbers == list(range(len(items), 0, -1))
        assert len(items) >= 3
        assert [seal["previous_hash"] for seal in items] == [seal["hash"] for seal in items[1:]] + ["0" * 64]

    async def test_one(self, api: ApiClient, world: World, jobs: Jobs):
        await world.helper(points=1)
        await handlers.seal_ledger(jobs.parts)
        newest = (await api.get("/v1/points/seals", limit=1)).json()["items"][0]
        assert (await api.get(f"/v1/points/seals/{newest['number']}")).json() == newest

    @pytest.mark.parametrize(
        ("number", "told"),
        [
            ("9223372036854775807", (404, "not-found")),
            ("9223372036854775808", (422, "invalid-payload")),
            ("0", (422, "invalid-payload")),
        ],
    )
    async def test_none_of_ours(self, api: ApiClient, number: str, told: tuple[int, str]):
        assert problem(await api.get(f"/v1/points/seals/{number}")) == told

    async def test_the_cursor_of_another_list(self, api: ApiClient, world: World, jobs: Jobs):
        for _ in range(2):
            await world.helper(points=1)
            await handlers.seal_ledger(jobs.parts)
        cursor = (await api.get("/v1/points/seals", limit=1)).json()["next_cursor"]
        refused = await api.get("/v1/areas", cursor=cursor)
        assert problem(refused) == (422, "cursor-invalid")
        assert problem(await api.get("/v1/points/seals", cursor="x" * 27)) == (422, "cursor-invalid")


async def transfer_because_of(database: Database, voucher: UUID, kind: str) -> UUID:
    found = await database.reads.fetchval(
        "SELECT id FROM ledger_transfer WHERE reference_id = $1 AND kind = $2", voucher, kind
    )
    return UUID(str(found))
