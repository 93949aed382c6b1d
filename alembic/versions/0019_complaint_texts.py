"""Note what complaints say, so that they are found by it, and the words that speak for each category."""

import sqlalchemy as sa
import sqlmodel
from alembic import op
from sqlalchemy.dialects import postgresql

from app.domain.topics import WORDS

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COLUMNS = ("code", "name", "urgency", "is_confidential", "is_active", "position")
ADDED = (
    ("pollution", "环境污染", "ordinary", False, True, 18),
    ("housing", "住房与征收", "hard", False, True, 19),
)
"""Before ``other``, which comes last."""


def upgrade() -> None:
    op.add_column("complaint_category", sa.Column("learned", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_check_constraint(op.f("ck_complaint_category_learned_counted"), "complaint_category", "learned >= 0")
    category = sa.table("complaint_category", *map(sa.column, COLUMNS))
    op.execute(category.update().where(category.c.code == "other").values(position=20))
    op.bulk_insert(category, [dict(zip(COLUMNS, row, strict=True)) for row in ADDED])
    words = sa.table(
        "complaint_category", sa.column("code", sa.String()), sa.column("words", postgresql.ARRAY(sa.Text()))
    )
    for code, listed in WORDS.items():
        op.execute(words.update().where(words.c.code == code).values(words=list(listed)))
    op.create_table(
        "category_word",
        sa.Column("category", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("complaints", sa.Integer(), nullable=False),
        sa.CheckConstraint("complaints >= 0", name=op.f("ck_category_word_complaints_counted")),
        sa.ForeignKeyConstraint(["category"], ["complaint_category.code"], name=op.f("fk_category_word_category")),
        sa.PrimaryKeyConstraint("category", "word", name=op.f("pk_category_word")),
    )
    op.create_table(
        "complaint_text",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("lineage", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("tokens", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("title_tokens", sa.SmallInteger(), nullable=False),
        sa.Column("beginning", sa.String(length=120), nullable=False),
        sa.Column("learned_as", sqlmodel.sql.sqltypes.AutoString(length=32), nullable=True),
        sa.CheckConstraint("cardinality(tokens) <= 160", name=op.f("ck_complaint_text_tokens_count")),
        sa.CheckConstraint(
            "title_tokens BETWEEN 0 AND cardinality(tokens)", name=op.f("ck_complaint_text_title_tokens_range")
        ),
        sa.ForeignKeyConstraint(["complaint_id"], ["complaint.id"], name=op.f("fk_complaint_text_complaint_id")),
        sa.ForeignKeyConstraint(["learned_as"], ["complaint_category.code"], name=op.f("fk_complaint_text_learned_as")),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_complaint_text")),
    )
    op.create_index(
        "ix_complaint_text_words", "complaint_text", ["lineage", "tokens"], unique=False, postgresql_using="gin"
    )


def downgrade() -> None:
    op.drop_index("ix_complaint_text_words", table_name="complaint_text", postgresql_using="gin")
    op.drop_table("complaint_text")
    op.drop_table("category_word")
    op.drop_constraint(op.f("ck_complaint_category_learned_counted"), "complaint_category")
    op.drop_column("complaint_category", "learned")
    op.execute("UPDATE complaint_category SET words = '{}'")
    op.execute("UPDATE complaint SET category = 'other' WHERE category IN ('pollution', 'housing')")
    op.execute("DELETE FROM complaint_category WHERE code IN ('pollution', 'housing')")
    op.execute("UPDATE complaint_category SET position = 18 WHERE code = 'other'")
