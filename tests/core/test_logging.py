"""Logs tell what happened and where, never what a person wrote."""

import subprocess
import sys

import pytest

PROGRAM = """
import logging as stdlib
import structlog
from app.core import logging
from app.core.settings import Settings

def fail_with_a_persons_words():
    try:
        raise ValueError("Key (openid)=(o-of-somebody) already exists")
    except ValueError as error:
        raise RuntimeError("Failing row contains (张阿姨, 厨房的灯坏了)") from error

logging.configure(Settings(_env_file=None, log_format="json"))
try:
    fail_with_a_persons_words()
except RuntimeError:
    {logger}.exception("fault")
"""


@pytest.mark.parametrize("logger", ["structlog.get_logger()", "stdlib.getLogger('uvicorn.error')"])
def test_a_collected_fault_names_kinds_and_places_without_messages(logger):
    written = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(logger=logger)], check=True, capture_output=True, text=True
    ).stderr
    assert "ValueError" in written
    assert "RuntimeError" in written
    assert "fail_with_a_persons_words" in written
    assert "openid" not in written
    assert "张阿姨" not in written
