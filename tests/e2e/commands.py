"""Running the command line as its users do, on a database of the test's own."""

import os
import subprocess
import sysconfig
from pathlib import Path

ECHOWALL = Path(sysconfig.get_path("scripts")) / "echowall"
DONE_WITHIN_S = 180


def environment(database_url: str, **more: str) -> dict[str, str]:
    """What a process needs to work on ``database_url`` and on nothing of this machine's own."""
    return os.environ | {"ECHOWALL_DATABASE_URL": database_url, "ECHOWALL_LOG_LEVEL": "WARNING"} | more


def run(database_url: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end; its output and errors come back together as ``stdout``."""
    return subprocess.run(
        [ECHOWALL, *arguments],
        env=environment(database_url, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=DONE_WITHIN_S,
        check=False,
    )
