"""Somebody who imports."""

import pytest

from tests.api_client import ApiClient
from tests.conftest import Jobs
from tests.factories import World
from tests.imports import Office


@pytest.fixture
def office(api: ApiClient, jobs: Jobs, world: World) -> Office:
    """The administrator of the world's district, with a worker."""
    return Office(api, jobs, world.administrator)
