"""The application with other parts for a while. A monkeypatch would not do: it takes away what an app's state had."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI


@contextmanager
def running_with(app: FastAPI, **parts: object) -> Iterator[None]:
    """Let ``parts`` stand in for those of the application's state."""
    own = {name: getattr(app.state, name) for name in parts}
    for name, part in parts.items():
        setattr(app.state, name, part)
    try:
        yield
    finally:
        for name, part in own.items():
            setattr(app.state, name, part)
