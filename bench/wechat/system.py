"""What runs: PostgreSQL, two API processes, a worker, and the WeChat simulator that pushes to one of them."""

import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from bench.faults.system import System
from bench.processes import ECHOWALL, free_port

APIS = 2
APPID = "wx1234567890abcdef"
"""Not the simulator's own, for which no codes are asked of WeChat."""
PAUSE_S = "1"
"""How long the client leaves WeChat alone after a row of failures: short, since each fault lasts seconds here."""


class WeChatSystem(System):
    """The servers of `bench.faults`, a worker, and a WeChat that can be ordered about."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, apis=APIS)
        self.simulator_port = free_port()
        self.api_url = f"http://127.0.0.1:{self.ports[0]}"
        self.simulator = httpx.Client(
            base_url=f"http://127.0.0.1:{self.simulator_port}/_simulator", timeout=20, trust_env=False
        )
        self._simulator: subprocess.Popen[bytes] | None = None
        self._worker: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """The settings of every process."""
        return super().environment | {
            "ECHOWALL_WECHAT_BASE_URL": f"http://127.0.0.1:{self.simulator_port}",
            "ECHOWALL_WECHAT_APPID": APPID,
            "ECHOWALL_WECHAT_PAUSE_S": PAUSE_S,
            "ECHOWALL_PUBLIC_URL": self.api_url,
            "ECHOWALL_DATA_DIR": str(self.home),
        }

    def start(self) -> None:
        """Start everything and wait until it answers."""
        super().start()
        push_url = f"{self.api_url}/wechat/push"
        port = str(self.simulator_port)
        self._simulator = self.launch([*ECHOWALL, "simulator", "--port", port, "--push-url", push_url])
        self._worker = self.launch([*ECHOWALL, "worker"])
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if self.simulator.get("/calls").is_success:
                    break
            time.sleep(0.1)
        self.order("habits", media_after_s=0.2, push_again_after_s=0.2)

    def stop(self) -> None:
        """Stop everything and remove the data."""
        for process in (self._simulator, self._worker):
            if process is not None:
                process.kill()
                process.wait()
        self.simulator.close()
        super().stop()

    def kill_worker(self) -> None:
        """Kill the worker, in the middle of whatever it does, and start it again without waiting for it."""
        assert self._worker is not None, "it has been started"
        self._worker.kill()
        self._worker.wait()
        self._worker = self.launch([*ECHOWALL, "worker"])

    def order(self, what: str, /, **form: object) -> None:
        """Tell the simulator something."""
        self.simulator.post(f"/{what}", json=form).raise_for_status()

    def look(self, what: str) -> Any:
        """Return what the simulator has seen."""
        return self.simulator.get(f"/{what}").raise_for_status().json()

    def forget_faults(self) -> None:
        self.simulator.delete("/faults").raise_for_status()
