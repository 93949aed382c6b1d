"""Shops of the business-circle alliance and the people behind their counters."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Computed, DateTime, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from app.core.sql import quoted
from app.domain.lifecycles import LIVE_MERCHANT_STATES, MERCHANT
from app.models.columns import created_at, status_check

LIVE = quoted(LIVE_MERCHANT_STATES)
ACCEPTS_SCANS = "status::text = 'approved'::text OR status::text = 'suspended'::text AND honours_vouchers"
"""As the database writes it, so that the two compare."""


class Merchant(SQLModel, table=True):
    """A shop. Its name is public once the alliance's staff approved it.

    ``documents`` is JSON, a list of ``{title, reference}``: which paper it is and where it lies. ``licence_number`` is
    null for shops of the time before licences were asked for.
    A shop from an office's list has no ``owner_id`` until its owner has been recognised as ``person_id``.
    ``accepts_scans`` is all that a scan asks of it: the database keeps it, so it cannot differ from the status.
    """

    __table_args__ = (
        status_check(MERCHANT),
        CheckConstraint("char_length(name) BETWEEN 1 AND 30", name="name_length"),
        CheckConstraint("owner_id IS NOT NULL OR person_id IS NOT NULL", name="owner_known"),
        CheckConstraint("licence_number ~ '^[0-9A-HJ-NPQRTUWXY]{18}$'", name="licence_number_form"),
        CheckConstraint(
            "jsonb_typeof(documents) = 'array' AND jsonb_array_length(documents) <= 10", name="documents_form"
        ),
        Index("uq_merchant_live_licence", "licence_number", unique=True, postgresql_where=text(f"status IN ({LIVE})")),
    )

    id: UUID = Field(primary_key=True)
    owner_id: UUID | None = Field(default=None, foreign_key="user.id", index=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    """Who the owner is to the office that put the shop on its list, before they have logged in."""
    area_id: UUID = Field(foreign_key="area.id", index=True)
    name: str = Field(max_length=30)
    licence_number: str | None = Field(default=None, max_length=18)
    documents: str = Field(default="[]", sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'")})
    status: str = Field(default=MERCHANT.initial, max_length=32)
    honours_vouchers: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    accepts_scans: bool = Field(
        default=None, sa_type=Boolean, nullable=False, sa_column_args=[Computed(ACCEPTS_SCANS, persisted=True)]
    )
    created_at: datetime = created_at()


class Clerk(SQLModel, table=True):
    """Somebody who may settle for a shop; the owner is one too."""

    __table_args__ = (UniqueConstraint("user_id", "merchant_id"),)

    id: UUID = Field(primary_key=True)
    merchant_id: UUID = Field(foreign_key="merchant.id", index=True)
    user_id: UUID = Field(foreign_key="user.id")
    created_at: datetime = created_at()


class ClerkInvite(SQLModel, table=True):
    """The code that an owner shows to whoever shall be a clerk; a shop has one at most, and it is gone once used."""

    __tablename__ = "clerk_invite"
    __table_args__ = (CheckConstraint("octet_length(code_fingerprint) = 32", name="code_fingerprint_length"),)

    merchant_id: UUID = Field(primary_key=True, foreign_key="merchant.id")
    id: UUID
    code_fingerprint: bytes
    expires_at: datetime = Field(sa_type=DateTime(timezone=True))
    created_at: datetime = created_at()
