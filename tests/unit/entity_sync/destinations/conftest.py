"""The Moneybird destination between a simulated Moneybird and a simulated DynamoDB."""

from collections.abc import Iterator

import boto3
import pytest
from moto import mock_aws

from tests.moneybird_bench import Bench


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield Bench(boto3.client("dynamodb", region_name="eu-west-1"))
