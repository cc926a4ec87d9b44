"""AWS by moto, for as long as a module's tests run."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.harness.crash_bench import Cloud, CrashBench
from tests.harness.receiver_bench import Network, ReceiverBench, simulated_aws


@pytest.fixture(scope="module")
def cloud() -> Iterator[Cloud]:
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        environment.setenv("POWERTOOLS_METRICS_DISABLED", "true")
        yield Cloud()


@pytest.fixture
def bench(cloud: Cloud) -> CrashBench:
    return CrashBench(cloud)


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with simulated_aws() as network:
        yield network


@pytest.fixture
def receiver(network: Network) -> ReceiverBench:
    return ReceiverBench(network)
