"""An API process is killed amid scans and comes back: each voucher is settled once, and its clerk hears so (I4 to I6).

What `make faults` does to PostgreSQL as well, and thousands of times, is done here once, in a few seconds.
"""

from pathlib import Path

from app.core.scratch_database import scratch_database
from bench.faults import runs
from bench.faults.system import System, attacked


def test_nothing_is_lost_or_doubled(server_url: str, tmp_path: Path):
    with scratch_database(server_url) as url, attacked(System(tmp_path, url, apis=2)) as system:
        run = runs.crowd(runs.Arena.of(system), vouchers=6, keys=3, databases=0, apis=1)
    assert [finding for finding in run.findings if not finding.is_right] == []
    told = dict(run.told)
    assert told["tries cut off"] > 0, "no request was under way when its server was killed"
    # Each of the 18 keys was answered once and replayed nine times, unless the first answer did not get through: then
    # whoever asked again was told a replay.
    assert told["settled"] <= 6
    assert told["refused"] <= 12
    unheard = 18 - told["settled"] - told["refused"]
    assert unheard <= told["tries cut off"]
    assert told["replays"] == 18 * 9 + unheard
