"""`echowall serve`: the API's own processes. It starts nothing else and changes nothing in the database."""

import socket
from typing import Annotated

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from app.core import logging
from app.core.settings import get_settings

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
    config = Config(
        APPLICATION,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=1 if fd is not None else workers or settings.workers,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACEFUL_STOP_S,
    )
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


class Config(uvicorn.Config):
    """uvicorn's configuration with our logging; each spawned process asks for it anew."""

    def configure_logging(self) -> None:
        """Replace uvicorn's own loggers by ours."""
        logging.configure(get_settings())
