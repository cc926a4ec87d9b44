"""What AdministrationFunction is asked and answers. Credentials go in, and only webhook URLs come out."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field, SecretStr, StringConstraints

from accounting_sync.model import Model
from operations.api.requests import ConnectionName, Text

Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s?#]+[^/\s?#]$")]


class MoneybirdKeys(Model):
    """Access to Moneybird: a personal API token, and one of the administrations that it reaches."""

    api_token: SecretStr = Field(min_length=1)
    administration_id: str | None = Field(default=None, pattern=r"^[0-9]+$")
    """None: the only one that the token reaches."""


class MomentKeys(Model):
    """Access to Moment: the company as its API addresses it, and an API key."""

    company: Text
    api_key: SecretStr = Field(min_length=1)
    api_key_expires_on: date | None = None
    """Two years after it was made at most (Moment's documentation); an alarm tells a month before."""


class CheckConnection(Model):
    """Try credentials at the providers: those that are given, else the stored ones. Nothing is stored."""

    task: Literal["connection.check"]
    connection: ConnectionName
    moneybird: MoneybirdKeys | None = None
    moment: MomentKeys | None = None


class PutConnection(Model):
    """Set up a connection, or change it: credentials are checked, stored, and the webhook is registered.

    What is left out stays as it is. May be sent again, after a failure too.
    """

    task: Literal["connection.put"]
    connection: ConnectionName
    api_url: Url
    """The stack's output ApiUrl: where webhooks go."""
    moneybird: MoneybirdKeys | None = None
    moment: MomentKeys | None = None
    payload_ids: dict[str, str] = Field(default_factory=dict)
    """Moment's kind of webhook to the dotted path of the id in its body; added to those that stand."""
    entity_types: dict[str, str] = Field(default_factory=dict)
    """Moneybird's word for an entity type to ours; added to those that stand."""


class RotateConnection(Model):
    """Make new webhook credentials; the old ones are accepted too, until `finish` removes them."""

    task: Literal["connection.rotate"]
    connection: ConnectionName
    api_url: Url
    finish: bool = False


class RemoveConnection(Model):
    """Remove Moneybird's webhook, the credentials and the booking settings; the ledger stays."""

    task: Literal["connection.remove"]
    connection: ConnectionName
    api_url: Url


class Diagnose(Model):
    """Look for all that keeps a connection from working; `fix` repairs what needs no decision."""

    task: Literal["doctor"]
    connection: ConnectionName
    fix: bool = False


class TriggerWebhook(Model):
    """Send a webhook of Moment's to the receiver, as if an entity had changed: the sync then fetches it."""

    task: Literal["webhook.trigger"]
    connection: ConnectionName
    api_url: Url
    kind: Text
    """Last part of the webhook's URL: `invoices`."""
    entity_id: str = Field(pattern=r"^[0-9]+$")


class SubscribeNotices(Model):
    """Let a mail address have the notices of a connection; without one: all of them, and the alarms."""

    task: Literal["notices.subscribe"]
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=320)
    connection: ConnectionName | None = None


class RereadEvents(Model):
    """Read anew what could not be read, or was of an unknown type, by what the secret says today."""

    task: Literal["events.reread"]
    connection: ConnectionName
    dry_run: bool = False


type AdministerRequest = Annotated[
    CheckConnection
    | PutConnection
    | RotateConnection
    | RemoveConnection
    | Diagnose
    | TriggerWebhook
    | SubscribeNotices
    | RereadEvents,
    Field(discriminator="task"),
]
"""What AdministrationFunction does."""


class Checked(Model):
    """Credentials that a provider accepted."""

    administration_id: str | None = None
    administration: str | None = None
    """Its name at Moneybird."""
    moment_company: str | None = None


class ConnectionPut(Model):
    """A connection as it stands now."""

    connection: str
    checked: Checked
    webhook_id: str | None = None
    """Of Moneybird's webhook."""
    moment_urls: dict[str, str] = Field(default_factory=dict)
    """Kind to the URL for Moment's webhook, which holds a secret token."""
    has_settings: bool
    """False: nothing is booked until there are booking settings."""


class ConnectionRotated(Model):
    """Where webhooks go from now on."""

    connection: str
    finished: bool
    """True: the old credentials are no longer accepted."""
    moment_urls: dict[str, str] = Field(default_factory=dict)


class ConnectionRemoved(Model):
    """What was removed."""

    connection: str
    webhooks: int
    """How many of Moneybird's webhooks."""


class Finding(Model):
    """One thing that the doctor looked at."""

    check: str
    ok: bool
    message: str
    remedy: str | None = None
    fixed: bool = False


class Diagnosis(Model):
    """All that the doctor looked at."""

    connection: str
    findings: tuple[Finding, ...]
    at: datetime


class Reread(Model):
    """What was read anew."""

    read: tuple[str, ...]
    """Ids of events that may be replayed now."""
    unread: dict[str, str] = Field(default_factory=dict)
    """Id of an event to why it is still not known what it speaks of."""


class Subscribed(Model):
    """Who will be told, once AWS's mail to the address is confirmed."""

    email: str
    connection: str | None = None


class Triggered(Model):
    """What the receiver answered."""

    status: int
    event_id: str | None = None
