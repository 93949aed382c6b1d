"""The database itself refuses what would bend the ledger, whoever writes: here its superuser does, in plain SQL."""

from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest
from asyncpg import CheckViolationError, NotNullViolationError, RestrictViolationError, UniqueViolationError
from asyncpg.exceptions import ForeignKeyViolationError, NumericValueOutOfRangeError

from app.core.clock import today
from app.domain.kinds import AccountKind, TransferKind
from tests.ledger.conftest import CLOSED, DATES, IN_TIME, OF_KIND, ONCE, WAS_HELD, Books

SYSTEM = (AccountKind.ISSUER, AccountKind.MANUAL, AccountKind.PAID, AccountKind.EXPIRED)


async def test_we_write_as_the_superuser(books: Books):
    assert await books.connection.fetchval("SELECT usesuper FROM pg_user WHERE usename = current_user")


class TestHappyWay:
    async def test_points_go_from_the_issuer_to_the_merchant(self, books: Books):
        wallet, held = await books.holder(10)
        merchant = await books.account(AccountKind.MERCHANT)
        reference = await books.post("hold", wallet, held, 4)
        assert (await books.points(wallet), await books.points(held)) == (6, 4)
        await books.post("settle", held, merchant, 4, reference)
        assert (await books.points(wallet), await books.points(held)) == (6, 0)

    async def test_points_go_back(self, books: Books):
        wallet, held = await books.holder(10)
        reference = await books.post("hold", wallet, held, 10)
        await books.post("release", held, wallet, 10, reference)
        assert (await books.points(wallet), await books.points(held)) == (10, 0)


class TestAmount:
    async def test_a_wallet_does_not_go_below_zero(self, books: Books):
        wallet, held = await books.holder(10)
        assert (
            await books.refuses_to_post(CheckViolationError, "hold", wallet, held, 11)
            == "ck_ledger_balance_points_not_negative"
        )
        await books.post("hold", wallet, held, 10)
        assert (
            await books.refuses_to_post(CheckViolationError, "hold", wallet, held, 1)
            == "ck_ledger_balance_points_not_negative"
        )

    @pytest.mark.parametrize("points", [0, -1, -(2**31)])
    async def test_nothing_and_less_are_not_moved(self, books: Books, points: int):
        wallet, _ = await books.holder()
        refused = await books.refuses_to_post(CheckViolationError, "award", await books.issuer(), wallet, points)
        assert refused in {"ck_ledger_transfer_points_positive", "ck_ledger_balance_points_not_negative"}

    async def test_a_transfer_without_points_is_none(self, books: Books):
        wallet, _ = await books.holder()
        await books.refuses_to_post(NotNullViolationError, "award", await books.issuer(), wallet, None)

    async def test_a_balance_does_not_run_over(self, books: Books):
        wallet, _ = await books.holder(2**31 - 1)
        await books.post("award", await books.issuer(), wallet, 2**31 - 1)
        assert await books.points(wallet) == 2**32 - 2

    async def test_more_than_an_integer_is_refused(self, books: Books):
        wallet, _ = await books.holder()
        await books.refuses(
            NumericValueOutOfRangeError,
            "INSERT INTO ledger_transfer SELECT gen_random_uuid(), 'award', "
            "(SELECT id FROM ledger_account WHERE kind = 'issuer'), $1, 2147483648, gen_random_uuid()",
            wallet,
        )


class TestAccounts:
    async def test_both_sides_are_there(self, books: Books):
        wallet, _ = await books.holder(10)
        for sides in ((wallet, uuid4()), (uuid4(), wallet)):
            with pytest.raises((CheckViolationError, ForeignKeyViolationError)):
                async with books.connection.transaction():
                    await books.post("hold", *sides, 1)

    async def test_both_sides_are_named(self, books: Books):
        wallet, _ = await books.holder(10)
        await books.refuses(
            NotNullViolationError,
            "INSERT INTO ledger_transfer (id, kind, debit_account_id, points, reference_id) "
            "VALUES ($1, 'hold', $2, 1, $1)",
            uuid4(),
            wallet,
        )

    async def test_an_account_does_not_pay_itself(self, books: Books):
        wallet, _ = await books.holder(10)
        refused = await books.refuses_to_post(CheckViolationError, "hold", wallet, wallet, 1)
        assert refused in {"ck_ledger_transfer_two_accounts", OF_KIND}

    async def test_a_kind_joins_its_own_accounts_and_no_others(self, books: Books):
        """Every kind with every pair of accounts: of two users, two merchants, an area and the system."""
        user, yesterday = uuid4(), today() - timedelta(1)
        wallet, held = await books.holder(10, user)
        late = await books.account(AccountKind.WALLET, user, expires_on=yesterday)
        waiting = await books.account(AccountKind.WAITING, user, available_on=today())
        other_wallet, other_held = await books.holder(10)
        merchant, other_merchant = [await books.account(AccountKind.MERCHANT) for _ in range(2)]
        fund = await books.account(AccountKind.FUND)
        issuer, manual, paid, expired = [await books.system(kind) for kind in SYSTEM]
        for account in (late, waiting):
            await books.post("award", issuer, account, 10)
        open_voucher = await books.post("hold", wallet, held, 1)
        settled_voucher = await books.post("hold", wallet, held, 1)
        await books.post("settle", held, merchant, 1, settled_voucher)
        references = {"settle": open_voucher, "release": open_voucher} | dict.fromkeys(
            ("reverse", "pay"), settled_voucher
        )

        allowed = {("award", issuer, account) for account in (wallet, late, waiting, other_wallet)}
        allowed |= {("take_back", account, issuer) for account in (wallet, late, waiting, other_wallet)}
        allowed |= {("adjust_up", manual, account) for account in (wallet, late, other_wallet)}
        allowed |= {("adjust_down", account, manual) for account in (wallet, other_wallet)}
        allowed |= {("donate", account, fund) for account in (wallet, other_wallet)}
        allowed |= {("mature", waiting, wallet), ("expire", late, expired)}
        allowed |= {("hold", wallet, held), ("hold", other_wallet, other_held)}
        allowed |= {("settle", held, merchant), ("settle", held, other_merchant)}
        allowed |= {("release", held, wallet), ("release", held, late)}
        allowed |= {("reverse", merchant, wallet), ("reverse", merchant, late), ("pay", merchant, paid)}
        everybody = [wallet, held, late, waiting, other_wallet, other_held, merchant, other_merchant, fund]
        everybody += [issuer, manual, paid, expired]
        for kind, debit, credit in product(TransferKind, everybody, everybody):
            if (kind, debit, credit) in allowed:
                transaction = books.connection.transaction()
                await transaction.start()
                await books.post(kind, debit, credit, 1, references.get(kind))
                await transaction.rollback()
            else:
                refused = await books.refuses_to_post(CheckViolationError, kind, debit, credit, 1, references.get(kind))
                assert refused in {OF_KIND, WAS_HELD, IN_TIME, "ck_ledger_transfer_two_accounts"}, (kind, refused)
        assert {kind for kind, _, _ in allowed} == set(TransferKind)

    async def test_a_kind_that_nobody_knows_is_refused(self, books: Books):
        wallet, _ = await books.holder()
        await books.refuses_to_post(CheckViolationError, "gift", await books.issuer(), wallet, 1)

    @pytest.mark.parametrize("days", [None, 3])
    async def test_an_owner_has_one_account_of_a_kind_and_its_dates(self, books: Books, days: int | None):
        owner_id, expires_on = uuid4(), None if days is None else today() + timedelta(days)
        await books.account(AccountKind.WALLET, owner_id, expires_on=expires_on)
        again = "INSERT INTO ledger_account (id, kind, owner_id, expires_on) VALUES ($1, 'wallet', $2, $3)"
        assert await books.refuses(UniqueViolationError, again, uuid4(), owner_id, expires_on) == DATES
        await books.connection.execute(again, uuid4(), owner_id, today() + timedelta(4))

    @pytest.mark.parametrize("kind", SYSTEM)
    async def test_there_is_one_of_each_account_of_the_system(self, books: Books, kind: AccountKind):
        refused = await books.refuses(
            UniqueViolationError, "INSERT INTO ledger_account VALUES ($1, $2, NULL)", uuid4(), kind
        )
        assert refused == DATES

    @pytest.mark.parametrize("kind", AccountKind)
    async def test_those_of_the_system_alone_have_no_owner(self, books: Books, kind: AccountKind):
        owner_id = uuid4() if kind in SYSTEM else None
        waits = today() if kind is AccountKind.WAITING else None
        refused = await books.refuses(
            CheckViolationError,
            "INSERT INTO ledger_account (id, kind, owner_id, available_on) VALUES ($1, $2, $3, $4)",
            uuid4(),
            kind,
            owner_id,
            waits,
        )
        assert refused == "ck_ledger_account_owner_of_kind_2"

    @pytest.mark.parametrize("kind", [kind for kind in AccountKind if kind not in SYSTEM])
    async def test_dates_are_for_what_a_user_can_spend(self, books: Books, kind: AccountKind):
        for expires_on, available_on in ((today(), None), (None, today()), (None, None)):
            may_expire = kind in {AccountKind.WALLET, AccountKind.WAITING}
            is_right = (available_on is not None) == (kind is AccountKind.WAITING) and (not expires_on or may_expire)
            if is_right:
                await books.account(kind, expires_on=expires_on, available_on=available_on)
                continue
            with pytest.raises(CheckViolationError) as refused:
                async with books.connection.transaction():
                    await books.account(kind, expires_on=expires_on, available_on=available_on)
            assert getattr(refused.value, "constraint_name", "") in {
                "ck_ledger_account_expiry_of_kind",
                "ck_ledger_account_waiting_of_kind",
            }


class TestHold:
    async def test_nothing_is_settled_or_released_that_was_not_held(self, books: Books):
        wallet, held = await books.holder(10)
        merchant = await books.account(AccountKind.MERCHANT)
        await books.post("hold", wallet, held, 5)
        assert await books.refuses_to_post(CheckViolationError, "settle", held, merchant, 5) == WAS_HELD
        assert await books.refuses_to_post(CheckViolationError, "release", held, wallet, 5) == WAS_HELD

    @pytest.mark.parametrize("points", [1, 4, 6])
    async def test_a_hold_is_closed_as_a_whole(self, books: Books, points: int):
        wallet, held = await books.holder(20)
        merchant = await books.account(AccountKind.MERCHANT)
        await books.post("hold", wallet, held, 9)
        reference = await books.post("hold", wallet, held, 5)
        assert await books.refuses_to_post(CheckViolationError, "settle", held, merchant, points, reference) == WAS_HELD
        assert await books.refuses_to_post(CheckViolationError, "release", held, wallet, points, reference) == WAS_HELD

    async def test_nobody_closes_the_hold_of_another(self, books: Books):
        wallet, held = await books.holder(10)
        other_wallet, other_held = await books.holder(10)
        merchant = await books.account(AccountKind.MERCHANT)
        reference = await books.post("hold", wallet, held, 5)
        await books.post("hold", other_wallet, other_held, 5)
        for kind, credit in (("settle", merchant), ("release", other_wallet)):
            assert await books.refuses_to_post(CheckViolationError, kind, other_held, credit, 5, reference) == WAS_HELD

    @pytest.mark.parametrize("first", ["settle", "release"])
    @pytest.mark.parametrize("second", ["settle", "release"])
    async def test_a_hold_is_closed_once(self, books: Books, first: str, second: str):
        wallet, held = await books.holder(10)
        merchant = await books.account(AccountKind.MERCHANT)
        await books.post("hold", wallet, held, 5)
        reference = await books.post("hold", wallet, held, 5)
        credit = {"settle": merchant, "release": wallet}
        await books.post(first, held, credit[first], 5, reference)
        refused = await books.refuses_to_post(UniqueViolationError, second, held, credit[second], 5, reference)
        assert refused in {CLOSED, ONCE}
        assert await books.points(held) == 5

    @pytest.mark.parametrize("kind", ["award", "hold"])
    async def test_a_reason_counts_once(self, books: Books, kind: str):
        wallet, held = await books.holder(10)
        sides = (await books.issuer(), wallet) if kind == "award" else (wallet, held)
        reference = await books.post(kind, *sides, 2)
        assert await books.refuses_to_post(UniqueViolationError, kind, *sides, 2, reference) == ONCE

    async def test_a_transfer_cannot_stand_for_ever_without_its_balance(self, books: Books):
        wallet = await books.account(AccountKind.WALLET)
        bare = uuid4()
        await books.connection.execute("INSERT INTO ledger_account VALUES ($1, 'wallet', $2)", bare, uuid4())
        assert (
            await books.refuses_to_post(CheckViolationError, "award", await books.issuer(), bare, 1)
            == "ck_ledger_balance_exists"
        )
        await books.post("award", await books.issuer(), wallet, 1)


ATTACKS = [
    "UPDATE {table} SET id = id",
    "UPDATE {table} SET created_at = now()",
    "DELETE FROM {table}",
    "TRUNCATE {table} CASCADE",
]


class TestForEver:
    @pytest.mark.parametrize("attack", ATTACKS)
    @pytest.mark.parametrize("table", ["ledger_transfer", "ledger_account", "event"])
    async def test_rows_are_only_ever_added(self, books: Books, table: str, attack: str):
        wallet, held = await books.holder(10)
        await books.post("hold", wallet, held, 3)
        await books.connection.execute(
            "INSERT INTO event (id, subject_kind, subject_id, action, to_state, party) "
            "VALUES ($1, 'wish', $1, 'create', 'checking', 'author')",
            uuid4(),
        )
        told = await books.refuses(RestrictViolationError, attack.format(table=table))
        assert "rows are only ever added" in told

    @pytest.mark.parametrize(
        "attack",
        [
            "UPDATE ledger_balance SET points = points + 1",
            "UPDATE ledger_balance SET points = points",
            "UPDATE ledger_balance SET account_id = account_id",
            (
                "INSERT INTO ledger_balance SELECT account_id, 0 FROM ledger_balance "
                "ON CONFLICT (account_id) DO UPDATE SET points = 100"
            ),
            (
                "MERGE INTO ledger_balance b USING ledger_account a ON a.id = b.account_id "
                "WHEN MATCHED THEN UPDATE SET points = 100"
            ),
            "DELETE FROM ledger_balance",
            "TRUNCATE ledger_balance",
        ],
    )
    async def test_a_balance_moves_only_with_a_transfer(self, books: Books, attack: str):
        wallet, held = await books.holder(10)
        await books.post("hold", wallet, held, 3)
        await books.refuses(RestrictViolationError, attack)
        assert (await books.points(wallet), await books.points(held)) == (7, 3)

    async def test_a_balance_starts_at_zero(self, books: Books):
        account = uuid4()
        await books.connection.execute("INSERT INTO ledger_account VALUES ($1, 'wallet', $2)", account, uuid4())
        for points in (1, -1):
            with pytest.raises((RestrictViolationError, CheckViolationError)):
                await books.run_to_the_end("INSERT INTO ledger_balance VALUES ($1, $2)", account, points)

    async def test_a_trigger_of_somebody_else_moves_no_balance(self, books: Books):
        await books.holder(10)
        await books.connection.execute(
            """
            CREATE TEMP TABLE lever (pulled boolean);
            CREATE FUNCTION pg_temp.pull() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE ledger_balance SET points = 1000000, version = version + 1;
                RETURN NEW;
            END $$;
            CREATE TRIGGER pull BEFORE INSERT ON lever FOR EACH ROW EXECUTE FUNCTION pg_temp.pull();
            """
        )
        await books.refuses(RestrictViolationError, "INSERT INTO lever VALUES (true)")

    async def test_no_transfer_counts_twice(self, books: Books):
        wallet, held = await books.holder(10)
        await books.post("hold", wallet, held, 3)
        again = "UPDATE ledger_balance SET points = points + 10, version = version + 1, last_transfer_id = $2"
        award = await books.connection.fetchval("SELECT id FROM ledger_transfer WHERE credit_account_id = $1", wallet)
        await books.refuses(RestrictViolationError, f"{again} WHERE account_id = $1", wallet, award)


async def test_the_sum_over_all_accounts_is_zero(books: Books):
    wallet, held = await books.holder(10)
    merchant = await books.account(AccountKind.MERCHANT)
    reference = await books.post("hold", wallet, held, 4)
    await books.post("settle", held, merchant, 4, reference)
    await books.post("hold", wallet, held, 3)
    sums = await books.connection.fetch(
        """
        SELECT a.kind, sum(CASE WHEN t.credit_account_id = a.id THEN t.points ELSE -t.points END)::int AS points
        FROM ledger_account a JOIN ledger_transfer t ON a.id IN (t.debit_account_id, t.credit_account_id)
        GROUP BY a.kind
        """
    )
    assert {row["kind"]: row["points"] for row in sums} == {"issuer": -10, "wallet": 3, "held": 3, "merchant": 4}
