"""The service's own proof of its books, after all that happened to them."""

import subprocess
import sys

from app import cli, ledger
from bench.faults.checks import Finding
from bench.faults.runs import Arena, Run
from bench.processes import ECHOWALL

VERBS = ("reconcile", "verify-ledger")


def prove(arena: Arena) -> Run:
    """Have the command line recompute and verify the books, after what was posted has been sealed."""
    arena.system.run(_seal(arena))
    known = cli.VERBS
    findings = []
    for verb in VERBS:
        if verb in known:
            ended = subprocess.run([sys.executable, *ECHOWALL, verb], env=arena.system.environment, check=False)
            findings.append(Finding(f"exit status of `echowall {verb}`", ended.returncode, 0))
    return Run("the service's own proof", findings)


async def _seal(arena: Arena) -> None:
    connection = await arena.system.connect()
    try:
        async with connection.transaction():
            await ledger.seal_loaded(connection)
    finally:
        await connection.close()
