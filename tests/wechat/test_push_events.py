"""One form for whatever WeChat pushes: single and array, wrapped and not, numbers as strings, old shapes, nonsense."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wechat.push_events import (
    UNREADABLE,
    Choice,
    MediaVerdict,
    Push,
    Sent,
    choices,
    media_verdict,
    read,
    revoked,
    sent,
)

TEMPLATES = st.from_regex(r"[A-Za-z0-9_-]{8,43}", fullmatch=True)
NUMBERS = st.integers(-(10**9), 10**9)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=12), children, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["Event", "MsgType", "OpenID", "FromUserName", "CreateTime", "trace_id", "result", "errcode", "List",
     "RevokeInfo", "SubscribeMsgPopupEvent", "SubscribeMsgSentEvent", "TemplateId", "MsgID", "ErrorCode"]
)  # fmt: skip


def push(**content: Any) -> Push:
    return read(json.dumps({"ToUserName": "gh_1", "MsgType": "event", **content}).encode())


def as_written(number: int, *, is_text: bool) -> int | str:
    return str(number) if is_text else number


class TestLists:
    @given(
        st.lists(st.tuples(TEMPLATES, st.sampled_from(["accept", "reject", "ban"])), min_size=1, max_size=5),
        st.booleans(),
        st.sampled_from([None, "SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent"]),
    )
    def test_choices_come_in_every_shape(self, chosen: list[tuple[str, str]], is_single: bool, holder: str | None):
        chosen = chosen[:1] if is_single else chosen
        entries = [{"TemplateId": one, "SubscribeStatusString": answer, "PopupScene": "0"} for one, answer in chosen]
        listed = {"List": entries[0] if is_single else entries}
        event = push(Event="subscribe_msg_popup_event", FromUserName="o-1", **({holder: listed} if holder else listed))
        assert choices(event) == [Choice(*one) for one in chosen]
        assert (event.kind, event.openid) == ("subscribe_msg_popup_event", "o-1")

    def test_entries_may_stand_in_the_wrapping_itself(self):
        entry = {"TemplateId": "T1", "SubscribeStatusString": "reject"}
        assert choices(push(SubscribeMsgChangeEvent=entry)) == [Choice("T1", "reject")]
        assert choices(push(SubscribeMsgChangeEvent=[entry])) == []

    @given(TEMPLATES, st.integers(0, 2**63), NUMBERS, st.booleans())
    def test_what_became_of_messages(self, template_id: str, msgid: int, errcode: int, is_text: bool):
        entry = {
            "TemplateId": template_id,
            "MsgID": as_written(msgid, is_text=is_text),
            "ErrorCode": as_written(errcode, is_text=is_text),
            "ErrorStatus": "success",
        }
        expected = [Sent(template_id, str(msgid), errcode, "success")]
        assert sent(push(List=entry)) == sent(push(SubscribeMsgSentEvent={"List": [entry]})) == expected


class TestMedia:
    @pytest.mark.parametrize("errcode", [0, "0"])
    @pytest.mark.parametrize("label", [20002, "20002"])
    def test_verdict(self, errcode: object, label: object):
        event = push(
            Event="wxa_media_check", trace_id="t-1", errcode=errcode, result={"suggest": "risky", "label": label}
        )
        assert media_verdict(event) == MediaVerdict(0, "risky", 20002)
        assert event.trace_id == "t-1"

    @pytest.mark.parametrize(
        ("content", "errcode"),
        [
            ({"errcode": -1008, "errmsg": "download failed"}, -1008),
            ({"errcode": "43104", "result": {"suggest": "pass", "label": 100}}, 43104),  # an error decides nothing
            ({"isrisky": 0, "status_code": 0}, 0),  # the old shape says nothing that we trust
            ({"errcode": 0, "result": None}, 0),
            ({"errcode": 0, "result": []}, 0),
            ({"errcode": None, "result": {"suggest": "pass"}}, -1),
            ({"errcode": [], "result": {"suggest": "pass"}}, -1),
            ({"errcode": False, "result": {"suggest": "pass"}}, -1),
            ({"errcode": 0, "result": {"suggest": "PASS", "label": 100}}, 0),
            ({"errcode": 0, "result": {"suggest": ["pass"]}}, 0),
            ({"errcode": 0, "result": {}}, 0),
        ],
    )
    def test_all_else_decides_nothing(self, content: dict[str, Any], errcode: int):
        verdict = media_verdict(push(**content))
        assert (verdict.errcode, verdict.suggest) == (errcode, None)


class TestRevoked:
    @pytest.mark.parametrize(
        ("told", "items"),
        [
            (8, {8}),
            ("8", {8}),
            ("6,20", {6, 20}),
            (["8", 19, "x", None], {8, 19}),
            ([], set()),
            (None, set()),
            ("", set()),
            ({"8": 8}, set()),
        ],
    )
    def test_items(self, told: object, items: set[int]):
        assert revoked(push(RevokeInfo=told)) == items

    def test_the_actor_is_who_revoked_and_not_who_tells_of_it(self):
        told = push(Event="user_authorization_revoke", OpenID="o-actor", FromUserName="o-service", CreateTime="17")
        assert (told.openid, told.created_at_s) == ("o-actor", 17)
        assert push(FromUserName="o-1", OpenID="").openid == "o-1"


class TestNonsense:
    @pytest.mark.parametrize(
        "plaintext",
        [
            b"",
            b"\xff\xfe",
            b"<xml></xml>",
            b"null",
            b"[]",
            b'"debug_demo"',
            b"[" * 60_000,
            b'{"a":' * 60_000,
            b"1" * 60_000,
            b'{"Event": "\\ud800"}',
            b"{}",
            b'{"Event": "\\u0000", "MsgType": "a b"}',
            b'{"Event": "%s"}' % (b"x" * 49),
            b'{"Event": ["debug_demo"]}',
            '{"Event": "事件"}'.encode(),
        ],
    )
    def test_is_kept_as_unreadable(self, plaintext: bytes):
        assert read(plaintext).kind == UNREADABLE

    def test_what_users_write_has_a_kind(self):
        assert read(b'{"MsgType": "text", "Content": "x"}').kind == "message_text"

    @given(st.dictionaries(FIELDS, ANYTHING))
    def test_nothing_fails_and_nothing_reaches_a_table_that_it_refuses(self, content: dict[str, Any]):
        event = push(**content)
        media_verdict(event)
        for told in [event.kind, event.openid, event.trace_id, *(one.template_id for one in choices(event))]:
            assert told is None or (told.isascii() and told.isprintable() and 0 < len(told) <= 128)
        assert all(one.errcode is None or abs(one.errcode) < 10**18 for one in sent(event))
        assert all(isinstance(item, int) for item in revoked(event))

    @given(st.binary(max_size=200))
    def test_no_bytes_fail(self, plaintext: bytes):
        read(plaintext)
