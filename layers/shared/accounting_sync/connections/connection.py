"""A connection: one customer set-up, its credentials (Secrets Manager) as the sync function sees them."""

import json
from datetime import date
from typing import Annotated, Literal, Protocol

from pydantic import Field, SecretStr, StringConstraints, ValidationError, field_validator

from accounting_sync.connections.webhook_credentials import URL_TOKEN_LENGTH
from accounting_sync.errors import ParkedError
from accounting_sync.model import Model
from accounting_sync.reasons.settings import SECRET_INVALID, SECRET_MISSING, SECRET_UNREADABLE

type MoneybirdType = Literal[
    "Contact",
    "SalesInvoice",
    "ExternalSalesInvoice",
    "Estimate",
    "Project",
    "Payment",
    "PurchaseInvoice",
    "Receipt",
]
type MomentWebhook = Literal["claims", "customers", "invoices", "offers", "offer-decisions", "projects"]
type DottedPath = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$", max_length=200)]


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
    entity_types: dict[str, MoneybirdType] = Field(default={})
    """Moneybird's word for an entity type to ours, where it has another one (`ReadingRules`)."""


class MomentAccess(Model):
    """Moment's section of the secret."""

    company: str
    api_key: SecretStr
    api_key_expires_on: date | None = None
    """As a person noted it: the API does not tell."""
    basic_auth: tuple[BasicCredential, ...] = ()
    url_tokens: tuple[SecretStr, ...] = ()
    payload_ids: dict[MomentWebhook, DottedPath] = Field(default={})
    """Kind of webhook to where its body has the entity's id, if not where we guess (`ReadingRules`)."""

    @field_validator("url_tokens")
    @classmethod
    def _long_enough(cls, tokens: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(token.get_secret_value()) < URL_TOKEN_LENGTH for token in tokens):
            raise ValueError(f"a token in a URL needs at least {URL_TOKEN_LENGTH} characters")
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


class SecretReader(Protocol):
    """Where secrets come from: `accounting_sync.aws.parameters.Parameters`, or a fake."""

    def read(self, name: str, *, fresh: bool = False) -> str | None:
        """Return a secret, a fresh one if wanted; None if there is none."""


class ConnectionStore:
    """Reads connections by name."""

    def __init__(self, secrets: SecretReader, prefix: str) -> None:
        self._secrets = secrets
        self._prefix = prefix
        self._stale: set[str] = set()

    def distrust(self, name: str) -> None:
        """Have the secret read anew the next time: a provider has refused what it holds."""
        self._stale.add(name)

    def get(self, name: str) -> Connection:
        """Read a connection.

        Raises
        ------
        ParkedError
            If there is no such secret, or it is not the documented JSON object; the message names keys,
            never a value.
        RetryableError
            If it could not be read.
        """
        text = self._secrets.read(self._prefix + name, fresh=name in self._stale)
        self._stale.discard(name)
        if text is None:
            raise ParkedError(SECRET_MISSING(secret=self._prefix + name))
        return self._parse(name, text)

    def _parse(self, name: str, text: str) -> Connection:
        try:
            secret = ConnectionSecret.model_validate(json.loads(text))
        except json.JSONDecodeError as error:
            raise ParkedError(SECRET_UNREADABLE(secret=self._prefix + name)) from error
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
                for problem in error.errors(include_input=False)
            )
            raise ParkedError(SECRET_INVALID(secret=self._prefix + name, problems=problems)) from error
        return Connection(name=name, moneybird=secret.moneybird, moment=secret.moment)
