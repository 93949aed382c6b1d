"""Last month's statements of some shops: one to be agreed to, one agreed, one paid, and so on in turn."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Connection

from app.cli.demo import people
from app.cli.demo.town import Town
from app.core.clock import local_date
from app.domain import months
from app.domain.caller import Caller, HeldGrant, Role
from app.services import settlements

FIND_DRAFT = "SELECT id FROM settlement WHERE merchant_id = $1 AND month = $2"


async def draw_up(connection: Connection, town: Town, shops: Sequence[tuple[UUID, UUID]]) -> None:
    """Draft, agree and pay by the same verbs as the service does; ``shops`` are ids of shops with their owners."""
    month = months.before(months.of(local_date(town.now)))
    undrafted = set(await settlements.find_undrafted(connection, month))
    alliance = Caller(town.id_of(people.ALLIANCE), grants=(HeldGrant(Role.ALLIANCE, town.district.id),))
    for n, (merchant_id, owner_id) in enumerate(shop for shop in shops if shop[0] in undrafted):
        await settlements.draft_due(connection, merchant_id, month)
        settlement_id = await connection.fetchval(FIND_DRAFT, merchant_id, month)
        if n % 3 > 0:
            await settlements.agree(connection, Caller(owner_id), settlement_id)
        if n % 3 > 1:
            await settlements.pay(connection, alliance, settlement_id, f"银行回单 {month:%Y%m}-{n + 1:03}")
