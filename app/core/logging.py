"""Logging: one structured line an event, to standard error; secrets and people stay out of it (I12)."""

import logging
import sys
import traceback

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from app.core.settings import Settings

NOISY_LOGGERS = ("httpx", "httpcore", "asyncio", "pgqueuer", "alembic")
"""httpx logs full URLs, secrets included, at INFO; the others say nothing an operator needs below WARNING."""

_processors: list[Processor] = []
"""One list for all configurations: a logger keeps the one that it was first used with, and so follows every later."""


def configure(settings: Settings) -> None:
    """Send structlog and the standard library through one renderer at the level of the settings."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers = json_renderers() if settings.log_format == "json" else console_renderers()
    _processors[:] = [*shared, *renderers]
    structlog.configure(
        processors=_processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in NOISY_LOGGERS:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))


def console_renderers() -> list[Processor]:
    """Return how lines are made for a developer at a terminal, tracebacks with their messages."""
    return [
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
    ]


def json_renderers() -> list[Processor]:
    """Return how lines are made for a collector, tracebacks without what their messages quote."""
    return [name_fault, structlog.processors.JSONRenderer(ensure_ascii=False)]


def name_fault(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace an exception by its kind and place: messages of a database quote the row, and so the person in it."""
    fault = event.pop("exc_info", None)
    if fault is True:
        fault = sys.exc_info()
    if isinstance(fault, BaseException):
        fault = (type(fault), fault, fault.__traceback__)
    if fault and fault[0] is not None:
        event["exception"] = "\n".join(describe(fault[1]))
    return event


def describe(error: BaseException) -> list[str]:
    """Return the kinds and places of an exception, its causes first, without their messages."""
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)]
    return [*(describe(earlier) if earlier else []), f"{type(error).__module__}.{type(error).__qualname__}", *frames]
