"""Logs tell what happened and where, never what a person wrote."""

import logging as stdlib

import pytest
import structlog

from app.core import logging
from app.core.settings import Settings


def fail_with_a_persons_words() -> None:
    try:
        raise ValueError("Key (openid)=(o-of-somebody) already exists")
    except ValueError as error:
        raise RuntimeError("Failing row contains (张阿姨, 厨房的灯坏了)") from error


@pytest.fixture
def collected(capsys):
    logging.configure(Settings(_env_file=None, log_format="json", log_level="INFO"))
    yield capsys
    with capsys.disabled():
        logging.configure(Settings(_env_file=None, log_level="WARNING"))


@pytest.mark.parametrize("logger", ["structlog", "uvicorn.error"])
def test_a_collected_fault_names_kinds_and_places_without_messages(collected, logger):
    try:
        fail_with_a_persons_words()
    except RuntimeError as error:
        if logger == "structlog":
            structlog.get_logger("fresh").error("fault", exc_info=error)
        else:
            stdlib.getLogger(logger).error("fault", exc_info=error)
    written = collected.readouterr().err
    assert "ValueError" in written
    assert "RuntimeError" in written
    assert "fail_with_a_persons_words" in written
    assert "openid" not in written
    assert "张阿姨" not in written
