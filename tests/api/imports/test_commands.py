"""``echowall import`` and ``echowall export``: the same steps by the operator's hand."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from app.cli import command_line
from app.core.settings import Settings, SettingsError, get_settings
from tests.factories import World
from tests.imports import Cell, xlsx
from tests.random_words import letters
from tests.spreadsheets import rows_of, sheets_of

HEAD = ("单位名称", "单位类型", "备注")
NAMES = "SELECT name FROM unit WHERE area_id = $1 AND name NOT LIKE '单位%' ORDER BY name"
LAST = """
    SELECT r.status, r.content, e.party, e.actor_id FROM import_run r JOIN event e ON e.subject_id = r.id
    WHERE r.area_id = $1 ORDER BY e.id DESC LIMIT 1
"""


@pytest.fixture(autouse=True)
def own_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let commands in this process work on the tests' database."""
    monkeypatch.setenv("ECHOWALL_DATABASE_URL", settings.require_database_url())
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


async def echowall(*arguments: object) -> tuple[int, str]:
    """Run a verb in this process; as ``main`` does, tell what an operator can mend and end with 2."""
    done = await asyncio.to_thread(CliRunner().invoke, command_line(), [*map(str, arguments)])
    if isinstance(done.exception, SettingsError):
        return 2, str(done.exception)
    return done.exit_code, done.output


def written(folder: Path, *rows: tuple[Cell, ...]) -> Path:
    file = folder / "表.xlsx"
    file.write_bytes(xlsx(*rows))
    return file


async def names(world: World) -> list[str]:
    return [row["name"] for row in await world.database.reads.fetch(NAMES, world.district.id)]


class TestImport:
    async def test_a_trial_tells_everything_and_leaves_nothing(self, world: World, tmp_path: Path):
        file = written(tmp_path, HEAD, ("甲公司", "企业", ""), ("乙公司", "个体户", ""))
        report = tmp_path / "report.xlsx"
        status, told = await echowall(
            "import", "units", file, "--area", world.district.id, "--dry-run", "--report", report
        )
        assert status == 1
        assert "column C (备注) is not taken in" in told
        assert "2 rows: 1 are new, 0 change something, 0 change nothing, 1 are refused." in told
        assert "row 3: 单位类型不在可选范围内" in told
        assert "乙公司" not in told
        assert rows_of(report.read_bytes())[2][1] == "有误"
        assert await names(world) == []
        [last] = await world.database.reads.fetch(LAST, world.district.id)
        assert tuple(last) == ("cancelled", None, "system", None)

    async def test_it_writes_when_told_to(self, world: World, tmp_path: Path):
        file = written(tmp_path, HEAD, ("甲公司", "企业", ""), ("乙公司", "个体户", ""))
        command = ("import", "units", file, "--area", world.district.id)
        status, told = await echowall(*command, "--confirm")
        assert (status, await names(world)) == (1, [])
        assert "leave it out with --accept-refused" in told
        status, told = await echowall(*command, "--accept-refused")
        assert (status, await names(world)) == (1, [])
        assert "Nothing is written without --confirm." in told
        status, told = await echowall(*command, "--accept-refused", "--confirm")
        assert (status, await names(world)) == (0, ["甲公司"])
        assert "Written: 1 added, 0 changed." in told
        [last] = await world.database.reads.fetch(LAST, world.district.id)
        assert tuple(last) == ("done", None, "system", None)

    async def test_a_district_of_its_own(self, tmp_path: Path):
        name = f"新区{letters(6)}"
        rows = (("区", "街道", "社区"), (name, "", ""), (name, "东街道", ""), (name, "东街道", "甲社区"))
        file = written(tmp_path, *rows)
        status, told = await echowall("import", "areas", file, "--root", "--dry-run")
        assert (status, "plant it with `echowall add-area`" in told) == (2, True)
        status, told = await echowall("import", "areas", file, "--root", "--confirm")
        assert status == 0, told
        assert f"{name} is planted: " in told
        assert "3 rows: 2 are new, 0 change something, 1 change nothing, 0 are refused." in told
        status, told = await echowall("import", "areas", file, "--root", "--confirm")
        assert (status, "planted" in told, "3 change nothing" in told) == (0, False, True)

    async def test_what_cannot_be_is_a_sentence(self, world: World, tmp_path: Path):
        file, picture = written(tmp_path, ("单位名称", "街道"), ("甲", "乙")), tmp_path / "a.xlsx"
        picture.write_bytes(b"\x89PNG")
        area = ("--area", world.district.id)
        for arguments, sentence in (
            ((file,), "Say where with --area, or plant a district with --root."),
            ((file, "--root"), "Only areas have a root."),
            ((file, "--area", uuid4()), "There is no such area"),
            ((file, "--area", "x"), "An area's id is a UUID"),
            ((picture, *area), "Neither xlsx nor csv."),
            ((file, *area), "A column that every row needs is not matched: 单位类型."),
        ):
            status, told = await echowall("import", "units", *arguments)
            assert (status, sentence in told) == (2, True), told


class TestExport:
    async def test_what_was_exported_can_be_imported(self, world: World, tmp_path: Path):
        file = tmp_path / "out.xlsx"
        status, told = await echowall("export", "areas", "--area", world.district.id, "--to", file)
        assert (status, told.strip()) == (0, f"5 rows are in {file}.")
        status, told = await echowall("import", "areas", file, "--area", world.district.id, "--dry-run")
        assert status == 0
        assert "5 rows: 0 are new, 0 change something, 5 change nothing, 0 are refused." in told

    async def test_templates(self, tmp_path: Path):
        file, plain = tmp_path / "t.xlsx", tmp_path / "t.csv"
        assert (await echowall("export", "units", "--template", "--to", file))[0] == 0
        assert (await echowall("export", "units", "--template", "--to", plain))[0] == 0
        assert sheets_of(file.read_bytes())[0][0][0] == "单位名称（必填）"
        assert plain.read_text("utf-8-sig").startswith("单位名称,")
        status, told = await echowall("export", "units", "--to", file)
        assert (status, "Say of which area" in told) == (2, True)
