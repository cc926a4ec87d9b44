"""What every end-to-end test finds: the sample webhooks are delivered already."""

import pytest

from tests.local_stack.samples.demonstration import Demonstration, Row
from tests.local_stack.stack import LocalStack
from tests.local_stack.subscriber import Subscriber


@pytest.fixture(scope="session", autouse=True)
def demonstrated(stack: LocalStack) -> list[Row]:
    """Return what became of the sample webhooks, delivered to the untouched stack."""
    return list(Demonstration(stack).run())


@pytest.fixture(scope="session")
def subscriber(stack: LocalStack) -> Subscriber:
    """Return what hears all that the event bus says from now on."""
    return Subscriber(stack)
