"""What sweeps away pictures: those that nobody used, and files that no row knows of; and nothing else."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from app.core import clock
from app.core.clock import now
from app.core.ids import new_id_at
from app.domain.kinds import CheckedPart, Suggestion
from app.domain.lifecycles import MEDIA
from app.jobs import media_sweeps
from app.services import transitions
from app.services.content_checks.judging import Judgement
from app.services.content_checks.keeping import keep
from app.services.media import files, sweeping
from app.services.media.links import Links
from tests.concurrency.test_area_tree import wait_until_blocked
from tests.conftest import Jobs
from tests.factories import World, picture_file

KILLED_AMID_AN_UPLOAD = """
import asyncio, os, signal, sys
from app.core.store import Store
from app.services.media import intake

async def upload():
    store = Store(sys.argv[1])
    stored = await intake.put(store, await intake.rewrite(sys.stdin.buffer.read()))
    print(stored.id, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(upload())
"""
PROJECT = Path(__file__).resolve().parents[2]
EVENTS = "SELECT action, party FROM event WHERE subject_id = $1 AND action <> 'hold_check' ORDER BY created_at"
STATUS = "SELECT status FROM media WHERE id = $1"


def upload_and_die(jobs: Jobs) -> UUID:
    """Have another process put a picture into the store and be killed; return the picture's id."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AMID_AN_UPLOAD, jobs.parts.settings.media_url],
        input=picture_file(),
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    return UUID(killed.stdout.decode().strip())


async def paths(jobs: Jobs, media_id: UUID) -> set[str]:
    """Return which files of a picture are there, as words."""
    there = await jobs.parts.store.list_below(files.path_of(media_id, "full").rpartition("/")[0])
    return {path.rpartition("/")[2] for path in there}


async def test_what_nobody_used_for_a_day_goes_and_what_is_used_stays(world: World, jobs: Jobs):
    owner = await world.person()
    unused, used = await world.picture(owner), await world.picture(owner)
    wish = await world.wish(owner)
    await world.database.writes.execute(
        "UPDATE media SET subject_kind = 'wish', subject_id = $2, position = 1 WHERE id = $1", used, wish
    )
    await media_sweeps.remove_unused_pictures(jobs.parts)
    assert await world.database.reads.fetchval(STATUS, unused) == "checking", "it may still be used today"
    for _ in range(2):
        with clock.at(now() + timedelta(hours=24, minutes=1)):
            await media_sweeps.remove_unused_pictures(jobs.parts)
        await jobs.drain()
    async with world.database.transaction() as connection:
        await sweeping.remove_unused(connection, used)  # it came to be used since it was found
    assert await world.database.reads.fetchval(STATUS, unused) == "removed"
    assert await world.database.reads.fetchval(STATUS, used) != "removed"
    assert await paths(jobs, unused) == set()
    assert await paths(jobs, used) == {"full", "thumb"}
    events = await world.database.reads.fetch(EVENTS, unused)
    assert [tuple(row) for row in events] == [("create", "author"), ("remove", "system")]


async def test_a_process_killed_between_file_and_row_leaves_what_the_sweep_deletes(world: World, jobs: Jobs):
    """Nothing else is touched: neither files of pictures that stand, nor other things that lie in the store."""
    stray, standing = await asyncio.to_thread(upload_and_die, jobs), await world.picture(await world.person())
    removed = await world.picture(await world.person())
    await world.database.writes.execute("UPDATE media SET status = 'removed' WHERE id = $1", removed)
    day = files.path_of(stray, "full").rsplit("/", 2)[0]
    store = jobs.parts.store
    old = new_id_at(now() - timedelta(days=3))
    others = [f"{day}/readme", f"{day}/not-an-id/full", "codes/2026/one.png"]
    for path in (*others, files.path_of(old, "full")):
        await store.put(path, b"x")
    assert await media_sweeps.delete_stray_files(jobs.parts) >= 1
    assert await paths(jobs, old) == set()
    assert await paths(jobs, stray) == {"full", "thumb"}, "its row may still be on its way"
    with clock.at(now() + timedelta(hours=25)):
        assert await media_sweeps.delete_stray_files(jobs.parts) >= 2
        assert await media_sweeps.delete_stray_files(jobs.parts) == 0
    assert (await paths(jobs, stray), await paths(jobs, removed)) == (set(), set())
    assert await paths(jobs, standing) == {"full", "thumb"}
    left = [path for folder in (day, "codes") for path in await store.list_below(folder)]
    assert set(others) <= set(left)
    await store.delete(others)


async def test_what_was_rejected_a_month_ago_loses_its_files_and_keeps_its_evidence(world: World, jobs: Jobs):
    """Whoever dies between file and row leaves a row that the next run finds."""
    owner = await world.person()
    wish, pictures = await world.wish(owner), [await world.picture(owner) for _ in range(3)]
    rejected, passed, unused = pictures
    await world.database.writes.execute(
        "UPDATE media SET subject_kind = 'wish', subject_id = $2, position = 1 WHERE id = ANY($1)",
        [rejected, passed],
        wish,
    )
    for picture, action in ((rejected, "reject_check"), (passed, "pass_check"), (unused, "reject_check")):
        async with world.database.transaction() as connection:
            judgement = Judgement("risky", bytes(32), Suggestion.RISKY, 20002)
            await transitions.move(connection, MEDIA, picture, action, transitions.SYSTEM)
            await keep(connection, "media", picture, CheckedPart.PICTURE, action, judgement, note=None)
    shown = {"id": rejected, "width": 1, "height": 1, "status": "rejected"}
    url = urlsplit(Links.of(world.settings).shown(shown, to_insider=True)["url"])

    async def opens() -> int:
        return (await world.api.request("GET", f"{url.path}?{url.query}")).status_code

    with clock.at(now() + timedelta(days=29)):
        await media_sweeps.remove_rejected_pictures(jobs.parts)
    assert await opens() == 200, "a quarrel over it can be settled"
    with clock.at(now() + timedelta(days=31)):
        async with world.database.transaction() as connection:
            await connection.execute("SELECT FROM media WHERE id = $1 FOR UPDATE", rejected)
            dying = asyncio.ensure_future(media_sweeps.remove_rejected_pictures(jobs.parts))
            await wait_until_blocked(world.database)
            assert await paths(jobs, rejected) == set(), "files go first"
            dying.cancel()
            await asyncio.wait([dying])
        assert await world.database.reads.fetchval(STATUS, rejected) == "rejected"
        await media_sweeps.remove_rejected_pictures(jobs.parts)
        assert await media_sweeps.remove_rejected_pictures(jobs.parts) == 0
    assert await opens() == 404
    events = await world.database.reads.fetch(EVENTS, rejected)
    assert [tuple(row) for row in events] == [("create", "author"), ("reject_check", "system"), ("remove", "system")]
    found = (
        "SELECT m.status, k.status, k.label FROM media m JOIN content_check k ON k.subject_id = m.id WHERE m.id = $1"
    )
    row = await world.database.reads.fetchrow(found, rejected)
    assert row is not None
    assert tuple(row) == ("removed", "rejected", 20002)
    for picture, status in ((passed, "passed"), (unused, "rejected")):
        assert await world.database.reads.fetchval(STATUS, picture) == status
        assert await paths(jobs, picture) == {"full", "thumb"}
