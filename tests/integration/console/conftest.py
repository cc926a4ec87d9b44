"""The page, with the functions that it asks."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.harness.console import ConsoleWorld


@pytest.fixture
def world() -> Iterator[ConsoleWorld]:
    with mock_aws():
        yield ConsoleWorld.made()
