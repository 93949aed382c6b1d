"""The points ledger's tables; only ``app.ledger`` touches them. Triggers made by the migrations guard them (I3, I4)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, SmallInteger, text
from sqlmodel import Field, SQLModel

from app.domain.kinds import AccountKind, TransferKind
from app.models.columns import created_at, enum_type


class LedgerAccount(SQLModel, table=True):
    """An account. Those of the system have no owner; the others belong to a user, a merchant or an area.

    Points of a user that expire on one date, or can be spent from one date on, are an account of their own.
    ``expires_on`` is the last day on which they can be spent, in Asia/Shanghai.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint(
            "(kind IN ('issuer', 'manual', 'paid', 'expired')) = (owner_id IS NULL)", name="owner_of_kind_2"
        ),
        CheckConstraint("expires_on IS NULL OR kind IN ('wallet', 'waiting')", name="expiry_of_kind"),
        CheckConstraint("(available_on IS NOT NULL) = (kind = 'waiting')", name="waiting_of_kind"),
        Index(
            "uq_ledger_account_owner_kind_dates",
            "owner_id",
            "kind",
            "expires_on",
            "available_on",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_ledger_account_expires_on", "expires_on", postgresql_where=text("kind = 'wallet'")),
        Index("ix_ledger_account_available_on", "available_on", postgresql_where=text("kind = 'waiting'")),
    )

    id: UUID = Field(primary_key=True)
    kind: AccountKind = Field(sa_type=enum_type(AccountKind, "kind"))
    owner_id: UUID | None = None
    expires_on: date | None = None
    available_on: date | None = None
    created_at: datetime = created_at()


class LedgerBalance(SQLModel, table=True):
    """The locked balance of a user's account, in points; other accounts are the sum of their transfers.

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

    A movement out of several accounts has one transfer, a ``leg``, for each. ``debit_version`` and ``credit_version``
    are the versions that it brought the balances to; the database sets them, and the ids, since it alone knows how many
    legs there are.
    """

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        CheckConstraint("points > 0", name="points_positive"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        Index("uq_ledger_transfer_reference_leg", "reference_id", "kind", "leg", unique=True),
        Index(
            "uq_ledger_transfer_hold_leg_closed",
            "reference_id",
            "leg",
            unique=True,
            postgresql_where=text("kind IN ('settle', 'release')"),
        ),
        Index(
            "uq_ledger_transfer_settle_leg_closed",
            "reference_id",
            "leg",
            unique=True,
            postgresql_where=text("kind IN ('reverse', 'pay')"),
        ),
        Index("ix_ledger_transfer_debit", "debit_account_id", "id"),
        Index("ix_ledger_transfer_credit", "credit_account_id", "id"),
    )

    id: UUID = Field(primary_key=True, sa_column_kwargs={"server_default": text("uuid_v7()")})
    kind: TransferKind = Field(sa_type=enum_type(TransferKind, "kind"))
    debit_account_id: UUID = Field(foreign_key="ledger_account.id")
    credit_account_id: UUID = Field(foreign_key="ledger_account.id")
    points: int
    reference_id: UUID
    leg: int = Field(default=0, sa_type=SmallInteger, sa_column_kwargs={"server_default": text("0")})
    debit_version: int | None = Field(default=None, sa_type=BigInteger)
    credit_version: int | None = Field(default=None, sa_type=BigInteger)
    created_at: datetime = created_at()
