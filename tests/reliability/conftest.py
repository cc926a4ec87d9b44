"""The sync's workers, on AWS by moto for as long as a module's tests run."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.harness.boundaries import Boundaries
from tests.harness.sync_workers import SyncWorkers


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """Have AWS by moto."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("POWERTOOLS_METRICS_DISABLED", "true")
        yield


@pytest.fixture
def workers(aws: None) -> SyncWorkers:
    return SyncWorkers(boundaries=Boundaries(history=[]))
