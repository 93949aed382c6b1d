"""``echowall verify-ledger``, as an operator runs it: plain sentences, and an exit status that a script understands."""

import asyncio
from pathlib import Path

import pytest

from app.cli.progress import Bar
from app.cli.verification import read_published
from app.core.settings import SettingsError
from tests.e2e.commands import run
from tests.ledger.conftest import ROWS_A_SEAL, SEALS, Sealed

HASH = "0123456789abcdef" * 4


async def verify(sealed: Sealed, *arguments: str) -> tuple[int, str]:
    done = await asyncio.to_thread(run, sealed.url, "verify-ledger", *arguments)
    return done.returncode, done.stdout


async def test_all_fits_and_what_was_published_does_too(sealed: Sealed, tmp_path: Path):
    status, told = await verify(sealed, "--publish", str(tmp_path / "seals.txt"))
    assert status == 0
    assert told.startswith(f"All {SEALS} seals over {SEALS * ROWS_A_SEAL} transfers fit; 0 wait for the next seal.")
    status, told = await verify(sealed, "--published", str(tmp_path / "seals.txt"))
    assert (status, f"All {SEALS} published seals are here" in told) == (0, True)


async def test_a_changed_row_is_named(sealed: Sealed, tmp_path: Path):
    for place in (9, 10):
        await sealed.tamper("UPDATE ledger_transfer SET points = points + 1 WHERE id = $1", sealed.ids[place])
    status, told = await verify(sealed, "--publish", str(tmp_path / "seals.txt"))
    assert status == 1
    assert f"transfer {sealed.ids[9]}, or one of its two accounts, was changed" in told
    assert "(seal 2, position 2). 1 more rows do not fit either." in told
    assert "the rows of seal 2 do not give its root" in told
    assert not (tmp_path / "seals.txt").exists()


async def test_another_seal_than_the_published_is_named(sealed: Sealed, tmp_path: Path):
    published = tmp_path / "seals.txt"
    published.write_text(f"# kept since spring\n\n2 {HASH}\n")
    status, told = await verify(sealed, "--published", str(published))
    assert (status, told.strip()) == (1, "Found: seal 2 is not the one that was published.")


@pytest.mark.parametrize("text", ["", "# nothing\n", "2\n", f"two {HASH}\n", f"2 {HASH[:-1]}\n", f"2 {HASH} x\n"])
def test_a_file_of_another_form_is_told(tmp_path: Path, text: str):
    path = tmp_path / "seals.txt"
    path.write_text(text)
    with pytest.raises(SettingsError):
        read_published(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path):
    with pytest.raises(SettingsError, match="cannot be read"):
        read_published(tmp_path / "none.txt")


def test_the_bar_shows_after_a_while_only():
    times_s = iter([0.0, 1.0, 3.0])
    bar = Bar("transfers", lambda: next(times_s))
    bar.advance(1, 10)
    early = bar.is_shown
    bar.advance(5, 10)
    assert (early, bar.is_shown) == (False, True)
    bar.end()
