"""The seals over the ledger's transfers. Only ``app.ledger`` touches them; the database refuses any change."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, LargeBinary
from sqlmodel import Field, SQLModel


class LedgerSeal(SQLModel, table=True):
    """One Merkle tree over transfers, chained to the one before. Numbers begin at 1 and have no gap."""

    __tablename__ = "ledger_seal"
    __table_args__ = (
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("leaf_count > 0", name="leaf_count_positive"),
        CheckConstraint(
            "octet_length(root) = 32 AND octet_length(previous_hash) = 32 AND octet_length(hash) = 32",
            name="hash_lengths",
        ),
    )

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    leaf_count: int
    root: bytes = Field(sa_type=LargeBinary)
    previous_hash: bytes = Field(sa_type=LargeBinary, unique=True)
    hash: bytes = Field(sa_type=LargeBinary)
    sealed_at: datetime = Field(sa_type=DateTime(timezone=True))


class LedgerLeaf(SQLModel, table=True):
    """The place of a transfer in the tree of a seal, counted from 0, and its hash there."""

    __tablename__ = "ledger_leaf"
    __table_args__ = (
        CheckConstraint("position >= 0", name="position_not_negative"),
        CheckConstraint("octet_length(hash) = 32", name="hash_length"),
        Index("uq_ledger_leaf_seal_number_position", "seal_number", "position", unique=True),
    )

    transfer_id: UUID = Field(primary_key=True, foreign_key="ledger_transfer.id")
    seal_number: int = Field(sa_type=BigInteger, foreign_key="ledger_seal.number")
    position: int
    hash: bytes = Field(sa_type=LargeBinary)
