"""The receiver between API Gateway's events and AWS by moto."""

from collections.abc import Iterator

import pytest

from tests.harness.receiver_bench import Network, ReceiverBench, simulated_aws


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with simulated_aws() as network:
        yield network


@pytest.fixture
def receiver(network: Network) -> ReceiverBench:
    return ReceiverBench(network)
