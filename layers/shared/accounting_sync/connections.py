"""A connection: one customer set-up, its credentials (Secrets Manager) as the sync function sees them."""

import json
from typing import TYPE_CHECKING

from pydantic import Field, SecretStr, ValidationError, field_validator

from accounting_sync.errors import ParkedError
from accounting_sync.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable


class BasicCredential(Model):
    """A user name and password that a webhook URL carries."""

    username: str
    password: SecretStr


class MoneybirdAccess(Model):
    """Moneybird's section of the secret. Lists hold the current value first, then those still accepted."""

    administration_id: str
    api_token: SecretStr
    basic_auth: tuple[BasicCredential, ...] = ()
    webhook_secrets: tuple[SecretStr, ...] = ()
    webhook_tokens: tuple[SecretStr, ...] = ()


class MomentAccess(Model):
    """Moment's section of the secret."""

    company: str
    api_key: SecretStr
    basic_auth: tuple[BasicCredential, ...] = ()
    url_tokens: tuple[SecretStr, ...] = ()

    @field_validator("url_tokens")
    @classmethod
    def _long_enough(cls, tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(token.get_secret_value()) < 32 for token in tokens):
            raise ValueError("a token in a URL needs at least 32 characters")
        return tokens


class ConnectionSecret(Model):
    """The JSON of the secret `accounting-sync/<connection>`: either provider, or both."""

    moneybird: MoneybirdAccess | None = None
    moment: MomentAccess | None = None


class Connection(Model):
    """One connection by name, with what the sync function needs of its secret."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    moneybird: MoneybirdAccess | None = None
    moment: MomentAccess | None = None


class ConnectionStore:
    """Reads connections; `read_secret` is Powertools' cached `SecretsProvider.get` or a fake."""

    def __init__(self, read_secret: "Callable[[str], str]", prefix: str) -> None:
        self._read_secret = read_secret
        self._prefix = prefix

    def get(self, name: str) -> Connection:
        """Read a connection.

        Raises
        ------
        ParkedError
            If the secret is not the documented JSON object; the message names keys, never a value.
        """
        try:
            secret = ConnectionSecret.model_validate(json.loads(self._read_secret(self._prefix + name)))
        except json.JSONDecodeError as error:
            raise ParkedError(f"The secret {self._prefix}{name} is not JSON.") from error
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
                for problem in error.errors(include_input=False)
            )
            raise ParkedError(f"The secret {self._prefix}{name} cannot be used. {problems}") from error
        return Connection(name=name, moneybird=secret.moneybird, moment=secret.moment)
