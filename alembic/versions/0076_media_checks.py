"""Remember under which trace id a picture was asked about before."""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0076"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("media", sa.Column("earlier_trace_id", sqlmodel.sql.sqltypes.AutoString(length=128), nullable=True))
    op.create_index("uq_media_earlier_trace_id", "media", ["earlier_trace_id"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_media_earlier_trace_id", table_name="media")
    op.drop_column("media", "earlier_trace_id")
