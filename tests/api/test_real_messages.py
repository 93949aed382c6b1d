"""A hundred messages that residents of a city really wrote: through post, feed and detail, character by character."""

import csv
from pathlib import Path

import pytest

from app.domain.text import find_refused
from tests.api.scene import problem
from tests.api.test_me import all_pages
from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World, log_in

MESSAGES = Path(__file__).parents[3] / "shared" / "data" / "complaints-labelled.csv"
COUNT = 100
TITLE_CHARACTERS_MAX = 60


def read_messages() -> list[tuple[str, str]]:
    with MESSAGES.open(encoding="utf-8", newline="") as file:
        rows = [(row["title"][:TITLE_CHARACTERS_MAX], row["detail"]) for row in csv.DictReader(file)]
    return rows[:COUNT]


@pytest.mark.skipif(not MESSAGES.exists(), reason="the messages are not on this machine")
async def test_real_messages_come_back_unchanged(api: ApiClient, world: World, jobs: Jobs):
    author, refused = await log_in(api, world.database), 0
    written: dict[str, tuple[str, str]] = {}
    for title, body in read_messages():
        form = {"area_id": str(world.grid.id), "category": "other", "title": title, "body": body}
        response = await api.post("/v1/wishes", author, form)
        if find_refused(title + body) is not None:
            assert problem(response) == (422, "invalid-payload")
            refused += 1
            continue
        assert response.status_code == 201, title
        assert (response.json()["title"], response.json()["body"]) == (title, body)
        written[response.json()["id"]] = (title, body)
    assert refused == 0, f"{refused} of {COUNT} real messages hold characters that we refuse: is the rule too strict?"
    assert len(written) == COUNT

    await jobs.drain()
    for wish in written:
        assert (await api.post(f"/v1/wishes/{wish}/approve", world.staff)).status_code == 200
    feed = await all_pages(api, "/v1/wishes", author, area_id=world.district.id)
    assert {item["id"]: (item["title"], item["body"]) for item in feed} == written
    for wish, words in written.items():
        for reader in (None, author, world.staff):
            seen = (await api.get(f"/v1/wishes/{wish}", reader)).json()
            assert (seen["title"], seen["body"]) == words
        task = (await api.get(f"/v1/tasks/{seen['task']['id']}")).json()
        assert task["title"] == words[0]
