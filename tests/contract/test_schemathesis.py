"""Generated requests over the whole OpenAPI document: no fault of ours, no undocumented status, type or form.

The same requests every time. Where a generated id has the form of one, an existing thing takes its place, and each
request is made by several people, so that much of it gets through. ``API_EXAMPLES`` asks for more of them (`make
fuzz-api`).
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, cycle
from typing import Any
from uuid import UUID

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.core.db import Database
from app.core.settings import Settings
from tests.api.scene import DOCUMENT, make_scene
from tests.api_client import ApiClient
from tests.factories import World
from tests.people import Person
from tests.roster import new_contact

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = int(os.environ.get("API_EXAMPLES", "8"))
NOWHERE = "00000000-0000-7000-8000-000000000000"

schema = schemathesis.openapi.from_dict(DOCUMENT)
schema.config.generation.update(modes=list(schemathesis.GenerationMode))
"""Requests that fit the document, and such that do not."""


@dataclass
class Range:
    """Where requests go, and what there is to ask for."""

    url: str
    people: tuple[Person | None, ...]
    ids: dict[str, Iterator[str]]
    session: requests.Session
    """Keeps its connections: making one for each request takes as long as the request."""
    serial: Iterator[int] = field(default_factory=lambda: count(1))
    reached: Counter[str] = field(default_factory=Counter)
    turn: Iterator[int] = field(default_factory=count)
    closed: set[str] = field(default_factory=set)
    """Routes that ask who it is before anything else: that one request without a token has shown for all."""

    def aim(self, case: schemathesis.Case[Any]) -> None:
        """Put existing things in place of generated ids, and something new where a thing can be used once."""
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                for name, value in part.items():
                    if name in self.ids and is_id(value):
                        part[name] = next(self.ids[name])
        if isinstance(case.body, dict) and case.operation.label == "POST /v1/auth/wechat":
            case.body["code"] = f"sim-小李-contract{next(self.serial)}"

    def headers(self, person: Person | None) -> dict[str, str]:
        """Return what the mini-program sends with each request."""
        headers = {"Idempotency-Key": f"contract-{next(self.serial)}"}
        return headers if person is None else headers | {"Authorization": f"Bearer {person.token}"}

    def askers(self, case: schemathesis.Case[Any]) -> Sequence[Person | None]:
        """Return who makes a request: everybody makes what is drawn; of the edges of a form each has a part."""
        people = self.people[case.operation.label in self.closed :]
        if case.meta is not None and case.meta.phase.name == TestPhase.COVERAGE:
            return [people[next(self.turn) % len(people)]]
        return people


@pytest.fixture(scope="module")
async def range_(served_at: str, database: Database, api: ApiClient, settings: Settings) -> AsyncIterator[Range]:
    """A district with two of everything, and an id of nothing."""
    world = await World.make(database, api, settings)
    beside = replace(world, grid=world.other_grid, other_grid=world.grid)  # a grid has one branch
    first, second = [await make_scene(place, new_contact()) for place in (world, beside)]
    ids: dict[str, list[UUID]] = {
        name: [scene[name] for scene in (first.ids, second.ids, first.hidden) if name in scene] for name in first.ids
    }
    ids |= {
        "area_id": [world.grid.id, world.district.id],
        "home_area_id": [world.grid.id],
        "parent_id": [world.district.id, world.community.id],
        "unit_id": [world.unit_id],
        "user_id": [first.applicant.id, second.author.id, world.staff.id],
    }
    with requests.Session() as session:
        yield Range(
            url=served_at,
            people=(None, first.author, first.helper, first.owner, world.administrator),
            ids={name: cycle([*map(str, found), NOWHERE]) for name, found in ids.items()},
            session=session,
        )


def is_id(value: Any) -> bool:
    try:
        return bool(UUID(value))
    except (ValueError, TypeError, AttributeError):
        return False


# A worker that is not there is a 503 of /readyz, which is its duty.
@schema.exclude(path="/readyz").parametrize()
@hypothesis_settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_those_of_the_document(case: schemathesis.Case[Any], range_: Range):
    range_.aim(case)
    label = case.operation.label
    for person in range_.askers(case):
        response = case.call(base_url=range_.url, session=range_.session, headers=range_.headers(person))
        case.validate_response(response, checks=CHECKS)
        if response.status_code < 300:
            range_.reached[label] += 1
        if response.status_code == 401 and response.json()["code"] == "token-missing":
            range_.closed.add(label)
        if person is not None and response.status_code == 422 and response.json()["code"] == "invalid-payload":
            return  # a form that does not fit is refused before anybody asks whose it is


def test_much_of_it_gets_through(range_: Range):
    if not range_.reached:
        pytest.skip("runs after the requests")
    assert len(range_.reached) > 40, sorted(range_.reached)
