"""Reads and writes what a connection is made of: its secret and its booking settings, both JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from pydantic import ValidationError

from accounting_sync.connections.connection import Connection, ConnectionSecret
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.settings import SECRET_INVALID

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_ssm import SSMClient

type Secret = dict[str, dict[str, Any]]
"""Provider to its section, as `ConnectionSecret` describes it."""

_NOT_THERE = frozenset({"ResourceNotFoundException", "ParameterNotFound"})
_DELETED = "InvalidRequestException"
"""What Secrets Manager answers about a secret that is marked for deletion."""


@dataclass(frozen=True, slots=True)
class ConnectionFiles:
    """The secret `<prefix><connection>` and the parameter `/<prefix><connection>`."""

    secrets: "SecretsManagerClient"
    ssm: "SSMClient"
    prefix: str

    def secret(self, connection: str) -> Secret:
        """Read a secret; empty if there is none, or it is marked for deletion.

        Raises
        ------
        ParkedError
            If it is not as documented.
        """
        found = _if_there(
            lambda: self.secrets.get_secret_value(SecretId=self.prefix + connection)["SecretString"]
        )
        return _checked(json.loads(found), self.prefix + connection) if found else {}

    def put_secret(self, connection: str, secret: Secret) -> None:
        """Write a secret: a new one, a new value of it, or of one that was marked for deletion."""
        _checked(secret, self.prefix + connection)
        name, text = self.prefix + connection, json.dumps(secret)
        try:
            self.secrets.get_secret_value(SecretId=name)
        except ClientError as error:
            match error.response["Error"]["Code"]:
                case "ResourceNotFoundException":
                    self.secrets.create_secret(Name=name, SecretString=text)
                    return
                case "InvalidRequestException":
                    self.secrets.restore_secret(SecretId=name)
                case _:
                    raise
        self.secrets.put_secret_value(SecretId=name, SecretString=text)

    def settings(self, connection: str) -> dict[str, Any] | None:
        """Read booking settings as they were written; None if there are none."""
        name = self.settings_name(connection)
        found = _if_there(
            lambda: self.ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
        )
        return dict(json.loads(found)) if found else None

    def put_settings(self, connection: str, settings: dict[str, Any]) -> None:
        """Write booking settings. Standard parameters hold 4 KB (SSM); larger ones become advanced."""
        self.ssm.put_parameter(
            Name=self.settings_name(connection),
            Value=json.dumps(settings),
            Type="String",
            Tier="Intelligent-Tiering",
            Overwrite=True,
        )

    def settings_name(self, connection: str) -> str:
        """Return the parameter's name."""
        return f"/{self.prefix}{connection}"

    def remove(self, connection: str) -> None:
        """Remove both; the secret can be restored for thirty days (Secrets Manager's usual window)."""
        _if_there(lambda: str(self.secrets.delete_secret(SecretId=self.prefix + connection)))
        _if_there(lambda: str(self.ssm.delete_parameter(Name=self.settings_name(connection))))


def connection_of(name: str, secret: Secret) -> Connection:
    """Return a connection as the provider clients take it."""
    return Connection.model_validate({"name": name, **secret})


def _if_there(read: Callable[[], str]) -> str | None:
    try:
        return read()
    except ClientError as error:
        if error.response["Error"]["Code"] not in _NOT_THERE | {_DELETED}:
            raise
        return None


def _checked(secret: Secret, name: str) -> Secret:
    try:
        ConnectionSecret.model_validate(secret)
    except ValidationError as error:
        keys = ", ".join(".".join(map(str, each["loc"])) for each in error.errors(include_input=False))
        raise ParkedError(SECRET_INVALID(secret=name, problems=f"Correct {keys}.")) from None
    return secret
