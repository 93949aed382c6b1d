"""What the import contracts cannot see: who commits, how long things are, and that what is written is there."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import VERBS
from app.core.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
SOURCES = sorted((PROJECT / "app").rglob("*.py"))
DOCUMENTS = [
    path
    for name in ("README.md", "README.zh-CN.md", "CONTRIBUTING.md", ".env.example", "Dockerfile")
    if (path := PROJECT / name).exists()
]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60

every_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PROJECT)))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


def calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


def name_of(call: ast.Call) -> str:
    """Return the last part of what is called."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def transaction_words(path: Path) -> set[str]:
    """Return what a file says to begin or end a transaction: in SQL, or by a driver's verb."""
    words = {"BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "START"}
    said = {
        node.value for node in ast.walk(tree(path)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    verbs = {"commit", "rollback", "begin_nested"} & {name_of(call) for call in calls(path)}
    verbs |= {"transaction" for call in calls(path) if ast.unparse(call.func).endswith("connection.transaction")}
    return verbs | {
        text.split()[0].rstrip(";") for text in said if text.split() and text.split()[0].rstrip(";") in words
    }


@every_source
class TestEachFile:
    def test_it_says_first_what_it_is(self, path: Path):
        assert ast.get_docstring(tree(path))

    def test_it_is_not_long(self, path: Path):
        assert len(path.read_text("utf-8").splitlines()) <= FILE_LINES_MAX

    def test_its_functions_are_not_long(self, path: Path):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                assert lines <= FUNCTION_LINES_MAX, f"{node.name} has {lines} lines"

    def test_it_neither_commits_nor_rolls_back_unless_it_is_the_database(self, path: Path):
        if path == PROJECT / "app/core/db.py":
            return
        assert not transaction_words(path)

    def test_it_has_no_middleware_that_wraps_each_answer(self, path: Path):
        assert "BaseHTTPMiddleware" not in path.read_text("utf-8")
        assert not [call for call in calls(path) if name_of(call) == "middleware"]

    def test_its_relationships_load_nothing_unasked(self, path: Path):
        for call in calls(path):
            if name_of(call) in {"relationship", "Relationship"}:
                written = ast.unparse(call)
                assert re.search(r"lazy'?\s*[=:]\s*'raise'", written), written

    def test_it_asks_the_clock_at_one_place(self, path: Path):
        """Time is read in core/clock, where a reader finds it; ids count their own milliseconds."""
        if path.parent.name == "core" and path.name in {"clock.py", "ids.py"}:
            return
        for call in calls(path):
            assert ast.unparse(call.func) not in {"datetime.now", "datetime.utcnow", "datetime.today", "time.time_ns"}


def test_the_database_does_commit_and_roll_back():
    """The control: the search above finds what it looks for."""
    assert transaction_words(PROJECT / "app/core/db.py") == {"BEGIN", "COMMIT", "ROLLBACK"}


def test_no_drawer_for_everything():
    refused = {"utils", "helpers", "common", "manager", "misc"}
    assert not [path for path in SOURCES if refused & {path.stem, *path.relative_to(PROJECT).parts}]


class TestEnvironmentExample:
    @pytest.fixture
    def written(self) -> list[str]:
        text = (PROJECT / ".env.example").read_text("utf-8")
        return re.findall(r"^#?\s?(ECHOWALL_[A-Z_]+)=", text, re.MULTILINE)

    def test_it_names_every_setting_once_and_nothing_else(self, written: list[str]):
        assert sorted(written) == sorted(f"ECHOWALL_{field.upper()}" for field in Settings.model_fields)

    def test_every_setting_says_what_it_means(self):
        text = (PROJECT / ".env.example").read_text("utf-8")
        for field, described in Settings.model_fields.items():
            assert described.description, field
            assert described.description in text, field


def commands(document: Path, word: str) -> set[str]:
    """Return what follows ``word`` wherever a document shows a line or a few words to type."""
    text = document.read_text("utf-8")
    fenced = re.findall(r"```(?:sh|shell|bash|console)?\n(.*?)```", text, re.DOTALL)
    typed = [line for block in fenced for line in block.splitlines()] + re.findall(r"`([^`\n]+)`", text)
    form = re.compile(rf"(?:\w+=\S+ )*(?:\S*/)?{word} ([a-z][a-z-]+)")
    return {found[1] for line in typed if (found := form.match(line.strip("$ ")))}


def test_commands_are_found_where_they_are_shown(tmp_path: Path):
    """The control: what is typed is found, and what is only told is not."""
    shown = tmp_path / "shown.md"
    shown.write_text(
        "```sh\nPORT=1 make run  # and make tea\n.venv/bin/echowall tour\n```\nTo make sense, `make test`."
    )
    assert commands(shown, "make") == {"run", "test"}
    assert commands(shown, "echowall") == {"tour"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
class TestDocuments:
    def test_every_make_target_is_there(self, document: Path):
        targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
        assert commands(document, "make") <= targets

    def test_every_verb_is_there(self, document: Path):
        assert commands(document, "echowall") <= VERBS.keys()

    def test_every_file_is_there(self, document: Path):
        """Links of Markdown that lead to files of the tree."""
        if document.suffix != ".md":
            return
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), target
