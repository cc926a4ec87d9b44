"""Secrets and parameters by name: cached, fresh when wanted, and nothing where there is none."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import SecretsProvider, SSMProvider
from botocore.stub import Stubber
from moto import mock_aws

from accounting_sync.aws.parameters import ALWAYS_FRESH, SECRET_MAX_AGE, Parameters
from accounting_sync.errors import RetryableError


@pytest.fixture
def secretsmanager() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-west-1")


@pytest.fixture
def ssm() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("ssm", region_name="eu-west-1")


def test_secret_is_kept_until_a_fresh_one_is_wanted(secretsmanager: Any) -> None:  # noqa: ANN401  # a client
    secretsmanager.create_secret(Name="accounting-sync/acme", SecretString="old")
    secrets = Parameters(SecretsProvider(boto3_client=secretsmanager), SECRET_MAX_AGE)
    assert secrets.read("accounting-sync/acme") == "old"

    secretsmanager.put_secret_value(SecretId="accounting-sync/acme", SecretString="new")

    assert secrets.read("accounting-sync/acme") == "old"
    assert secrets.read("accounting-sync/acme", fresh=True) == "new"


def test_settings_are_always_read_anew(ssm: Any) -> None:  # noqa: ANN401
    parameters = Parameters(SSMProvider(boto3_client=ssm), ALWAYS_FRESH)
    ssm.put_parameter(Name="/accounting-sync/acme", Value="old", Type="String")
    assert parameters.read("/accounting-sync/acme") == "old"

    ssm.put_parameter(Name="/accounting-sync/acme", Value="new", Type="String", Overwrite=True)

    assert parameters.read("/accounting-sync/acme") == "new"


def test_encrypted_parameter_is_read(ssm: Any) -> None:  # noqa: ANN401
    ssm.put_parameter(Name="/accounting-sync/acme", Value="{}", Type="SecureString")

    assert (
        Parameters(SSMProvider(boto3_client=ssm), ALWAYS_FRESH, decrypt=True).read("/accounting-sync/acme")
        == "{}"
    )


def test_missing_secret_is_nothing(secretsmanager: Any) -> None:  # noqa: ANN401
    assert (
        Parameters(SecretsProvider(boto3_client=secretsmanager), SECRET_MAX_AGE).read("accounting-sync/acme")
        is None
    )


def test_missing_parameter_is_nothing(ssm: Any) -> None:  # noqa: ANN401
    assert Parameters(SSMProvider(boto3_client=ssm), ALWAYS_FRESH).read("/accounting-sync/acme") is None


def test_unreadable_parameter_is_tried_again(ssm: Any) -> None:  # noqa: ANN401
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameter", "ThrottlingException")

        with pytest.raises(RetryableError, match="/accounting-sync/acme: ThrottlingException"):
            Parameters(SSMProvider(boto3_client=ssm), ALWAYS_FRESH).read("/accounting-sync/acme")
