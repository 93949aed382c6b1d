"""Give areas points policies, claims their awards, and users warnings before points expire.

Awards that were made before keep what they were: the whole promise, granted by no policy, to be spent for ever.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CAPS = ("day_cap", "month_cap", "balance_cap")
EXPIRIES = ("never", "months", "end_of_next_year")
CUTS = ("day", "month", "balance")
APPEND_ONLY_TABLES = ("points_policy", "award")

FORMER_AWARDS = """
INSERT INTO award (claim_id, user_id, verifier_id, points_promised, points_granted, policy_ids, created_at)
SELECT c.id, c.user_id, e.actor_id, coalesce(t.points, 0), coalesce(t.points, 0), '{}',
    coalesce(t.created_at, e.created_at, now())
FROM claim c LEFT JOIN ledger_transfer t ON t.reference_id = c.id AND t.kind = 'award'
LEFT JOIN LATERAL (
    SELECT actor_id, created_at FROM event
    WHERE subject_kind = 'claim' AND subject_id = c.id AND to_state = 'verified' ORDER BY id DESC LIMIT 1
) AS e ON true
WHERE c.status = 'verified'
"""


def upgrade() -> None:
    op.add_column("task", sa.Column("hourly_points", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_task_hourly_points_range"), "task", "hourly_points BETWEEN 0 AND 1000")
    op.add_column("claim", sa.Column("minutes", sa.SmallInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_claim_minutes_range"), "claim", "minutes BETWEEN 1 AND 1440")
    op.create_table(
        "points_policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("area_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rates", postgresql.JSONB(), nullable=True),
        *[sa.Column(cap, sa.Integer(), nullable=True) for cap in CAPS],
        sa.Column("first_redemption_threshold", sa.Integer(), nullable=True),
        sa.Column("waiting_days", sa.SmallInteger(), nullable=True),
        sa.Column("expiry", _choice(EXPIRIES, "expiry_893dc4"), nullable=True),
        sa.Column("expiry_months", sa.SmallInteger(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _check("points_policy", "version_positive", "version >= 1"),
        _check("points_policy", "not_in_the_past", "effective_from >= created_at"),
        _check("points_policy", "rates_form", "jsonb_typeof(rates) = 'array'"),
        *[_check("points_policy", f"{cap}_range", f"{cap} BETWEEN 0 AND 1000000") for cap in CAPS],
        _check("points_policy", "threshold_range", "first_redemption_threshold BETWEEN 0 AND 1000000"),
        _check("points_policy", "waiting_days_range", "waiting_days BETWEEN 0 AND 365"),
        _check("points_policy", "expiry_months_range", "expiry_months BETWEEN 1 AND 120"),
        _check(
            "points_policy",
            "expiry_months_of_expiry",
            "coalesce(expiry = 'months', false) = (expiry_months IS NOT NULL)",
        ),
        _key("points_policy", "area_id", "area"),
        _key("points_policy", "created_by", "user"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_points_policy")),
    )
    op.create_index("uq_points_policy_area_id_version", "points_policy", ["area_id", "version"], unique=True)
    op.create_table(
        "award",
        sa.Column("claim_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("verifier_id", sa.Uuid(), nullable=True),
        sa.Column("points_promised", sa.Integer(), nullable=False),
        sa.Column("points_granted", sa.Integer(), nullable=False),
        sa.Column("cut_by", _choice(CUTS, "cut_by_dff0d0"), nullable=True),
        sa.Column("policy_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("available_on", sa.Date(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _check("award", "granted_range", "points_granted BETWEEN 0 AND points_promised"),
        _check("award", "cut_by_a_cap", "(cut_by IS NULL) = (points_granted = points_promised)"),
        _key("award", "claim_id", "claim"),
        _key("award", "user_id", "user"),
        _key("award", "verifier_id", "user"),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_award")),
    )
    op.create_index("ix_award_user_id", "award", ["user_id", "claim_id"])
    op.create_table(
        "points_warning",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("days_before", sa.SmallInteger(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        _check("points_warning", "points_positive", "points > 0"),
        _key("points_warning", "user_id", "user"),
        sa.PrimaryKeyConstraint("user_id", "expires_on", "days_before", name=op.f("pk_points_warning")),
    )
    op.execute(FORMER_AWARDS)
    for table in APPEND_ONLY_TABLES:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
        op.execute(f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION refuse_change()")


def downgrade() -> None:
    for table in ("points_warning", "award", "points_policy"):
        op.drop_table(table)
    op.drop_column("claim", "minutes")
    op.drop_column("task", "hourly_points")


def _choice(values: tuple[str, ...], name: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
