"""The file of the subscribe messages' templates: the one that ships is right, and a wrong one says what to mend."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from app.core.settings import Settings, SettingsError
from app.domain.message_fields import UnfitError
from app.domain.message_kinds import AskedMoment, MessageKind
from app.domain.message_templates import OF_EVERY_MESSAGE, URGENT_KINDS, Form, Told, render, words_of
from app.domain.message_texts import MESSAGES
from app.wechat import templates
from app.wechat.templates import TemplatesError

SHIPPED = templates.read(templates.DEVELOPMENT_FILE.read_text(encoding="utf-8"))
MESSAGE_ID = UUID(int=7)
WORDS = {"due": "7月3日", "seats": "3", "count": "2", "limit": "2", "until": "8月1日", "items": "12", "mark": ""}
FILE = """
page = "pages/messages/index?id={message_id}"
[templates.task]
id = "sOmE-id_1"
title = "任务提醒"
fields = { thing1 = "{heading}", time2 = "{time}" }
kinds = ["claim_due", "call_out"]
[kinds.claim_due]
fields = { thing1 = "{due}到期" }
[moments]
task_claimed = ["task"]
"""
AGAIN = FILE[FILE.index("[templates") : FILE.index("[kinds")].replace("task]", "b]")
LONG_TERM = """
[templates.b]
id = "b"
title = "长期"
is_long_term = true
fields = { thing1 = "{heading}" }
kinds = ["drill"]
[moments]
"""


def told(kind: MessageKind, **words: str) -> Told:
    words = {name: WORDS.get(name, "东湖区翠苑街道翠苑一区社区居民委员会第十二网格") for name in words_of(kind)} | words
    heading, body = (text.format(**words) for text in MESSAGES[kind])
    moment = datetime(2026, 11, 22, 23, 5, tzinfo=UTC)
    return Told(MESSAGE_ID, heading, body, moment, "claim", UUID(int=9), words)


class TestShipped:
    @pytest.mark.parametrize("kind", list(MessageKind))
    def test_every_kind_rings_in_fields_that_wechat_takes(self, kind: MessageKind):
        page, fields = render(SHIPPED.forms[kind], told(kind))
        assert page == f"pages/messages/index?id={MESSAGE_ID}"
        assert fields["time3"] == "2026年11月23日 07:05", "where the reader lives"
        assert all(0 < len(value) <= 20 for value in fields.values())

    def test_only_call_outs_ring_at_night(self):
        assert {kind for kind, form in SHIPPED.forms.items() if form.is_urgent} == URGENT_KINDS

    def test_every_template_is_asked_for_some_time(self):
        asked = {template.id for templates_asked in SHIPPED.moments.values() for template in templates_asked}
        assert asked == set(SHIPPED.listed), "what is never asked for never rings"

    def test_no_word_of_a_kind_is_named_like_one_of_every_message(self):
        for kind in MessageKind:
            assert not words_of(kind) & OF_EVERY_MESSAGE


class TestRead:
    def test_a_kind_differs_from_its_template(self):
        read = templates.read(FILE)
        assert read.forms[MessageKind.CLAIM_DUE].fields == {"thing1": "{due}到期", "time2": "{time}"}
        assert read.forms[MessageKind.CALL_OUT].fields == {"thing1": "{heading}", "time2": "{time}"}
        assert [template.id for template in read.moments[AskedMoment.TASK_CLAIMED]] == ["sOmE-id_1"]

    @pytest.mark.parametrize(
        ("was", "instead", "sentence"),
        [
            ("[moments]", "[moments", "This is no TOML"),
            ('id = "sOmE-id_1"', 'id = "一"', "templates.task.id: "),
            ('id = "sOmE-id_1"', "", "templates.task.id: Field required"),
            ('title = "任务提醒"', 'title = "任务提醒"\ncolour = 1', "templates.task.colour: "),
            ('"call_out"]', '"call_in"]', "templates.task.kinds.1: "),
            ("[kinds.claim_due]", "[kinds.claim_lapsed]", "kinds.claim_lapsed is of no template"),
            ("[kinds.claim_due]", "[kinds.claim_due]\nis_urgent = true", "only a call-out rings at night"),
            ('{ thing1 = "{due}到期" }', '{ thing4 = "{due}到期" }', "its template has no such field"),
            (
                '{ thing1 = "{due}到期" }',
                '{ thing1 = "{do}到期" }',
                "thing1 has no word for {do}; it has body, date, due",
            ),
            ('{ thing1 = "{due}到期" }', '{ thing1 = "{due到期" }', "a brace that does not close"),
            ('{ thing1 = "{due}到期" }', '{ thing1 = "{}到期" }', "thing1 has no word for {}"),
            ('{ thing1 = "{due}到期" }', '{ thing1 = "" }', "thing1 cannot hold what it says"),
            ('time2 = "{time}"', 'time2 = "上午"', "time2 cannot hold what it says"),
            ('time2 = "{time}"', 'photo2 = "{time}"', "photo2 is no field"),
            ("index?id={message_id}", "index?id={task_id}", "a page is a path"),
            ('page = "pages', 'page = "/pages', "a page is a path"),
            ('["task"]', '["tusk"]', "moments.task_claimed names no template: tusk"),
            ('["task"]', '["task", "task"]', "moments.task_claimed may ask for 5"),
            ("task_claimed =", "task_done =", "moments.task_done"),
            ("[moments]", f"{AGAIN}[moments]", "templates.b and templates.task have the same id"),
            ("[moments]", f"{AGAIN}[moments]", "claim_due stands in templates.b and in templates.task"),
            ("[moments]", f'{LONG_TERM}helper_joined = ["task", "b"]', "mixes long-term templates"),
        ],
    )
    def test_a_fault_is_a_sentence(self, was: str, instead: str, sentence: str):
        assert was in FILE
        with pytest.raises(TemplatesError) as refused:
            templates.read(FILE.replace(was, instead, 1))
        assert sentence in str(refused.value)


class TestRender:
    FORM: Form = templates.read(FILE).forms[MessageKind.CLAIM_DUE]

    def test_words_that_the_message_was_told_without_are_left_out(self):
        _, fields = render(self.FORM, told(MessageKind.CALL_OUT))
        assert fields["thing1"] == "到期"

    def test_what_fits_no_field_is_not_sent(self):
        form = Form(self.FORM.template, self.FORM.page, {"phrase1": "{due}"}, is_urgent=False)
        with pytest.raises(UnfitError):
            render(form, told(MessageKind.CLAIM_DUE, due="7/3"))


class TestLoad:
    def test_development_rings_by_the_simulators_ids(self):
        assert templates.load(Settings(_env_file=None)) == SHIPPED

    def test_against_wechat_itself_nothing_rings_until_a_file_is_named(self, tmp_path: Path):
        settings = Settings(_env_file=None, wechat_base_url="https://api.weixin.qq.com")
        assert templates.load(settings).forms == {}
        file = tmp_path / "templates.toml"
        file.write_text(FILE, encoding="utf-8")
        assert templates.load(settings.model_copy(update={"wechat_templates": file})).forms

    @pytest.mark.parametrize("content", [None, b"\xff", b"page = 1"])
    def test_a_file_that_cannot_be_used_names_the_setting(self, tmp_path: Path, content: bytes | None):
        file = tmp_path / "templates.toml"
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(SettingsError, match="ECHOWALL_WECHAT_TEMPLATES"):
            templates.load(Settings(_env_file=None, wechat_templates=file))
