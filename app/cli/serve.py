"""`echowall serve`: the API's own processes. It starts nothing else and changes nothing in the database."""

import socket
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from app.core import logging
from app.core.settings import Settings, get_settings

APPLICATION = "app.main:create_app"
GRACEFUL_STOP_S = 5
"""Requests still running after SIGTERM get this long; statement_timeout ends each statement in the same time."""


def serve(
    fd: Annotated[int | None, typer.Option(hidden=True, help="Listening socket to serve on, from a parent.")] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, max=64, help="API processes; ECHOWALL_WORKERS unless given.")
    ] = None,
) -> None:
    """Serve the API on ECHOWALL_HOST and ECHOWALL_PORT until SIGTERM or Ctrl-C.

    Requests under way are finished first, for at most five seconds. The database must be there and migrated.
    """
    settings = get_settings()
    settings.require_database_url()
    config = configure(APPLICATION, settings, workers=1 if fd is not None else workers or settings.workers)
    if config.workers > 1:
        Multiprocess(config, sockets=[config.bind_socket()]).run()
        return
    server = uvicorn.Server(config)
    try:
        server.run(None if fd is None else [socket.socket(fileno=fd)])
    except KeyboardInterrupt:
        return  # uvicorn has shut down already and only repeats the signal
    if not server.started:
        raise typer.Exit(1)


def configure(application: str, settings: Settings, *, workers: int) -> "Config":
    """Return how uvicorn serves the factory ``application``; ``make bench`` holds its measure to the same."""
    return Config(
        application,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,  # uvicorn keeps its own handlers out; its lines go through our renderer
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
    )


class Config(uvicorn.Config):
    """uvicorn's configuration with our logging; each spawned process asks for it anew."""

    def configure_logging(self) -> None:
        """Let uvicorn silence its access log, then send the rest through our renderer."""
        super().configure_logging()
        logging.configure(get_settings())
