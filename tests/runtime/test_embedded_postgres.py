"""The embedded server is run for real: as root under its own account, and as an ordinary user."""

import asyncio
import importlib.util
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Coroutine, Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from app.core.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError, place
from app.core.embedded_postgres.processes import server_processes
from tests.runtime.processes import kill, running, wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc")
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server under another account")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder below pytest's own, which is closed to other users: the hard case for root. Tests share its data."""
    home = tmp_path_factory.mktemp("shared") / "postgres"
    yield home
    remove_what_lies_elsewhere(home)


@pytest.fixture
def fresh_home(tmp_path: Path) -> Iterator[Path]:
    """A folder like ``home`` of one test alone."""
    home = tmp_path / "postgres"
    yield home
    remove_what_lies_elsewhere(home)


@pytest.fixture
def open_home() -> Iterator[Path]:
    """A folder that every account can reach."""
    folder = Path(tempfile.mkdtemp(prefix="echowall-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "postgres"
    shutil.rmtree(folder)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home)
    yield server
    server.stop()


@pytest.fixture
def fresh_server(fresh_home: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(fresh_home)
    yield server
    server.stop()


def remove_what_lies_elsewhere(home: Path) -> None:
    if (home / "data").is_symlink():
        shutil.rmtree((home / "data").readlink().parent, ignore_errors=True)


def modes_up_to_root(path: Path) -> dict[Path, tuple[int, int, int]]:
    states = {folder: folder.stat() for folder in (path, *path.parents)}
    return {folder: (state.st_mode, state.st_uid, state.st_gid) for folder, state in states.items()}


def execute(url: str, *statements: str) -> object:
    """Run statements through asyncpg and return the last one's single value."""

    async def send() -> object:
        connection = await asyncpg.connect(url)
        try:
            return [await connection.fetchval(statement) for statement in statements][-1]
        finally:
            await connection.close()

    return in_a_loop(send())


def in_a_loop(work: Coroutine[object, object, object]) -> object:
    """Run ``work`` to its end in a loop of its own, leaving pytest's loop what it is."""
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(work)


class TestStart:
    def test_serves_both_drivers(self, server: EmbeddedPostgres) -> None:
        url = server.start()
        assert server.is_running()
        assert server.start() == url
        assert execute(url, "SHOW data_checksums") == "on"
        assert execute(url, "SHOW server_encoding") == "UTF8"
        assert execute(url, "SELECT 'ＡÉ' ~* 'é'"), "texts are compared as Unicode"

        async def through_sqlalchemy() -> object:
            engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://", 1))
            async with engine.connect() as connection:
                answer = (await connection.execute(text("SELECT current_database()"))).scalar()
            await engine.dispose()
            return answer

        assert in_a_loop(through_sqlalchemy()) == "echowall"

    def test_listens_on_a_closed_socket_only(self, server: EmbeddedPostgres) -> None:
        url = server.start()
        assert execute(url, "SHOW listen_addresses") == ""
        folder = Path(url.partition("host=")[2])
        assert folder.stat().st_mode & 0o777 == 0o700

    def test_stop_leaves_no_process_and_keeps_data(self, server: EmbeddedPostgres, home: Path) -> None:
        execute(server.start(), "CREATE TABLE IF NOT EXISTS kept (id int)", "INSERT INTO kept VALUES (7)")
        data = (home / "data").resolve()
        assert server_processes(data)
        server.stop()
        assert not server.is_running()
        assert server.pid is None
        assert server_processes(data) == []
        server.stop()
        assert execute(server.start(), "SELECT max(id) FROM kept") == 7

    def test_odd_path_has_its_socket_elsewhere(self, open_home: Path) -> None:
        home = open_home / "回音壁, 甲:乙" / ("long-" * 20)
        server = EmbeddedPostgres(home)
        url = server.start()
        folder = Path(url.partition("host=")[2])
        try:
            assert home not in folder.parents
            assert execute(url, "SELECT 1") == 1
        finally:
            server.stop()
        assert not folder.exists()

    def test_interrupted(self, server: EmbeddedPostgres) -> None:
        with pytest.raises(EmbeddedPostgresError, match="interrupted"):
            server.start(interrupted=lambda: True)


class TestRecovery:
    def test_kill_of_all_processes(self, server: EmbeddedPostgres, home: Path) -> None:
        url = server.start()
        execute(url, "CREATE TABLE many AS SELECT g AS id FROM generate_series(1, 5000) g")
        data = (home / "data").resolve()
        kill(server_processes(data))
        wait_for(lambda: not server.is_running(), 30, "the server is dead")
        assert (data / "postmaster.pid").exists()
        assert server.start() == url
        assert execute(url, "SELECT count(*) FROM many") == 5000

    def test_stale_pid_of_somebody_else(self, server: EmbeddedPostgres, home: Path) -> None:
        server.start()
        data = (home / "data").resolve()
        server.stop()
        owner = data.stat()
        with subprocess.Popen(["sleep", "60"], user=owner.st_uid, group=owner.st_gid, cwd="/") as stranger:
            (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n")
            os.chown(data / "postmaster.pid", owner.st_uid, owner.st_gid)
            server.start()
            assert stranger.poll() is None
            stranger.kill()

    def test_server_left_running_is_stopped_first(self, server: EmbeddedPostgres, home: Path) -> None:
        execute(server.start(), "CREATE TABLE IF NOT EXISTS kept (id int)", "INSERT INTO kept VALUES (7)")
        left_over = server.pid
        successor = EmbeddedPostgres(home)
        try:
            assert execute(successor.start(), "SELECT max(id) FROM kept") == 7
            assert successor.pid != left_over
            assert not server.is_running()
        finally:
            successor.stop()

    def test_dies_with_a_killed_parent(self, home: Path) -> None:
        code = f"""
            import pathlib, time
            from app.core.embedded_postgres import EmbeddedPostgres
            EmbeddedPostgres(pathlib.Path({str(home)!r})).start()
            print("up", flush=True)
            time.sleep(60)
        """
        with subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE) as parent:
            assert parent.stdout is not None
            assert parent.stdout.readline() == b"up\n"
            data = (home / "data").resolve()
            assert server_processes(data)
            parent.kill()
        wait_for(lambda: not server_processes(data), 30, "the server ended with its parent")

    def test_opened_data_is_closed_again(self, server: EmbeddedPostgres, home: Path) -> None:
        server.start()
        server.stop()
        (home / "data").chmod(0o755)
        assert execute(server.start(), "SELECT 1") == 1
        assert (home / "data").stat().st_mode & 0o777 == 0o700

    def test_half_made_data_is_made_anew(self, fresh_server: EmbeddedPostgres, fresh_home: Path) -> None:
        fresh_server.start()
        fresh_server.stop()
        data = (fresh_home / "data").resolve()
        shutil.rmtree(data / "base")
        data.rename(data.with_name("data.unfinished"))
        assert execute(fresh_server.start(), "SELECT 1") == 1


@as_root
class TestRoot:
    @pytest.mark.parametrize("mode", [0o700, 0o750])
    def test_closed_folder_and_parents_keep_their_modes(self, tmp_path: Path, mode: int) -> None:
        home = tmp_path / "closed" / "var" / "postgres"
        home.mkdir(parents=True)
        home.chmod(mode)
        (tmp_path / "closed").chmod(mode)
        before = modes_up_to_root(home)
        server = EmbeddedPostgres(home)
        try:
            url = server.start()
            assert execute(url, "SELECT 1") == 1
            assert modes_up_to_root(home) == before
            assert (home / "data").readlink().is_relative_to("/var/lib/echowall")
            assert server.pid is not None
            assert Path(f"/proc/{server.pid}").stat().st_uid != 0
        finally:
            server.stop()
            remove_what_lies_elsewhere(home)
        assert modes_up_to_root(home) == before

    def test_open_folder_holds_the_data(self, open_home: Path) -> None:
        open_home.mkdir()
        before = modes_up_to_root(open_home)
        server = EmbeddedPostgres(open_home)
        try:
            assert execute(server.start(), "SELECT 1") == 1
            assert not (open_home / "data").is_symlink()
            assert (open_home / "data").stat().st_mode & 0o777 == 0o700
            assert modes_up_to_root(open_home) == before
        finally:
            server.stop()

    def test_removing_the_folder_begins_anew(self, fresh_server: EmbeddedPostgres, fresh_home: Path) -> None:
        execute(fresh_server.start(), "CREATE TABLE kept (id int)")
        fresh_server.stop()
        shutil.rmtree(fresh_home)
        again = EmbeddedPostgres(fresh_home)
        try:
            assert execute(again.start(), "SELECT to_regclass('kept')") is None
        finally:
            again.stop()

    def test_remove_leaves_no_data_anywhere(self, fresh_server: EmbeddedPostgres, fresh_home: Path) -> None:
        fresh_server.start()
        elsewhere = (fresh_home / "data").readlink().parent
        fresh_server.remove()
        assert not elsewhere.exists()
        assert not (fresh_home / "data").is_symlink()

    def test_closed_installation_is_copied(
        self, fresh_home: Path, open_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        spec = importlib.util.find_spec(place.PACKAGE)
        assert spec is not None
        assert spec.origin is not None
        installed = Path(spec.origin).parent
        closed = tmp_path / "site-packages"
        place._copy_installation(installed / "pginstall18", closed)
        closed.chmod(0o700)
        before = modes_up_to_root(closed)
        binaries = closed / place.PACKAGE / "pginstall18" / "bin"
        monkeypatch.setattr(place, "_find_binaries", lambda: binaries)
        monkeypatch.setattr(place, "SYSTEM_FOLDER", open_home)
        server = EmbeddedPostgres(fresh_home)
        try:
            assert execute(server.start(), "SELECT 1") == 1
            assert str(open_home / "postgresql-18") in next(iter(running(f"{open_home}/postgresql-18").values()))
        finally:
            server.stop()
        assert modes_up_to_root(closed) == before


class TestOrdinaryUser:
    def test_keeps_data_in_its_own_folder(self, open_home: Path) -> None:
        """As root this drops to an ordinary user after the imports, with binaries in an open folder: the interpreter
        and the installation may lie out of that one's reach.
        """
        nobody = pwd.getpwnam("nobody")
        drop = ""
        if os.geteuid() == 0:
            os.chown(open_home.parent, nobody.pw_uid, nobody.pw_gid)
            installed = place._find_binaries().parent
            copy = open_home.parent / "installed"
            place._copy_installation(installed, copy)
            drop = f"""
            place._find_binaries = lambda: pathlib.Path({str(copy / place.PACKAGE / installed.name / "bin")!r})
            os.setgroups([])
            os.setgid({nobody.pw_gid})
            os.setuid({nobody.pw_uid})
            """
        code = f"""
            import asyncio, os, pathlib, asyncpg, sqlalchemy.dialects.postgresql.asyncpg
            from app.core.embedded_postgres import EmbeddedPostgres, place
            {drop.strip()}
            async def ask(url):
                connection = await asyncpg.connect(url)
                await connection.execute("CREATE TABLE IF NOT EXISTS kept (id int)")
                print(await connection.fetchval("INSERT INTO kept VALUES (1) RETURNING (SELECT count(*) FROM kept)"))
                await connection.close()
            server = EmbeddedPostgres(pathlib.Path({str(open_home)!r}))
            for _ in range(2):
                url = server.start()
                owner = os.stat(f"/proc/{{server.pid}}").st_uid
                asyncio.run(ask(url))
                server.stop()
            print(owner == os.geteuid() != 0)
            for folder in (server.home, server.home / "data"):
                print(oct(folder.stat().st_mode))
        """
        ended = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=False, text=True
        )
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.split() == ["0", "1", "True", "0o40700", "0o40700"]
        assert not (open_home / "data").is_symlink()
        assert running(str(open_home)) == {}


class TestRefusals:
    def test_not_installed(self, server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
        with pytest.raises(EmbeddedPostgresError, match=r"pip install 'echowall\[embedded\]'"):
            server.start()

    def test_full_disk(self, open_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        binaries = open_home.parent / "bin"
        binaries.mkdir()
        for name in ("postgres", "initdb"):
            script = binaries / name
            script.write_text(
                '#!/bin/sh\n[ "$1" = --version ] && exit\necho "initdb: error: No space left on device"\nexit 1\n'
            )
            script.chmod(0o755)
        monkeypatch.setattr(place, "_find_binaries", lambda: binaries)
        with pytest.raises(EmbeddedPostgresError, match=r"(?s)disk is full: make room.*initdb: error"):
            EmbeddedPostgres(open_home).start()

    def test_data_of_another_version(self, fresh_server: EmbeddedPostgres, fresh_home: Path) -> None:
        fresh_server.start()
        fresh_server.stop()
        version = (fresh_home / "data").resolve() / "PG_VERSION"
        version.write_text("16\n")
        with pytest.raises(EmbeddedPostgresError, match="PostgreSQL 16 and this is 18"):
            fresh_server.start()

    def test_server_that_does_not_start_shows_its_log(self, fresh_server: EmbeddedPostgres, fresh_home: Path) -> None:
        fresh_server.start()
        fresh_server.stop()
        (fresh_home / "data" / "global" / "pg_control").unlink()
        with pytest.raises(EmbeddedPostgresError, match=r"(?s)did not start.*postgres\.log.*pg_control"):
            fresh_server.start()

    def test_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(EmbeddedPostgresError, match="ECHOWALL_DATA_DIR"):
            EmbeddedPostgres(tmp_path / "file" / "postgres").start()
