"""Give points dates, and movements legs.

Points that expire on one date, or wait until one, are an account of their own. A movement out of several accounts is
several transfers, its legs; the database keeps them together. Merchants are debited only leg for leg of what they
settled, by a reversal or a payment and once: so no merchant's account can go below zero, though it has no balance row.
"""

from alembic import op
from sqlalchemy import Column, Date, SmallInteger, text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ACCOUNT_KINDS = ("issuer", "manual", "waiting", "wallet", "held", "merchant", "paid", "fund", "expired")
TRANSFER_KINDS = (
    "award", "mature", "expire", "take_back", "adjust_up", "adjust_down",
    "donate", "hold", "release", "settle", "reverse", "pay",
)  # fmt: skip
VOUCHER_STATES = ("held", "settled", "reversed", "cancelled", "expired")
SYSTEM_ACCOUNTS = {
    "manual": "00000000-0000-7000-8000-000000000002",
    "paid": "00000000-0000-7000-8000-000000000003",
    "expired": "00000000-0000-7000-8000-000000000004",
}

# PostgreSQL 18 has uuidv7() and PostgreSQL 15 has not. RFC 9562, section 5.7: 48 bits of milliseconds, then chance.
UUID_V7 = """
CREATE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6
    ), 52, 1), 53, 1), 'hex')::uuid
$$
"""

POST_TRANSFER = """
CREATE OR REPLACE FUNCTION ledger_post_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    debit ledger_account;
    credit ledger_account;
    origin ledger_transfer;
    day date := (NEW.created_at AT TIME ZONE 'Asia/Shanghai')::date;
    side record;
    reached bigint;
BEGIN
    SELECT * INTO debit FROM ledger_account WHERE id = NEW.debit_account_id;
    SELECT * INTO credit FROM ledger_account WHERE id = NEW.credit_account_id;
    IF NOT (CASE NEW.kind
        WHEN 'award' THEN debit.kind = 'issuer' AND credit.kind IN ('waiting', 'wallet')
        WHEN 'mature' THEN debit.kind = 'waiting' AND credit.kind = 'wallet' AND debit.owner_id = credit.owner_id
            AND debit.expires_on IS NOT DISTINCT FROM credit.expires_on
        WHEN 'expire' THEN debit.kind = 'wallet' AND credit.kind = 'expired'
        WHEN 'take_back' THEN debit.kind IN ('waiting', 'wallet') AND credit.kind = 'issuer'
        WHEN 'adjust_up' THEN debit.kind = 'manual' AND credit.kind = 'wallet'
        WHEN 'adjust_down' THEN debit.kind = 'wallet' AND credit.kind = 'manual'
        WHEN 'donate' THEN debit.kind = 'wallet' AND credit.kind = 'fund'
        WHEN 'hold' THEN debit.kind = 'wallet' AND credit.kind = 'held' AND debit.owner_id = credit.owner_id
        WHEN 'release' THEN debit.kind = 'held' AND credit.kind = 'wallet' AND debit.owner_id = credit.owner_id
        WHEN 'settle' THEN debit.kind = 'held' AND credit.kind = 'merchant'
        WHEN 'reverse' THEN debit.kind = 'merchant' AND credit.kind = 'wallet'
        WHEN 'pay' THEN debit.kind = 'merchant' AND credit.kind = 'paid'
        ELSE false
    END) THEN
        RAISE EXCEPTION '% cannot move points from % to %', NEW.kind, debit.kind, credit.kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_transfer_accounts_of_kind';
    END IF;

    IF (NEW.kind = 'mature' AND debit.available_on > day)
        OR (NEW.kind = 'expire' AND (debit.expires_on IS NULL OR debit.expires_on >= day))
        OR (NEW.kind IN ('hold', 'donate', 'adjust_down') AND debit.expires_on < day) THEN
        RAISE EXCEPTION '% is not due or too late on %', NEW.kind, day
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_transfer_in_time';
    END IF;

    -- What closes a hold or a settlement is just as large, comes from where that went, and goes to the same user.
    IF NEW.kind IN ('settle', 'release', 'reverse', 'pay') THEN
        SELECT * INTO origin FROM ledger_transfer
        WHERE reference_id = NEW.reference_id AND leg = NEW.leg
            AND kind = CASE WHEN NEW.kind IN ('settle', 'release') THEN 'hold' ELSE 'settle' END;
        IF origin IS NULL OR origin.points <> NEW.points OR origin.credit_account_id <> NEW.debit_account_id OR (
            NEW.kind = 'reverse' AND credit.owner_id IS DISTINCT FROM
                (SELECT owner_id FROM ledger_account WHERE id = origin.debit_account_id)
        ) THEN
            RAISE EXCEPTION '% of % points has nothing to close', NEW.kind, NEW.points
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_transfer_was_held';
        END IF;
    END IF;

    -- Held before waiting before wallet, then by id: the order in which everybody locks a user's balances.
    -- The others have no balance row, so nobody queues behind a busy one.
    FOR side IN
        SELECT account_id, points FROM (VALUES
            (NEW.debit_account_id, -NEW.points::bigint, debit.kind),
            (NEW.credit_account_id, NEW.points::bigint, credit.kind)
        ) AS sides (account_id, points, kind)
        WHERE kind IN ('held', 'waiting', 'wallet') ORDER BY kind COLLATE "C", account_id
    LOOP
        UPDATE ledger_balance SET points = points + side.points, version = version + 1, last_transfer_id = NEW.id
        WHERE account_id = side.account_id RETURNING version INTO reached;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'account % has no balance', side.account_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_balance_exists';
        END IF;
        IF side.account_id = NEW.debit_account_id THEN
            NEW.debit_version := reached;
        ELSE
            NEW.credit_version := reached;
        END IF;
    END LOOP;
    RETURN NEW;
END $$
"""

# At the end of the transaction: what was held or settled in several legs is closed in as many, all in one way.
GUARD_WHOLE = """
CREATE FUNCTION ledger_guard_whole() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FILTER (WHERE kind = NEW.kind)
            <> count(*) FILTER (
                WHERE kind = CASE WHEN NEW.kind IN ('settle', 'release') THEN 'hold' ELSE 'settle' END)
        FROM ledger_transfer WHERE reference_id = NEW.reference_id) THEN
        RAISE EXCEPTION '% closes a part only', NEW.kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_transfer_closed_wholly';
    END IF;
    RETURN NULL;
END $$
"""

OLD_POST_TRANSFER = """
CREATE OR REPLACE FUNCTION ledger_post_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    debit ledger_account;
    credit ledger_account;
    held ledger_transfer;
    side record;
    reached bigint;
BEGIN
    SELECT * INTO debit FROM ledger_account WHERE id = NEW.debit_account_id;
    SELECT * INTO credit FROM ledger_account WHERE id = NEW.credit_account_id;
    IF NOT (CASE NEW.kind
        WHEN 'award' THEN debit.kind = 'issuer' AND credit.kind = 'wallet'
        WHEN 'hold' THEN debit.kind = 'wallet' AND credit.kind = 'held' AND debit.owner_id = credit.owner_id
        WHEN 'settle' THEN debit.kind = 'held' AND credit.kind = 'merchant'
        WHEN 'release' THEN debit.kind = 'held' AND credit.kind = 'wallet' AND debit.owner_id = credit.owner_id
        ELSE false
    END) THEN
        RAISE EXCEPTION '% cannot move points from % to %', NEW.kind, debit.kind, credit.kind
            USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_transfer_accounts_of_kind';
    END IF;

    IF NEW.kind IN ('settle', 'release') THEN
        SELECT * INTO held FROM ledger_transfer WHERE reference_id = NEW.reference_id AND kind = 'hold';
        IF held IS NULL OR held.points <> NEW.points OR held.credit_account_id <> NEW.debit_account_id THEN
            RAISE EXCEPTION '% of % points was not held', NEW.kind, NEW.points
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_transfer_was_held';
        END IF;
    END IF;

    -- Accounts in the order of their ids: two transfers between the same accounts cannot wait for each other in a ring.
    -- The issuer and the merchants have no balance row, so nobody queues behind a busy one.
    FOR side IN
        SELECT account_id, points FROM (VALUES
            (NEW.debit_account_id, -NEW.points::bigint, debit.kind),
            (NEW.credit_account_id, NEW.points::bigint, credit.kind)
        ) AS sides (account_id, points, kind)
        WHERE kind IN ('wallet', 'held') ORDER BY account_id
    LOOP
        UPDATE ledger_balance SET points = points + side.points, version = version + 1, last_transfer_id = NEW.id
        WHERE account_id = side.account_id RETURNING version INTO reached;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'account % has no balance', side.account_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'ck_ledger_balance_exists';
        END IF;
        IF side.account_id = NEW.debit_account_id THEN
            NEW.debit_version := reached;
        ELSE
            NEW.credit_version := reached;
        END IF;
    END LOOP;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(UUID_V7)
    _allow("ledger_account", "kind", "kind_4ae42b", "kind_02ed0a", ACCOUNT_KINDS)
    _allow("ledger_transfer", "kind", "kind_54fb15", "kind_17c14e", TRANSFER_KINDS)
    _allow("voucher", "status", "status_ff12ea", "status_a3eb16", VOUCHER_STATES)

    op.add_column("ledger_account", Column("expires_on", Date(), nullable=True))
    op.add_column("ledger_account", Column("available_on", Date(), nullable=True))
    _replace_check(
        "ledger_account",
        "owner_of_kind",
        "owner_of_kind_2",
        "(kind IN ('issuer', 'manual', 'paid', 'expired')) = (owner_id IS NULL)",
    )
    _add_check("ledger_account", "expiry_of_kind", "expires_on IS NULL OR kind IN ('wallet', 'waiting')")
    _add_check("ledger_account", "waiting_of_kind", "(available_on IS NOT NULL) = (kind = 'waiting')")
    op.create_index(
        "uq_ledger_account_owner_kind_dates",
        "ledger_account",
        ["owner_id", "kind", "expires_on", "available_on"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.drop_index("uq_ledger_account_owner", table_name="ledger_account")
    for column, kind in (("expires_on", "wallet"), ("available_on", "waiting")):
        op.create_index(
            f"ix_ledger_account_{column}", "ledger_account", [column], postgresql_where=text(f"kind = '{kind}'")
        )

    op.add_column("ledger_transfer", Column("leg", SmallInteger(), server_default=text("0"), nullable=False))
    op.alter_column("ledger_transfer", "id", server_default=text("uuid_v7()"))
    op.create_index("uq_ledger_transfer_reference_leg", "ledger_transfer", ["reference_id", "kind", "leg"], unique=True)
    op.drop_index("uq_ledger_transfer_reference", table_name="ledger_transfer")
    for name, kinds in (("hold", "'settle', 'release'"), ("settle", "'reverse', 'pay'")):
        op.create_index(
            f"uq_ledger_transfer_{name}_leg_closed",
            "ledger_transfer",
            ["reference_id", "leg"],
            unique=True,
            postgresql_where=text(f"kind IN ({kinds})"),
        )
    op.drop_index("uq_ledger_transfer_hold_closed", table_name="ledger_transfer")

    op.execute(POST_TRANSFER)
    op.execute(GUARD_WHOLE)
    op.execute(
        "CREATE CONSTRAINT TRIGGER guard_whole AFTER INSERT ON ledger_transfer DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW WHEN (NEW.kind IN ('settle', 'release', 'reverse', 'pay')) "
        "EXECUTE FUNCTION ledger_guard_whole()"
    )
    for kind, account_id in SYSTEM_ACCOUNTS.items():
        op.execute(f"INSERT INTO ledger_account (id, kind) VALUES ('{account_id}', '{kind}') ON CONFLICT DO NOTHING")


def downgrade() -> None:
    """Go back, unless points have moved in a way that the older tables cannot tell: then a constraint refuses."""
    op.execute("DROP TRIGGER guard_whole ON ledger_transfer")
    op.execute("DROP FUNCTION ledger_guard_whole")
    op.execute(OLD_POST_TRANSFER)

    op.create_index(
        "uq_ledger_transfer_hold_closed",
        "ledger_transfer",
        ["reference_id"],
        unique=True,
        postgresql_where=text("kind IN ('settle', 'release')"),
    )
    op.create_index("uq_ledger_transfer_reference", "ledger_transfer", ["reference_id", "kind"], unique=True)
    for name in ("settle_leg_closed", "hold_leg_closed", "reference_leg"):
        op.drop_index(f"uq_ledger_transfer_{name}", table_name="ledger_transfer")
    op.alter_column("ledger_transfer", "id", server_default=None)
    op.drop_column("ledger_transfer", "leg")

    op.execute("ALTER TABLE ledger_account DISABLE TRIGGER refuse_change")
    for account_id in SYSTEM_ACCOUNTS.values():
        op.execute(f"DELETE FROM ledger_account WHERE id = '{account_id}'")
    op.execute("ALTER TABLE ledger_account ENABLE TRIGGER refuse_change")
    op.create_index(
        "uq_ledger_account_owner",
        "ledger_account",
        ["owner_id", "kind"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    for name in (
        "ix_ledger_account_available_on",
        "ix_ledger_account_expires_on",
        "uq_ledger_account_owner_kind_dates",
    ):
        op.drop_index(name, table_name="ledger_account")
    for name in ("waiting_of_kind", "expiry_of_kind"):
        op.drop_constraint(op.f(f"ck_ledger_account_{name}"), "ledger_account")
    _replace_check("ledger_account", "owner_of_kind_2", "owner_of_kind", "(kind = 'issuer') = (owner_id IS NULL)")
    op.drop_column("ledger_account", "available_on")
    op.drop_column("ledger_account", "expires_on")

    _allow("voucher", "status", "status_a3eb16", "status_ff12ea", ("held", "settled", "cancelled", "expired"))
    _allow("ledger_transfer", "kind", "kind_17c14e", "kind_54fb15", ("award", "hold", "settle", "release"))
    _allow("ledger_account", "kind", "kind_02ed0a", "kind_4ae42b", ("issuer", "wallet", "held", "merchant"))
    op.execute("DROP FUNCTION uuid_v7")


def _allow(table: str, column: str, old: str, new: str, values: tuple[str, ...]) -> None:
    """Replace the CHECK of a closed list by another."""
    _replace_check(table, old, new, f"{column} IN ({', '.join(map(repr, values))})")


def _replace_check(table: str, old: str, new: str, condition: str) -> None:
    _add_check(table, new, condition)
    op.drop_constraint(op.f(f"ck_{table}_{old}"), table)


def _add_check(table: str, name: str, condition: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
