"""What the outside may know of a running stack: `.local/stack.json`."""

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict


class StackCredentials(BaseModel):
    """What webhooks must carry, and what the providers' APIs accept. Made up for each stack."""

    model_config = ConfigDict(frozen=True)

    username: str
    """HTTP Basic of both webhook routes."""
    password: str
    moneybird_secret: str
    """Signs Moneybird's webhooks."""
    moneybird_token: str
    """The `webhook_token` in their bodies."""
    moneybird_api_token: str
    administration_id: str
    moment_company: str
    moment_api_key: str


class StackDescription(BaseModel):
    """Addresses, names and credentials of a running stack."""

    model_config = ConfigDict(frozen=True)

    endpoint_url: str
    """Of every AWS service; any credentials and any region will do."""
    api_url: str
    """Of the deployed REST API, up to and including the stage."""
    events_table: str
    accounting_table: str
    control_table: str
    queue_url: str
    dead_letter_queue_url: str
    event_bus: str
    """Name of the bus that says what became of documents."""
    webhook_receiver_function: str
    entity_sync_function: str
    operations_function: str
    look_function: str
    export_function: str
    try_function: str
    reconciliation_function: str
    administration_function: str
    mapping_function: str
    console_function: str
    console_url: str
    """Of the page for bookkeepers, without a final slash."""
    moneybird_url: str
    """Base of Moneybird's API, as the functions call it: `http://.../api/v2`."""
    moment_url: str
    """Base of Moment's API: `http://.../api/1.0`."""
    connection: str
    credentials: StackCredentials

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read the description of a stack that is up."""
        return cls.model_validate_json(file.read_bytes())

    def write(self, file: Path) -> None:
        """Leave the description for outside programs; it holds credentials, if only of a stand-in."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(self.model_dump_json(indent=2) + "\n")

    @property
    def moneybird_webhook_url(self) -> str:
        """Where Moneybird delivers."""
        return f"{self.api_url}/webhooks/{self.connection}/moneybird"

    def moment_webhook_url(self, kind: str) -> str:
        """Where Moment delivers what happens to a kind of entity."""
        return f"{self.api_url}/webhooks/{self.connection}/moment/{kind}"
