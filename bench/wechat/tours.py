"""The whole story of ``echowall tour`` under each fault in turn: what WeChat cannot do, people do."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from bench.processes import ECHOWALL, run_echowall
from bench.wechat.system import WeChatSystem
from bench.wechat.trials import Trial

WALKED_WITHIN_S = 300
REST_S = 1.5
STEPS = re.compile(r"走完了：(\d+) 步")
FORGET_TRIES = "DELETE FROM failed_try"
"""Each walk types one wrong code as the same person, who may do so five times in five minutes."""


@dataclass(frozen=True)
class Tour:
    """One walk: how many steps went well, all of them or up to where it stopped."""

    trial: Trial
    is_whole: bool
    steps: int
    took_s: float
    last_words: str


def walk_all(system: WeChatSystem, trials: Sequence[Trial]) -> list[Tour]:
    """Walk the story under each fault; the demo district is made first."""
    run_echowall("demo", "--once", environment=system.environment)
    return [walk(system, trial) for trial in trials]


def walk(system: WeChatSystem, trial: Trial) -> Tour:
    """Walk the story once while WeChat fails in one way, and tell how it went."""
    asyncio.run(forget_tries(system))
    for fault in trial.faults:
        system.order("faults", **fault)
    if trial.forgets_visits:
        system.simulator.delete("/visits").raise_for_status()
    began = time.monotonic()
    wechat_url = f"http://127.0.0.1:{system.simulator_port}"
    walked = subprocess.run(
        [sys.executable, *ECHOWALL, "tour", "--bad-day", "--url", system.api_url, "--wechat-url", wechat_url],
        env=system.environment,
        capture_output=True,
        text=True,
        timeout=WALKED_WITHIN_S,
        check=False,
    )
    took_s = time.monotonic() - began
    system.forget_faults()
    time.sleep(REST_S)  # our own pause after failures ends, so that no walk begins with another's
    is_whole = walked.returncode == 0
    found = STEPS.search(walked.stdout)
    steps = int(found.group(1)) if found else len(re.findall(r"^ *\d+\. ", walked.stdout, re.MULTILINE))
    last_words = (walked.stdout + walked.stderr).strip().splitlines()[-1]
    print(f"{'whole' if is_whole else 'STOPPED':<15}{trial.name}: {steps} steps, {took_s:.0f} s", flush=True)
    if not is_whole:
        print(f"{'':<15}{last_words[:400]}", flush=True)
    return Tour(trial, is_whole, steps, took_s, last_words)


async def forget_tries(system: WeChatSystem) -> None:
    """Let everybody type codes as if they had never typed a wrong one."""
    connection = await asyncpg.connect(system.url)
    try:
        await connection.execute(FORGET_TRIES)
    finally:
        await connection.close()
