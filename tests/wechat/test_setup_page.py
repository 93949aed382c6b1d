"""docs/wechat-setup.md is true to the code: what it names is there, and what there is it names."""

import re

from app.cli import wechat_setup
from app.cli.database import PROJECT
from app.core.settings import Settings
from app.main import create_app
from app.services.pushes import TAKERS

PAGE = wechat_setup.PAGE.read_text("utf-8")


def test_its_tables_are_those_of_the_code():
    assert wechat_setup.page() == PAGE, "run `make openapi`"
    assert set(TAKERS) <= set(wechat_setup.EFFECTS), "say what follows from each event"


def test_the_settings_it_names_exist_and_those_of_wechat_are_named():
    named = set(re.findall(r"ECHOWALL_([A-Z_]*[A-Z])", PAGE))
    assert {name.lower() for name in named} <= set(Settings.model_fields)
    assert {name for name in Settings.model_fields if name.startswith("wechat_")} <= {name.lower() for name in named}


def test_production_needs_what_it_marks_and_nothing_more_of_wechat():
    marked = set(re.findall(r"^\| `ECHOWALL_([A-Z_]+)` .*\| needed \|$", PAGE, re.MULTILINE))
    assert {name.lower() for name in marked} >= {"wechat_base_url", "wechat_appid", "wechat_secret"}
    assert {"wechat_push_token", "wechat_push_aes_key"} <= {name.lower() for name in marked}


def test_the_routes_it_names_exist():
    paths = create_app(Settings(_env_file=None)).openapi()["paths"]
    named = set(re.findall(r"`(GET|POST|PUT|DELETE) (/v1/[^`]+)`", PAGE))
    assert len(named) >= 5
    assert [(method, path) for method, path in named if method.lower() not in paths.get(path, {})] == []


def test_the_files_and_targets_it_names_exist():
    for name in re.findall(r"`(app/[\w/.]+)`|\]\(\.\./([\w./]+)\)", PAGE):
        assert (PROJECT / (name[0] or name[1])).exists()
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    for target in re.findall(r"`make ([\w-]+)`", PAGE):
        assert f"\n{target}:" in makefile
