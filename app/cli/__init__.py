"""The command line: one verb a module, each imported when it is called."""

import sys

import typer
from pydantic import ValidationError

from app.cli import check, database, demo, grant, serve, simulator, tour, up, worker
from app.core.settings import SettingsError, explain

cli = typer.Typer(
    name="echowall",
    help="Echo Wall (回音壁): neighbours' wishes heard, helped and answered.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
cli.command("up")(up.up)
cli.command("serve")(serve.serve)
cli.command("worker")(worker.worker)
cli.command("simulator")(simulator.simulator)
cli.command("migrate")(database.migrate)
cli.command("grant")(grant.grant)
cli.command("demo")(demo.demo)
cli.command("tour")(tour.tour)
cli.command("check")(check.check)
cli.command("docs")(check.docs)


def main() -> None:
    """Run the command; a wrong setting is a sentence on standard error and exit status 2, never a traceback."""
    try:
        cli()
    except ValidationError as error:
        if error.title != "Settings":
            raise
        sys.exit(stop(explain(error)))
    except SettingsError as error:
        sys.exit(stop(str(error)))


def stop(sentence: str) -> int:
    """Print why nothing was started and return the exit status."""
    print(sentence, file=sys.stderr)
    return 2
