"""Keep what the database made within one millisecond in order, as the ids made by the application are."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

# RFC 9562, section 5.7: 48 bits of milliseconds, the version, 12 bits of their fraction (section 6.2, method 3), and from
# the variant on chance, as gen_random_uuid() has it. One reading of the clock gives milliseconds and fraction: 60 bits.
FINER = """
    CREATE OR REPLACE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
        SELECT (overlay(
            lpad(to_hex(floor(extract(epoch FROM clock_timestamp()) * 4096000)::bigint), 15, '0') PLACING '7' FROM 13 FOR 0
        ) || right(gen_random_uuid()::text, 17))::uuid
    $$
"""
FORMER = """
CREATE OR REPLACE FUNCTION uuid_v7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid())
        PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6
    ), 52, 1), 53, 1), 'hex')::uuid
$$
"""


def upgrade() -> None:
    op.execute(FINER)


def downgrade() -> None:
    op.execute(FORMER)
