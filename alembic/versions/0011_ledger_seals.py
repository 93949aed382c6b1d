"""Seal the ledger's transfers: Merkle trees over them, each chained to the one before."""

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, ForeignKeyConstraint, Integer, LargeBinary, Uuid

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

APPEND_ONLY_TABLES = ("ledger_seal", "ledger_leaf")


def upgrade() -> None:
    op.create_table(
        "ledger_seal",
        Column("number", BigInteger(), primary_key=True, autoincrement=False),
        Column("leaf_count", Integer(), nullable=False),
        Column("root", LargeBinary(), nullable=False),
        Column("previous_hash", LargeBinary(), nullable=False, unique=True),
        Column("hash", LargeBinary(), nullable=False),
        Column("sealed_at", DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "ledger_leaf",
        Column("transfer_id", Uuid(), primary_key=True),
        Column("seal_number", BigInteger(), nullable=False),
        Column("position", Integer(), nullable=False),
        Column("hash", LargeBinary(), nullable=False),
        ForeignKeyConstraint(["transfer_id"], ["ledger_transfer.id"], name=op.f("fk_ledger_leaf_transfer_id")),
        ForeignKeyConstraint(["seal_number"], ["ledger_seal.number"], name=op.f("fk_ledger_leaf_seal_number")),
    )
    op.create_index("uq_ledger_leaf_seal_number_position", "ledger_leaf", ["seal_number", "position"], unique=True)
    _add_check("ledger_seal", "number_positive", "number > 0")
    _add_check("ledger_seal", "leaf_count_positive", "leaf_count > 0")
    _add_check(
        "ledger_seal",
        "hash_lengths",
        "octet_length(root) = 32 AND octet_length(previous_hash) = 32 AND octet_length(hash) = 32",
    )
    _add_check("ledger_leaf", "position_not_negative", "position >= 0")
    _add_check("ledger_leaf", "hash_length", "octet_length(hash) = 32")
    for table in APPEND_ONLY_TABLES:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    op.drop_table("ledger_leaf")
    op.drop_table("ledger_seal")


def _add_check(table: str, name: str, condition: str) -> None:
    op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
