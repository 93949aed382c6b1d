"""What the tests of the API share."""

import pytest

from app.core.db import Database
from app.core.settings import Settings
from tests.api.scene import Scene, make_scene
from tests.api_client import ApiClient
from tests.factories import World


@pytest.fixture(scope="session")
async def scene(database: Database, api: ApiClient, settings: Settings) -> Scene:
    """A filled district for tests whose requests are all refused: nobody changes it."""
    return await make_scene(await World.make(database, api, settings))
