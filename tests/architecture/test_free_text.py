"""Every text that somebody can write: checked before others read it, or it stands here who reads it and why (I10)."""

from collections.abc import Iterator
from typing import Any

from tests.api.scene import DOCUMENT

CHECKED = """
PUT /v1/me: nickname
POST /v1/wishes: title body
POST /v1/wishes/{wish_id}/confirm: thanks
POST /v1/errands: title body
POST /v1/complaints: title body
POST /v1/complaints/{complaint_id}/answer: answer
POST /v1/complaints/{complaint_id}/call-helpers: title body
POST /v1/steps/{step_id}/answer: answer
POST /v1/tasks: title body place skills
PUT /v1/tasks/{task_id}: title body place skills
POST /v1/task-series: title body place skills
PUT /v1/task-series/{series_id}: title body place skills
POST /v1/task-lists/{list_id}/items: title body place skills
POST /v1/call-outs/{call_out_id}/tasks: body place skills
POST /v1/claims/{claim_id}/submit: note
POST /v1/claims/{claim_id}/cannot: reason
POST /v1/merchants/{merchant_id}/offers: title description terms
PUT /v1/offers/{offer_id}: title description terms
"""
"""By WeChat, and by a person where it does not clearly pass, before anybody else reads them."""

READ_FIRST = """
POST /v1/teams: name introduction services.title services.description
PUT /v1/teams/{team_id}: name introduction services.title services.description
POST /v1/merchants: name licence_number documents.title documents.reference
POST /v1/merchants/{merchant_id}/reapply: name licence_number documents.title documents.reference
POST /v1/volunteers: profession skills
PUT /v1/volunteers/{volunteer_id}: profession skills
POST /v1/volunteers/enter: name profession skills
"""
"""A person of staff or of the alliance reads them and decides before they are public, or nobody else ever does."""

OFFICE = """
POST /v1/areas: name
PUT /v1/areas/{area_id}: name
POST /v1/areas/{area_id}/split: parts.name
POST /v1/areas/{area_id}/buildings: name aliases
PUT /v1/areas/{area_id}/buildings/{building_id}: name aliases
POST /v1/posts: name duty
PUT /v1/posts/{post_id}: name duty
POST /v1/units: name credit_code
PUT /v1/units/{unit_id}: name credit_code
POST /v1/alliances: name introduction
PUT /v1/alliances/{alliance_id}: name introduction
POST /v1/branches: name
PUT /v1/branches/{branch_id}: name
POST /v1/circles: name introduction
PUT /v1/circles/{circle_id}: name introduction
POST /v1/venues: name vicinity address note
PUT /v1/venues/{venue_id}: name vicinity address note
POST /v1/task-tags: name
PUT /v1/task-tags/{tag_code}: name
PUT /v1/complaint-categories/{category_code}: name words
POST /v1/call-outs: emergency instructions
POST /v1/call-outs/{call_out_id}/stand-down: summary
POST /v1/call-outs/{call_out_id}/groups: name
POST /v1/orders: title body
POST /v1/order-parts/{part_id}/report: report
POST /v1/lending-plans: skills
POST /v1/complaints/{complaint_id}/dispatch: instructions
POST /v1/api-keys: name
"""
"""What the offices themselves are called and order, written by staff in their name: no user's words."""

SEALED = """
POST /v1/identifications: name
POST /v1/posts/{post_id}/appoint: name
POST /v1/members: home_branch host_branch
PUT /v1/members/{member_id}: home_branch host_branch
POST /v1/members/enter: name home_branch host_branch
POST /v1/members/{member_id}/correct: name
POST /v1/volunteers/{volunteer_id}/correct: name
POST /v1/errands: paper.note resident.name resident.address
POST /v1/complaints: contact.name proxy.name proxy.consent place
POST /v1/units: contact.name
PUT /v1/units/{unit_id}/contact: name
"""
"""Who somebody is and where: staff alone read it, or whoever goes there for them."""

PARTIES = """
POST /v1/complaints/{complaint_id}/wait: reason
POST /v1/complaints/{complaint_id}/resume: words
POST /v1/complaints/{complaint_id}/rate: note
PUT /v1/task-calls/{call_id}/answers/{team_id}: note
POST /v1/settlements/{settlement_id}/lines/{line_id}/answer: answer
POST /v1/settlements/{settlement_id}/pay: document
POST /v1/claims/{claim_id}/reverse-award: document
POST /v1/adjustments: document
*: reason
"""
"""Why somebody decided or asks: in the history of one thing, read by its own parties and staff, or the area's own."""

CODES = """
POST /v1/auth/wechat: code device
POST /v1/errands: consent.version
POST /v1/me/phone: code
POST /v1/claims/{claim_id}/check-in: code
POST /v1/claims/{claim_id}/pick-up: code things
POST /v1/claims/{claim_id}/hand-back: code
POST /v1/merchants/{merchant_id}/clerks: code
POST /v1/redemptions: code
POST /v1/task-series: rule
PUT /v1/task-series/{series_id}: rule
PUT /v1/imports/{import_id}/mapping: sheet
"""
"""Machines read these, or they are struck off a list that both hands hold."""

Field = tuple[str, str]


def read(group: str) -> set[Field]:
    """The fields of a group, as (route, field)."""
    lines = (line.rsplit(": ", 1) for line in group.strip().splitlines())
    return {(route, field) for route, fields in lines for field in fields.split()}


def texts_of(schema: dict[str, Any], path: tuple[str, ...] = (), within: tuple[str, ...] = ()) -> Iterator[str]:
    """The fields of a payload into which somebody can write what they like."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name:
        if name not in within:
            yield from texts_of(DOCUMENT["components"]["schemas"][name], path, (*within, name))
        return
    choices = [choice for word in ("anyOf", "oneOf", "allOf") for choice in schema.get(word, ())]
    if any(choice.get("type") in {"number", "integer"} for choice in choices):
        return  # a number that may be written as a text
    for choice in choices:
        yield from texts_of(choice, path, within)
    for field, inner in schema.get("properties", {}).items():
        yield from texts_of(inner, (*path, field), within)
    for inner in (schema.get("items"), schema.get("additionalProperties")):
        if isinstance(inner, dict):
            yield from texts_of(inner, path, within)
    if schema.get("type") == "string" and not schema.keys() & {"enum", "const", "format", "pattern"}:
        yield ".".join(path)


def written() -> set[Field]:
    """Every field of every route into which somebody can write what they like."""
    return {
        (f"{method.upper()} {path}", field)
        for path, methods in DOCUMENT["paths"].items()
        for method, operation in methods.items()
        for content in operation.get("requestBody", {}).get("content", {}).values()
        for field in texts_of(content["schema"])
    }


def test_every_text_is_checked_or_it_is_said_who_reads_it():
    groups = [read(group) for group in (CHECKED, READ_FIRST, OFFICE, SEALED, PARTIES, CODES)]
    known = set().union(*groups)
    assert sum(map(len, groups)) == len(known), "a field stands in one group"
    found = written()
    unnamed = {(route, field) for route, field in found - known if ("*", field) not in known}
    assert not unnamed, "checked before others read it, or it stands above who reads it and why"
    assert {(route, field) for route, field in known - found if route != "*"} == set(), (
        "there is no such field any more"
    )


def test_texts_are_found_wherever_they_stand():
    """The control: deep, in lists, optional, and not what is an id, a choice or a number."""
    found = written()
    for field in (
        ("POST /v1/wishes", "title"),
        ("POST /v1/wishes/{wish_id}/confirm", "thanks"),
        ("POST /v1/teams", "services.description"),
        ("POST /v1/tasks", "skills"),
    ):
        assert field in found
    assert not {field for _, field in found} & {"area_id", "category", "rating", "longitude", "location.longitude"}
