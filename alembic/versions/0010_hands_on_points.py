"""Keep what hands do to points, what people give to their community, and what an auditor looks for.

The roles get the auditor. An adjustment names two people who are neither each other nor the one whose points they are,
whoever writes it; none is ever deleted, and a donation is never changed.
"""

from alembic import op
from sqlalchemy import text

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

ADJUSTMENT = """
CREATE TABLE adjustment (
    id UUID NOT NULL CONSTRAINT pk_adjustment PRIMARY KEY,
    user_id UUID NOT NULL CONSTRAINT fk_adjustment_user_id REFERENCES "user" (id),
    area_id UUID NOT NULL CONSTRAINT fk_adjustment_area_id REFERENCES area (id),
    kind VARCHAR(32) NOT NULL CONSTRAINT ck_adjustment_kind_72444b CHECK (kind IN ('correction', 'award_reversal')),
    claim_id UUID CONSTRAINT fk_adjustment_claim_id REFERENCES claim (id),
    points INTEGER NOT NULL CONSTRAINT ck_adjustment_points_not_zero CHECK (points <> 0),
    reason VARCHAR(500) NOT NULL,
    document VARCHAR(200) NOT NULL,
    proposed_by UUID NOT NULL CONSTRAINT fk_adjustment_proposed_by REFERENCES "user" (id),
    status VARCHAR(32) NOT NULL
        CONSTRAINT ck_adjustment_status_8b521d CHECK (status IN ('proposed', 'approved', 'refused')),
    decided_by UUID CONSTRAINT fk_adjustment_decided_by REFERENCES "user" (id),
    decided_at TIMESTAMPTZ,
    points_taken INTEGER,
    shortfall INTEGER,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT ck_adjustment_claim_of_kind CHECK ((kind = 'award_reversal') = (claim_id IS NOT NULL)),
    CONSTRAINT ck_adjustment_reversal_takes CHECK (kind <> 'award_reversal' OR points < 0),
    CONSTRAINT ck_adjustment_reason_length CHECK (char_length(reason) BETWEEN 1 AND 500),
    CONSTRAINT ck_adjustment_document_length CHECK (char_length(document) BETWEEN 1 AND 200),
    CONSTRAINT ck_adjustment_proposed_by_another CHECK (proposed_by <> user_id),
    CONSTRAINT ck_adjustment_decided_by_another CHECK (decided_by <> proposed_by AND decided_by <> user_id),
    CONSTRAINT ck_adjustment_decided_once CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT ck_adjustment_decider_known CHECK (status = 'proposed' OR decided_by IS NOT NULL),
    CONSTRAINT ck_adjustment_taken_and_shortfall CHECK (
        (points_taken IS NULL AND shortfall IS NULL) OR (kind = 'award_reversal' AND points_taken >= 0
        AND shortfall >= 0 AND points_taken::bigint + shortfall = -points)),
    CONSTRAINT ck_adjustment_shortfall_known
        CHECK (kind <> 'award_reversal' OR status <> 'approved' OR shortfall IS NOT NULL)
)
"""
DONATION = """
CREATE TABLE donation (
    id UUID NOT NULL CONSTRAINT pk_donation PRIMARY KEY,
    user_id UUID NOT NULL CONSTRAINT fk_donation_user_id REFERENCES "user" (id),
    area_id UUID NOT NULL CONSTRAINT fk_donation_area_id REFERENCES area (id),
    points INTEGER NOT NULL CONSTRAINT ck_donation_points_positive CHECK (points > 0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
)
"""
USER_DEVICE = """
CREATE TABLE user_device (
    user_id UUID NOT NULL CONSTRAINT fk_user_device_user_id REFERENCES "user" (id),
    device_hash BYTEA NOT NULL CONSTRAINT ck_user_device_device_hash_length CHECK (octet_length(device_hash) = 32),
    last_seen_at TIMESTAMPTZ NOT NULL,
    CONSTRAINT pk_user_device PRIMARY KEY (user_id, device_hash)
)
"""
INDEXES = {
    "adjustment": (["area_id", "status", "id"], ["user_id", "id"]),
    "donation": (["area_id", "id"], ["user_id", "id"]),
    "user_device": (["device_hash"],),
}
ROLES = ("administrator", "staff", "alliance")


def upgrade() -> None:
    _allow_roles("role_9e06a0", "role_7fc1f2", (*ROLES, "auditor"))
    for table in (ADJUSTMENT, DONATION, USER_DEVICE):
        op.execute(table)
    for table, indexes in INDEXES.items():
        for columns in indexes:
            op.create_index(f"ix_{table}_{'_'.join(columns)}", table, columns)
    op.create_index(
        "uq_adjustment_reversal",
        "adjustment",
        ["claim_id"],
        unique=True,
        postgresql_where=text("kind = 'award_reversal' AND status <> 'refused'"),
    )
    op.create_index(
        "ix_event_verified",
        "event",
        ["created_at"],
        postgresql_where=text("subject_kind = 'claim' AND to_state = 'verified'"),
    )
    for table, change in (("adjustment", "DELETE"), ("donation", "UPDATE OR DELETE")):
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE {change} ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    """Go back, unless somebody is an auditor: then a constraint refuses."""
    op.drop_index("ix_event_verified", table_name="event")
    for table in ("user_device", "donation", "adjustment"):
        op.drop_table(table)
    _allow_roles("role_7fc1f2", "role_9e06a0", ROLES)


def _allow_roles(old: str, new: str, roles: tuple[str, ...]) -> None:
    op.create_check_constraint(op.f(f"ck_grant_{new}"), "grant", f"role IN ({', '.join(map(repr, roles))})")
    op.drop_constraint(op.f(f"ck_grant_{old}"), "grant")
