"""What every end-to-end test finds: the sample webhooks are delivered already."""

import pytest

from tests.local_stack.demonstration import Demonstration, Row
from tests.local_stack.stack import LocalStack


@pytest.fixture(scope="session", autouse=True)
def demonstrated(stack: LocalStack) -> list[Row]:
    """Return what became of the sample webhooks, delivered to the untouched stack."""
    return list(Demonstration(stack).run())
