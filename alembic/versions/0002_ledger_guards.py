"""Let the database itself refuse what would bend the ledger or the history (I3, I4, I7).

A transfer is one row with a debit and a credit account, so the sum over all accounts is zero by form. The triggers keep
the rest: which accounts a kind may join, that what is settled or released was held, that no wallet goes below zero, that
balances move only with a transfer, and that nothing is changed or deleted, whoever writes.
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: rows are only ever added', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END $$
"""

POST_TRANSFER = """
CREATE FUNCTION ledger_post_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
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

GUARD_BALANCE = """
CREATE FUNCTION ledger_guard_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.points <> 0 OR NEW.version <> 0 OR NEW.last_transfer_id IS NOT NULL THEN
            RAISE EXCEPTION 'a balance starts at zero' USING ERRCODE = 'restrict_violation';
        END IF;
    -- Checked at the end of the transaction, when the transfer is there. Each step of a balance needs a transfer of
    -- just its size that says it made just this step, so no step can be made by hand, whosever hand it is.
    ELSIF NEW.account_id <> OLD.account_id OR NEW.version <> OLD.version + 1 OR NOT EXISTS (
        SELECT FROM ledger_transfer t WHERE t.id = NEW.last_transfer_id AND (
            (t.debit_account_id = NEW.account_id AND t.debit_version = NEW.version
                AND t.points = OLD.points - NEW.points)
            OR (t.credit_account_id = NEW.account_id AND t.credit_version = NEW.version
                AND t.points = NEW.points - OLD.points)
        )
    ) THEN
        RAISE EXCEPTION 'a balance moves only with a transfer' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$
"""

APPEND_ONLY_TABLES = ("ledger_account", "ledger_transfer", "event")


def upgrade() -> None:
    op.execute(REFUSE_CHANGE)
    op.execute(POST_TRANSFER)
    op.execute(GUARD_BALANCE)
    op.execute(
        "CREATE TRIGGER post_transfer BEFORE INSERT ON ledger_transfer "
        "FOR EACH ROW EXECUTE FUNCTION ledger_post_transfer()"
    )
    op.execute(
        "CREATE CONSTRAINT TRIGGER guard_balance AFTER INSERT OR UPDATE ON ledger_balance "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_guard_balance()"
    )
    op.execute(
        "CREATE TRIGGER refuse_delete BEFORE DELETE ON ledger_balance FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON ledger_balance EXECUTE FUNCTION refuse_change()")
    for table in APPEND_ONLY_TABLES:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")
    op.execute(
        "INSERT INTO ledger_account (id, kind) VALUES ('00000000-0000-7000-8000-000000000001', 'issuer') "
        "ON CONFLICT DO NOTHING"
    )


def downgrade() -> None:
    for table in APPEND_ONLY_TABLES:
        op.execute(f"DROP TRIGGER refuse_change ON {table}")
        op.execute(f"DROP TRIGGER refuse_truncate ON {table}")
    op.execute("DROP TRIGGER post_transfer ON ledger_transfer")
    for trigger in ("guard_balance", "refuse_delete", "refuse_truncate"):
        op.execute(f"DROP TRIGGER {trigger} ON ledger_balance")
    # Points that were given keep their issuer: what people earned outlives a step back.
    op.execute("DELETE FROM ledger_account WHERE kind = 'issuer' AND NOT EXISTS (SELECT FROM ledger_transfer)")
    for function in ("ledger_post_transfer", "ledger_guard_balance", "refuse_change"):
        op.execute(f"DROP FUNCTION {function}")
