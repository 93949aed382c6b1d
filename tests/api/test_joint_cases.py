"""Repeats: the same topic in the same place again and again raises the level and makes a joint case."""

import csv
from collections import Counter
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.domain.caller import Role
from app.domain.likeness import Reading, read, score, weight
from app.services.complaints.repeats import LATELY, LIKENESS_MIN, REPEATS
from app.services.content_checks import things
from app.services.content_checks.judging import Judge
from tests.api.scene import problem
from tests.api.test_complaints import act, form, look
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, log_in
from tests.people import Person

SAME = (
    ("楼下烧烤油烟太大", "楼下烧烤店每天晚上油烟直往家里灌，窗户都不敢开。"),
    ("烧烤店油烟扰民", "烧烤店的油烟每晚飘进家里，不敢开窗，请管一管。"),
    ("烧烤油烟直灌家里", "晚上楼下烧烤店的油烟灌进来，窗户根本不敢打开。"),
    ("烧烤店油烟灌进家", "每天晚上楼下烧烤店油烟太大，家里不敢开窗户。"),
    ("油烟太大不敢开窗", "楼下烧烤店晚上油烟太大，直往家里灌，不敢开窗。"),
)
"""One matter in five people's words."""
OTHERS = (
    ("工地半夜打桩", "对面工地凌晨两点还在打桩，孩子被吵醒。"),
    ("广场舞音响太响", "广场上跳舞的音响开到十点半。"),
)


async def say(world: World, number: int, author: Person | None = None, **more: Any) -> UUID:
    """Have somebody complain of the same for the so many-th time, to be looked at by staff."""
    title, body = SAME[number % len(SAME)]
    fields = {"category": "noise", "title": title, "body": body} | more
    return await world.complaint(author, "reviewing", **fields)


async def admit(world: World, complaint: UUID) -> dict[str, Any]:
    return await act(world, world.staff, complaint, "admit")


async def repeated(world: World, times: int) -> list[UUID]:
    """Have so many people say the same, each of them admitted to the wall."""
    complaints = [await say(world, number) for number in range(times)]
    for complaint in complaints:
        await admit(world, complaint)
    return complaints


async def cases(world: World, person: Person | None = None, **params: Any) -> list[dict[str, Any]]:
    response = await world.api.get("/v1/joint-cases", person or world.staff, area_id=world.district.id, **params)
    assert response.status_code == 200, response.text
    return list(response.json()["items"])


def went_up(seen: dict[str, Any]) -> bool:
    return "escalate_repeated" in [step["action"] for step in seen["timeline"]]


class TestRepeats:
    async def test_the_fourth_to_say_the_same_goes_up_and_makes_a_case_of_all(self, api: ApiClient, world: World):
        complaints = await repeated(world, REPEATS)
        assert await cases(world) == []
        fourth = await say(world, REPEATS)
        seen = await admit(world, fourth)
        assert (seen["status"], seen["handler"]["id"]) == ("open", str(world.community.id))
        step = seen["timeline"][-1]
        assert (step["action"], step["party"], step["handler"]["id"]) == (
            "escalate_repeated",
            "system",
            str(world.community.id),
        )
        [case] = await cases(world)
        assert seen["case_id"] == case["id"]
        assert (case["area"]["id"], case["category"]["code"]) == (str(world.grid.id), "noise")
        assert (case["complaints"], case["unanswered"]) == (4, 4)
        detail = (await api.get(f"/v1/joint-cases/{case['id']}", world.staff)).json()
        assert [item["id"] for item in detail["items"]] == [str(one) for one in (fourth, *reversed(complaints))]
        before = await look(world, complaints[0], world.staff)
        assert (before["case_id"], before["handler"]["id"]) == (case["id"], str(world.grid.id))
        assert went_up(await look(world, fourth)), "everybody sees why it is higher up"

    async def test_the_next_joins_the_case_there_is(self, world: World):
        await repeated(world, REPEATS + 1)
        seen = await admit(world, await say(world, 4))
        [case] = await cases(world)
        assert (seen["case_id"], case["complaints"]) == (case["id"], 5)
        assert seen["handler"]["id"] == str(world.community.id)

    async def test_its_clock_runs_under_the_rules_above(self, world: World):
        await repeated(world, REPEATS)
        rule = {"area_id": str(world.district.id), "level": "community", "accept": {"amount": 1, "unit": "hour"}}
        made = await world.api.post("/v1/handling-rules", world.administrator, rule)
        assert made.status_code == 201, made.text
        seen = await admit(world, await say(world, REPEATS))
        facts = await world.database.reads.fetchrow(
            "SELECT facts ->> 'clock_at' AS start, facts ->> 'accept_due_at' AS due, facts ->> 'case_id' AS case_id "
            "FROM event WHERE subject_id = $1 AND action = 'escalate_repeated'",
            UUID(seen["id"]),
        )
        assert facts is not None
        assert facts["case_id"] == seen["case_id"]
        taken = await world.database.reads.fetchval(
            "SELECT $1::text::timestamptz - $2::text::timestamptz", facts["due"], facts["start"]
        )
        assert taken == timedelta(hours=1)

    async def test_the_content_check_finds_it_as_well_and_only_once(self, api: ApiClient, world: World, jobs: Jobs):
        await repeated(world, REPEATS)
        author = await log_in(api, world.database)
        title, body = SAME[REPEATS]
        words = {"category": "noise", "title": title, "body": body, "contact": None}
        posted = (await api.post("/v1/complaints", author, form(world, **words))).json()
        await jobs.drain()
        parts = jobs.parts
        secret = parts.settings.data_key.get_secret_value()
        await things.check_complaint(parts.database, Judge(parts.wechat), secret, UUID(posted["id"]))
        seen = await look(world, posted["id"], world.staff)
        assert [step["action"] for step in seen["timeline"]] == ["create", "pass_check", "escalate_repeated"]
        assert len(await cases(world)) == 1

    async def test_one_person_counts_once(self, world: World):
        author = await world.person()
        complaints = [await say(world, number, author) for number in range(4)]
        for complaint in complaints:
            await admit(world, complaint)
        assert not went_up(await admit(world, await say(world, 4)))
        for number in range(2):
            seen = await admit(world, await say(world, number))
        assert went_up(seen)

    async def test_whatever_became_of_the_others(self, world: World):
        authors = [await world.person() for _ in range(REPEATS)]
        complaints = [await say(world, number, author) for number, author in enumerate(authors)]
        for complaint in complaints:
            await admit(world, complaint)
        await act(world, world.staff, complaints[0], "reject", {"reason": "不属于本社区"})
        await act(world, authors[1], complaints[1], "withdraw")
        await act(world, world.staff, complaints[2], "merge", {"into_id": str(await world.complaint())})
        await world.database.writes.execute("DELETE FROM complaint_text WHERE complaint_id = ANY($1)", complaints)
        assert went_up(await admit(world, await say(world, REPEATS)))
        [case] = await cases(world)
        assert (case["complaints"], case["unanswered"]) == (4, 1)

    async def test_another_matter_another_place_another_topic_another_season(self, world: World):
        for title, body in (*OTHERS, SAME[0]):
            await admit(world, await say(world, 0, title=title, body=body))
        assert not went_up(await admit(world, await say(world, 1))), "of another matter were two"
        elsewhere = [await say(world, number, area_id=world.other_grid.id) for number in range(2)]
        other_topic = [await say(world, number, category="property") for number in range(2)]
        for complaint in (*elsewhere, *other_topic):
            assert not went_up(await admit(world, complaint))
        third = await say(world, 2)
        await admit(world, third)
        late = "UPDATE complaint SET opened_at = opened_at - $2::interval WHERE id = $1"
        await world.database.writes.execute(late, third, LATELY + timedelta(minutes=1))
        assert not went_up(await admit(world, await say(world, 3)))
        assert went_up(await admit(world, await say(world, 4)))

    async def test_confidential_ones_are_no_case(self, world: World):
        for number in range(REPEATS + 1):
            seen = await admit(world, await say(world, number, category="neighbours"))
        assert (seen["case_id"], went_up(seen)) == (None, False)

    async def test_a_closed_case_stays_closed_and_a_new_one_is_made(self, api: ApiClient, world: World):
        await repeated(world, REPEATS + 1)
        [case] = await cases(world)
        closed = await api.post(f"/v1/joint-cases/{case['id']}/close", world.staff, {"reason": "烧烤店已装净化器"})
        assert (closed.json()["status"], closed.json()["actions"]) == ("closed", [])
        assert await cases(world) == []
        assert [one["id"] for one in await cases(world, status="closed")] == [case["id"]]
        seen = await admit(world, await say(world, 4))
        [again] = await cases(world)
        assert seen["case_id"] == again["id"] != case["id"]
        assert (again["complaints"], went_up(seen)) == (1, True)


def test_what_counts_as_the_same_tells_matters_of_one_topic_apart():
    """On the made-up pairs: whoever changes how likeness is reckoned sees here that the bound has to move with it."""
    with (Path(__file__).parents[1] / "domain" / "complaints.csv").open(encoding="utf-8") as lines:
        pairs = list(csv.DictReader(lines))
    matters = [
        (pair["category"], read(pair["title"], pair["body"]), read(pair["other_title"], pair["other_body"]))
        for pair in pairs
    ]
    frequency = Counter(word for _, *both in matters for reading in both for word in set(reading.tokens))

    def alike(one: Reading, other: Reading) -> bool:
        return score(one, other, lambda word: weight(frequency[word] / 2 / len(matters))) >= LIKENESS_MIN

    same = [alike(one, other) for _, one, other in matters]
    different = [
        alike(one, other)
        for (topic, *ones), (other_topic, *others) in combinations(matters, 2)
        if topic == other_topic
        for one in ones
        for other in others
    ]
    assert sum(same) >= 0.9 * len(same)
    assert sum(different) <= 0.01 * len(different)
    assert len(different) > 200


class TestReading:
    async def test_page_by_page_and_for_staff_alone(self, api: ApiClient, world: World):
        made = [await world.joint_case(category=category) for category in ("noise", "water", "power")]
        listed = [one["id"] for one in await cases(world)]
        assert listed == [str(case) for case in reversed(made)]
        path, query = "/v1/joint-cases", {"area_id": world.grid.id, "limit": 2}
        first = (await api.get(path, world.staff, **query)).json()
        rest = (await api.get(path, world.staff, **query, cursor=first["next_cursor"])).json()
        assert [item["id"] for page in (first, rest) for item in page["items"]] == listed
        assert problem(await api.get(path, world.staff, area_id=world.neighbour.id)) == (403, "not-allowed")
        assert problem(await api.get(path, await world.person(), area_id=world.grid.id)) == (403, "not-allowed")
        elsewhere = await world.holder(Role.STAFF, world.other_grid)
        assert problem(await api.get(f"{path}/{made[0]}", elsewhere)) == (404, "not-found")
        assert problem(await api.get(f"{path}/{uuid4()}", world.staff)) == (404, "not-found")

    @pytest.mark.parametrize("level", ["community", "grid"])
    async def test_those_above_the_grid_close_it(self, api: ApiClient, world: World, level: str):
        person = await world.holder(Role.STAFF, getattr(world, level))
        case = await world.joint_case(await world.complaint())
        path, reason = f"/v1/joint-cases/{case}", {"reason": "修好了13812345678"}
        seen = (await api.get(path, person)).json()
        if level == "grid":
            assert seen["actions"] == []
            assert problem(await api.post(f"{path}/close", person, reason)) == (403, "not-allowed")
            return
        assert seen["actions"] == ["close"]
        assert (await api.post(f"{path}/close", person, reason)).json()["status"] == "closed"
        assert problem(await api.post(f"{path}/close", person, reason)) == (409, "state-conflict")
        note = await world.database.reads.fetchval(
            "SELECT note FROM event WHERE subject_id = $1 AND action = 'close'", case
        )
        assert "13812345678" not in note

    async def test_who_complained_does_not(self, api: ApiClient, world: World):
        person = await world.holder(Role.STAFF, world.community)
        case = await world.joint_case(await world.complaint(person))
        response = await api.post(f"/v1/joint-cases/{case}/close", person, {"reason": "好了"})
        assert problem(response) == (403, "own-interest")
        assert problem(await api.post(f"/v1/joint-cases/{case}/close", await world.person(), {"reason": "好了"})) == (
            404,
            "not-found",
        )
