"""The Moneybird destination between a simulated Moneybird and a simulated DynamoDB."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.harness.moneybird_booking import MoneybirdBooking, moneybird_booking

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="module")
def dynamodb() -> Iterator["DynamoDBClient"]:
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            environment.setenv(name, "testing")
        yield boto3.client("dynamodb", region_name="eu-west-1")


@pytest.fixture
def booking(dynamodb: "DynamoDBClient") -> Iterator[MoneybirdBooking]:
    with moneybird_booking(dynamodb) as booking:
        yield booking
