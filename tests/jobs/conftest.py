"""A simulator whose faults are forgotten after each test."""

from collections.abc import Iterator

import pytest

from tests.wechat.server import forget_faults


@pytest.fixture
def faulty_wechat(simulator_url: str) -> Iterator[str]:
    yield simulator_url
    forget_faults(simulator_url)
