"""The points ledger's tables; only ``app.ledger`` touches them. Triggers made by the migrations guard them (I3, I4)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import AccountKind, TransferKind
from app.models.columns import created_at, enum_type


class LedgerAccount(SQLModel, table=True):
    """An account. The issuer has no owner, wallets and held accounts have a user, merchant accounts a merchant."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint("(kind = 'issuer') = (owner_id IS NULL)", name="owner_of_kind"),
        Index("uq_ledger_account_owner", "owner_id", "kind", unique=True, postgresql_nulls_not_distinct=True),
    )

    id: UUID = Field(primary_key=True)
    kind: AccountKind = Field(sa_type=enum_type(AccountKind, "kind"))
    owner_id: UUID | None = None
    created_at: datetime = created_at()


class LedgerBalance(SQLModel, table=True):
    """The locked balance of a wallet or held account, in points; other accounts are the sum of their transfers.

    ``version`` counts the transfers that made it, ``last_transfer_id`` names the latest: a step without one is refused.
    """

    __tablename__ = "ledger_balance"
    __table_args__ = (CheckConstraint("points >= 0", name="points_not_negative"),)

    account_id: UUID = Field(primary_key=True, foreign_key="ledger_account.id")
    points: int = Field(default=0, sa_type=BigInteger)
    version: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": text("0")})
    last_transfer_id: UUID | None = None


class LedgerTransfer(SQLModel, table=True):
    """Points moved once and for ever from the debit to the credit account, because of ``reference_id``.

    ``debit_version`` and ``credit_version`` are the versions that it brought the balances to; the database sets them.
    """

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        CheckConstraint("points > 0", name="points_positive"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        Index("uq_ledger_transfer_reference", "reference_id", "kind", unique=True),
        Index(
            "uq_ledger_transfer_hold_closed",
            "reference_id",
            unique=True,
            postgresql_where=text("kind IN ('settle', 'release')"),
        ),
        Index("ix_ledger_transfer_debit", "debit_account_id", "id"),
        Index("ix_ledger_transfer_credit", "credit_account_id", "id"),
    )

    id: UUID = Field(primary_key=True)
    kind: TransferKind = Field(sa_type=enum_type(TransferKind, "kind"))
    debit_account_id: UUID = Field(foreign_key="ledger_account.id")
    credit_account_id: UUID = Field(foreign_key="ledger_account.id")
    points: int
    reference_id: UUID
    debit_version: int | None = Field(default=None, sa_type=BigInteger)
    credit_version: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = created_at()
