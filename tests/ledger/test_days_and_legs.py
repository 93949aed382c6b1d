"""The database itself refuses movements on the wrong day and in parts, whoever writes: here its superuser does."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self
from uuid import RFC_4122, UUID, uuid4

import pytest
from asyncpg import CheckViolationError, UniqueViolationError

from app import ledger
from app.core.clock import today
from app.core.ids import new_id
from app.domain.kinds import AccountKind
from tests.ledger.conftest import IN_TIME, OF_KIND, ONCE, PAID_OR_REVERSED, WAS_HELD, WHOLLY, Books


@dataclass
class Holder:
    """A user whose voucher holds four points of one wallet and six of another."""

    books: Books
    wallets: tuple[UUID, UUID]
    held: UUID
    merchant: UUID
    voucher: UUID

    @classmethod
    async def of_two_legs(cls, books: Books, merchant: UUID | None = None) -> Self:
        user = uuid4()
        wallet, held = await books.holder(6, user)
        first = await books.account(AccountKind.WALLET, user, expires_on=today())
        await books.post("award", await books.issuer(), first, 4)
        merchant = merchant or await books.account(AccountKind.MERCHANT)
        holder = cls(books, (first, wallet), held, merchant, uuid4())
        await holder.close({0: "hold", 1: "hold"})
        return holder

    async def close(self, legs: dict[int, str]) -> None:
        await self.add(legs)
        await self.books.end()

    async def add(self, legs: dict[int, str]) -> None:
        for leg, kind in legs.items():
            debit, credit = {
                "hold": (self.wallets[leg], self.held),
                "release": (self.held, self.wallets[leg]),
                "settle": (self.held, self.merchant),
                "reverse": (self.merchant, self.wallets[leg]),
                "pay": (self.merchant, await self.books.system(AccountKind.PAID)),
            }[kind]
            await self.books.add_leg(kind, debit, credit, (4, 6)[leg], self.voucher, leg=leg)

    async def refuses_to_close(self, legs: dict[int, str]) -> str:
        with pytest.raises(CheckViolationError) as refused:
            async with self.books.connection.transaction():
                await self.close(legs)
        return getattr(refused.value, "constraint_name", "")


class TestDay:
    """Days are those of Asia/Shanghai; ``days`` are counted from today."""

    @pytest.mark.parametrize(("days", "is_due"), [(-1, True), (0, True), (1, False)])
    async def test_points_mature_from_their_day_on(self, books: Books, days: int, is_due: bool):
        user = uuid4()
        wallet, _ = await books.holder(0, user)
        waiting = await books.account(AccountKind.WAITING, user, available_on=today() + timedelta(days))
        await books.post("award", await books.issuer(), waiting, 5)
        if is_due:
            await books.post("mature", waiting, wallet, 5)
            assert (await books.points(waiting), await books.points(wallet)) == (0, 5)
        else:
            assert await books.refuses_to_post(CheckViolationError, "mature", waiting, wallet, 5) == IN_TIME

    async def test_points_mature_with_the_day_they_expire_on(self, books: Books):
        user, in_a_week = uuid4(), today() + timedelta(7)
        waiting = await books.account(AccountKind.WAITING, user, expires_on=in_a_week, available_on=today())
        await books.post("award", await books.issuer(), waiting, 5)
        for expires_on in (None, in_a_week - timedelta(1), in_a_week + timedelta(1)):
            wallet = await books.account(AccountKind.WALLET, user, expires_on=expires_on)
            assert await books.refuses_to_post(CheckViolationError, "mature", waiting, wallet, 5) == OF_KIND
        await books.post("mature", waiting, await books.account(AccountKind.WALLET, user, expires_on=in_a_week), 5)

    async def test_points_that_come_when_others_of_their_day_have_matured_mature_too(self, books: Books):
        user = uuid4()
        await ledger.open_wallet(books.connection, user)
        for _ in range(2):  # the second began before midnight and committed after the first had matured
            await ledger.award(books.connection, user, 5, uuid4(), available_on=today())
            waiting = await books.connection.fetchval(
                "SELECT id FROM ledger_account WHERE owner_id = $1 AND kind = 'waiting'", user
            )
            assert await ledger.mature(books.connection, waiting, user, None) == 5
            await books.end()
        assert await ledger.mature(books.connection, waiting, user, None) == 0

    @pytest.mark.parametrize(("days", "is_late"), [(-1, True), (0, False), (1, False), (None, False)])
    async def test_points_expire_after_their_last_day_and_are_not_spent_then(
        self, books: Books, days: int | None, is_late: bool
    ):
        user = uuid4()
        wallet, held = await books.holder(0, user)
        if days is not None:
            wallet = await books.account(AccountKind.WALLET, user, expires_on=today() + timedelta(days))
        await books.post("award", await books.issuer(), wallet, 9)
        spent = (
            ("hold", wallet, held, 3),
            ("donate", wallet, await books.account(AccountKind.FUND), 3),
            ("adjust_down", wallet, await books.system(AccountKind.MANUAL), 3),
        )
        expiry = ("expire", wallet, await books.system(AccountKind.EXPIRED), 9 if is_late else 1)
        for transfer in spent if is_late else (expiry,):
            assert await books.refuses_to_post(CheckViolationError, *transfer) == IN_TIME
        for transfer in (expiry,) if is_late else spent:
            await books.post(*transfer)
        assert await books.points(wallet) == 0

    @pytest.mark.parametrize(("hour", "is_late"), [("23:59:59.999999", False), ("00:00:00", True)])
    async def test_the_day_ends_in_shanghai(self, books: Books, hour: str, is_late: bool):
        wallet = await books.account(AccountKind.WALLET, expires_on=date(2026, 3, 1))
        await books.post("award", await books.issuer(), wallet, 1)
        moment = datetime.fromisoformat(f"2026-03-0{2 if is_late else 1}T{hour}+08:00")
        expire = (
            "INSERT INTO ledger_transfer (kind, debit_account_id, credit_account_id, points, reference_id, created_at)"
            "VALUES ('expire', $1, $2, 1, $1, $3)"
        )
        arguments = (wallet, await books.system(AccountKind.EXPIRED), moment)
        if is_late:
            await books.run_to_the_end(expire, *arguments)
        else:
            assert await books.refuses(CheckViolationError, expire, *arguments) == IN_TIME


class TestLegs:
    @pytest.mark.parametrize("legs", [{0: "settle"}, {1: "release"}, {0: "settle", 1: "release"}])
    async def test_a_hold_is_closed_with_all_its_legs_in_one_way(self, books: Books, legs: dict[int, str]):
        holder = await Holder.of_two_legs(books)
        assert await holder.refuses_to_close(legs) == WHOLLY
        await holder.close({0: "settle", 1: "settle"})
        assert await books.points(holder.held) == 0

    @pytest.mark.parametrize("legs", [{0: "pay"}, {1: "reverse"}, {0: "reverse", 1: "pay"}])
    async def test_a_settlement_is_closed_with_all_its_legs_in_one_way(self, books: Books, legs: dict[int, str]):
        holder = await Holder.of_two_legs(books)
        await holder.close({0: "settle", 1: "settle"})
        assert await holder.refuses_to_close(legs) == WHOLLY
        await holder.close({0: "reverse", 1: "reverse"})
        assert [await books.points(wallet) for wallet in holder.wallets] == [4, 6]

    async def test_a_leg_is_closed_by_its_own_size_alone(self, books: Books):
        holder = await Holder.of_two_legs(books)
        refused = await books.refuses_to_post(
            CheckViolationError, "settle", holder.held, holder.merchant, 6, holder.voucher
        )
        assert refused == WAS_HELD, "six points were held, but as the other leg"

    @pytest.mark.parametrize("first", ["reverse", "pay"])
    @pytest.mark.parametrize("second", ["reverse", "pay"])
    async def test_a_merchant_is_debited_once_for_what_it_settled(self, books: Books, first: str, second: str):
        holder = await Holder.of_two_legs(books)
        other = await Holder.of_two_legs(books, holder.merchant)  # so that the merchant has enough
        for each in (holder, other):
            await each.close({0: "settle", 1: "settle"})
        await holder.close({0: first, 1: first})
        for leg in (0, 1):
            with pytest.raises(UniqueViolationError) as refused:
                async with books.connection.transaction():
                    await holder.add({leg: second})
            assert getattr(refused.value, "constraint_name", "") in {PAID_OR_REVERSED, ONCE}

    async def test_a_merchant_is_not_debited_for_what_another_settled(self, books: Books):
        holder, other = await Holder.of_two_legs(books), await Holder.of_two_legs(books)
        for each in (holder, other):
            await each.close({0: "settle", 1: "settle"})
        paid = await books.system(AccountKind.PAID)
        refused = await books.refuses_to_post(CheckViolationError, "pay", other.merchant, paid, 4, holder.voucher)
        assert refused == WAS_HELD

    async def test_nothing_is_paid_or_reversed_that_is_only_held(self, books: Books):
        holder = await Holder.of_two_legs(books)
        for kind in ("reverse", "pay"):
            with pytest.raises(CheckViolationError) as refused:
                async with books.connection.transaction():
                    await holder.add({0: kind})
            assert getattr(refused.value, "constraint_name", "") == WAS_HELD


async def test_ids_made_by_the_database_are_of_version_7_and_in_order_of_time(books: Books):
    before = new_id()
    made = [UUID(str(await books.connection.fetchval("SELECT uuid_v7()"))) for _ in range(200)]
    in_order = [before, *made, new_id()]
    assert in_order == sorted(in_order)
    assert {(made_id.version, made_id.variant) for made_id in made} == {(7, RFC_4122)}
    many = await books.connection.fetch("SELECT uuid_v7() AS id FROM generate_series(1, 5000)")
    assert len({row["id"] for row in many}) == 5000
