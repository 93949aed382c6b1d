"""The command line: one verb a module; what a verb alone needs, the application above all, it imports when called."""

import sys
from socket import gaierror

import asyncpg
import typer
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from app.cli.add_area import add_area
from app.cli.check import check, docs
from app.cli.database import migrate
from app.cli.deadlines import deadlines
from app.cli.demo import demo
from app.cli.exporting import export
from app.cli.grant import grant
from app.cli.importing import import_
from app.cli.rates import rates
from app.cli.reconcile import reconcile
from app.cli.serve import serve
from app.cli.simulator import simulator
from app.cli.tour import tour
from app.cli.up import up
from app.cli.verification import verify_ledger
from app.cli.watermark import watermark
from app.cli.worker import worker
from app.core.settings import SettingsError, explain

UNREACHABLE = (
    asyncpg.PostgresConnectionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.CannotConnectNowError,
)
"""What a server says that does not let us in."""

cli = typer.Typer(
    name="echowall",
    help="Echo Wall (回音壁): neighbours' wishes heard, helped and answered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
for verb in (
    up,
    serve,
    worker,
    simulator,
    migrate,
    add_area,
    import_,
    export,
    grant,
    demo,
    tour,
    verify_ledger,
    reconcile,
    rates,
    deadlines,
    watermark,
    check,
    docs,
):
    cli.command(verb.__name__.strip("_").replace("_", "-"))(verb)


def main() -> None:
    """Run the command; what an operator can mend is a sentence on standard error and exit status 2, not a traceback."""
    try:
        cli()
    except ValidationError as error:
        if error.title != "Settings":
            raise
        sys.exit(stop(explain(error)))
    except SettingsError as error:
        sys.exit(stop(str(error)))
    except (DBAPIError, ConnectionError, TimeoutError, gaierror, *UNREACHABLE) as error:
        cause = error.driver_exception if isinstance(error, DBAPIError) else error
        if isinstance(error, DBAPIError) and not isinstance(cause, UNREACHABLE):
            raise
        sys.exit(stop(f"The database cannot be used ({cause}). See ECHOWALL_DATABASE_URL and the server it names."))


def stop(sentence: str) -> int:
    """Print why nothing was started and return the exit status."""
    print(sentence, file=sys.stderr)
    return 2
