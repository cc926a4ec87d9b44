"""Secrets and parameters by name: cached, fresh when wanted, and nothing where there is none."""

import itertools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from accounting_sync.aws.parameters import (
    ALWAYS_FRESH,
    SECRET_MAX_AGE,
    ParameterNames,
    Parameters,
    TextCache,
    parameter_reader,
    secret_reader,
)
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
    secrets = Parameters(secret_reader(secretsmanager), SECRET_MAX_AGE)
    assert secrets.read("accounting-sync/acme") == "old"

    secretsmanager.put_secret_value(SecretId="accounting-sync/acme", SecretString="new")

    assert secrets.read("accounting-sync/acme") == "old"
    assert secrets.read("accounting-sync/acme", fresh=True) == "new"


def test_settings_are_always_read_anew(ssm: Any) -> None:  # noqa: ANN401
    parameters = Parameters(parameter_reader(ssm), ALWAYS_FRESH)
    ssm.put_parameter(Name="/accounting-sync/acme", Value="old", Type="String")
    assert parameters.read("/accounting-sync/acme") == "old"

    ssm.put_parameter(Name="/accounting-sync/acme", Value="new", Type="String", Overwrite=True)

    assert parameters.read("/accounting-sync/acme") == "new"


def test_encrypted_parameter_is_read(ssm: Any) -> None:  # noqa: ANN401
    ssm.put_parameter(Name="/accounting-sync/acme", Value="{}", Type="SecureString")

    assert Parameters(parameter_reader(ssm), ALWAYS_FRESH).read("/accounting-sync/acme") == "{}"


def test_missing_secret_is_nothing(secretsmanager: Any) -> None:  # noqa: ANN401
    assert Parameters(secret_reader(secretsmanager), SECRET_MAX_AGE).read("accounting-sync/acme") is None


def test_missing_parameter_is_nothing(ssm: Any) -> None:  # noqa: ANN401
    assert Parameters(parameter_reader(ssm), ALWAYS_FRESH).read("/accounting-sync/acme") is None


def test_unreadable_parameter_is_tried_again(ssm: Any) -> None:  # noqa: ANN401
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameter", "ThrottlingException")

        with pytest.raises(RetryableError, match="/accounting-sync/acme: ThrottlingException"):
            Parameters(parameter_reader(ssm), ALWAYS_FRESH).read("/accounting-sync/acme")


def test_text_is_read_again_when_it_is_too_old() -> None:
    now = 100.0
    numbers = itertools.count(1)
    texts = TextCache(lambda _: f"text {next(numbers)}", 20, lambda: now)

    assert texts.get("acme") == "text 1"
    now = 119.9
    assert texts.get("acme") == "text 1"
    now = 120.0
    assert texts.get("acme") == "text 2"


def test_text_that_could_not_be_read_stays_as_it_was(secretsmanager: Any) -> None:  # noqa: ANN401
    secretsmanager.create_secret(Name="accounting-sync/acme", SecretString="old")
    texts = TextCache(secret_reader(secretsmanager), SECRET_MAX_AGE)
    assert texts.get("accounting-sync/acme") == "old"

    with Stubber(secretsmanager) as stub, pytest.raises(ClientError):
        stub.add_client_error("get_secret_value", "InternalServiceError")
        texts.get("accounting-sync/acme", fresh=True)

    assert texts.get("accounting-sync/acme") == "old"


def test_binary_secret_is_no_text(secretsmanager: Any) -> None:  # noqa: ANN401
    secretsmanager.create_secret(Name="accounting-sync/acme", SecretBinary=b"bytes")

    assert Parameters(secret_reader(secretsmanager), SECRET_MAX_AGE).read("accounting-sync/acme") is None


def test_names_below_a_path_are_listed_on_all_pages(ssm: Any) -> None:  # noqa: ANN401
    names = [f"connection-{number:02}" for number in range(25)]  # a page has ten
    for name in [*reversed(names), "connection-00/deeper"]:
        ssm.put_parameter(Name=f"/accounting-sync/{name}", Value="{}", Type="SecureString")

    assert ParameterNames(ssm, "/accounting-sync/").list() == names


def test_names_that_could_not_be_listed_are_asked_for_again(ssm: Any) -> None:  # noqa: ANN401
    with Stubber(ssm) as stub, pytest.raises(RetryableError, match="ThrottlingException"):
        stub.add_client_error("get_parameters_by_path", "ThrottlingException")
        ParameterNames(ssm, "/accounting-sync/").list()
