"""The command line: one verb a module, which is imported when it is called and brings what it needs.

A process of ``echowall serve`` or ``worker`` so loads what it serves with, and not the demo or the spreadsheets.
"""

import sys
from collections.abc import Iterable
from importlib import import_module
from socket import gaierror

import typer
from pydantic import ValidationError

from app.core.settings import SettingsError, explain

VERBS = {
    "up": "up",
    "serve": "serve",
    "worker": "worker",
    "simulator": "simulator",
    "migrate": "database",
    "add-area": "add_area",
    "import": "importing",
    "export": "exporting",
    "grant": "grant",
    "demo": "demo",
    "tour": "tour",
    "verify-ledger": "verification",
    "reconcile": "reconcile",
    "rates": "rates",
    "deadlines": "deadlines",
    "watermark": "watermark",
    "check": "check",
    "docs": "check",
}
"""Each verb and the module that has its function, in the order of the help."""


def command_line(verbs: Iterable[str] = tuple(VERBS)) -> typer.Typer:
    """Return the command with some of its verbs, whose modules it imports."""
    cli = typer.Typer(
        name="echowall",
        help="Echo Wall (回音壁): neighbours' wishes heard, helped and answered.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    cli.callback()(lambda: None)  # with one verb alone it would be a command without verbs
    for verb in verbs:
        name = verb.replace("-", "_")
        module = import_module(f"app.cli.{VERBS[verb]}")
        cli.command(verb)(getattr(module, "import_" if name == "import" else name))
    return cli


def main() -> None:
    """Run the command; what an operator can mend is a sentence on standard error and exit status 2, not a traceback."""
    try:
        command_line(sys.argv[1:2] if sys.argv[1:2] and sys.argv[1] in VERBS else VERBS)()
    except ValidationError as error:
        if error.title != "Settings":
            raise
        sys.exit(stop(explain(error)))
    except SettingsError as error:
        sys.exit(stop(str(error)))
    except _faults_of_databases() as error:
        cause = _reason(error)
        if cause is None:
            raise
        sys.exit(stop(f"The database cannot be used ({cause}). See ECHOWALL_DATABASE_URL and the server it names."))


def _unreachable() -> tuple[type[Exception], ...]:
    """Return what a server says that does not let us in."""
    import asyncpg

    return (
        asyncpg.PostgresConnectionError,
        asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
        asyncpg.CannotConnectNowError,
    )


def _faults_of_databases() -> tuple[type[Exception], ...]:
    """Return what may tell that the database cannot be used; looked up when something was raised."""
    from sqlalchemy.exc import DBAPIError

    return (DBAPIError, ConnectionError, TimeoutError, gaierror, *_unreachable())


def _reason(error: Exception) -> BaseException | None:
    """Return why the database cannot be used, None where it was another fault."""
    from sqlalchemy.exc import DBAPIError

    if not isinstance(error, DBAPIError):
        return error
    cause = error.driver_exception
    return cause if isinstance(cause, _unreachable()) else None


def stop(sentence: str) -> int:
    """Print why nothing was started and return the exit status."""
    print(sentence, file=sys.stderr)
    return 2
