"""What several kinds of tests share: the deployed local stack; receiver and workers on AWS by moto."""

from collections.abc import Iterator

import pytest
from moto import mock_aws

from tests.harness.boundaries import Boundaries
from tests.harness.examples import load_profiles
from tests.harness.network import Network, simulated_aws
from tests.harness.quick_moto import take_short_cuts
from tests.harness.receiver_function import ReceiverFunction
from tests.harness.sync_workers import SyncWorkers
from tests.local_stack.running.ports import free_port
from tests.local_stack.running.processes import stop_on_signals
from tests.local_stack.running.progress import Progress
from tests.local_stack.samples.outcomes import Outcomes
from tests.local_stack.samples.webhooks import WebhookSender
from tests.local_stack.stack import LocalStack, StackOptions, local_stack

take_short_cuts()
load_profiles()  # before any test module asks how many examples it tries


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    """Return the deployed template, on a port of its own; the roles' policies are enforced.

    Moneybird's limit is twenty times the usual one: all end-to-end tests together need more than that.
    """
    stop_on_signals()  # pytest itself cleans up after Ctrl-C alone
    options = StackOptions(free_port(), enforce_iam=True, moneybird_rate="3000/300")
    with local_stack(options, Progress()) as running:
        yield running


@pytest.fixture
def send(stack: LocalStack) -> WebhookSender:
    """Return what delivers webhooks to the stack."""
    return WebhookSender(stack.description)


@pytest.fixture
def outcomes(stack: LocalStack) -> Outcomes:
    """Return what tells what became of them."""
    return Outcomes(stack)


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with simulated_aws() as network:
        yield network


@pytest.fixture
def receiver(network: Network) -> ReceiverFunction:
    return ReceiverFunction(network)


@pytest.fixture(scope="module")
def aws() -> Iterator[None]:
    """Have AWS by moto for as long as a module's tests run."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("POWERTOOLS_METRICS_DISABLED", "true")
        yield


@pytest.fixture
def workers(aws: None) -> SyncWorkers:
    """Return the sync's workers, which note what they do."""
    return SyncWorkers(boundaries=Boundaries(history=[]))
