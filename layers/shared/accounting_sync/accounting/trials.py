"""Trials of the mapping: what a sync would send, and under which keys Moment's fields were found.

Shared, because the sync's code answers it (it alone has the mapping) and the operations' callers ask it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from accounting_sync.model import Model

ConnectionName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]

MASK = "***"

PERSONAL = frozenset(
    {
        "address",
        "address1",
        "address2",
        "chamber_of_commerce",
        "city",
        "company_name",
        "description",
        "email",
        "first_name",
        "firstname",
        "last_name",
        "lastname",
        "name",
        "note",
        "phone",
        "postal_code",
        "send_estimates_to_attention",
        "send_estimates_to_email",
        "send_invoices_to_attention",
        "send_invoices_to_email",
        "tax_number",
        "vat_number",
        "zipcode",
    }
)
"""Names of fields, ours and Moneybird's, that may hold personal data; free texts are among them."""


class TryDocument(Model):
    """Show what a sync of one of Moment's entities would send to Moneybird now; nothing is sent or stored."""

    task: Literal["mapping.try"]
    connection: ConnectionName
    entity_type: Literal["customer", "project", "invoice", "offer", "claim"]
    entity_id: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    """Moment's own id."""
    event_id: Annotated[str, StringConstraints(min_length=1, max_length=600)] | None = None
    """Map what was read for this event of the entity, instead of what Moment has now."""
    reveal: bool = False
    """Whether to show personal data."""


class LearnMapping(Model):
    """Tell under which of Moment's keys our fields were found, over all entities that were read so far."""

    task: Literal["mapping.learn"]
    connection: ConnectionName


type TrialRequest = Annotated[TryDocument | LearnMapping, Field(discriminator="task")]
"""What TryFunction answers."""


class PlannedWrite(Model):
    """One write that would be made."""

    action: str
    """In words: `create contact`."""
    path: str
    """Of the request, with its method: `POST contacts`."""
    fields: dict[str, Any] = Field(default_factory=dict)
    """The body that would be sent; money as text."""
    standing: dict[str, Any] = Field(default_factory=dict)
    """What stands at the destination where the body would change it, in the body's own shape."""


class Verdict(StrEnum):
    """What a sync would come to."""

    SENDS = "sends"
    UNCHANGED = "unchanged"
    """It stands there as it was last written."""
    NOT_BOOKED = "not_booked"
    """By the booking settings, or because Moment says so."""
    PARKS = "parks"
    WAITS = "waits"
    DENIED = "denied"
    """A provider refuses the credentials."""
    TRIES_AGAIN = "tries_again"
    GONE = "gone"
    """Moment does not have it."""


class Trial(Model):
    """What a sync of an entity would do now."""

    connection: str
    entity_type: str
    entity_id: str
    verdict: Verdict
    reason: str | None = None
    reason_code: str | None = None
    reason_parameters: dict[str, str] = Field(default_factory=dict)
    document: dict[str, Any] | None = None
    """The canonical document; None where Moment's answer could not be mapped."""
    requests: tuple[PlannedWrite, ...] = ()
    """What would be sent, in order. `(new)` stands for the id of what would be created before."""

    def masked(self) -> "Trial":
        """Return it without personal data."""
        return self.model_copy(
            update={
                "document": masked(self.document),
                "requests": tuple(
                    each.model_copy(update={"fields": masked(each.fields), "standing": masked(each.standing)})
                    for each in self.requests
                ),
            }
        )


def masked(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    """Return a JSON value with a mask in place of what may be personal."""
    if isinstance(value, Mapping):
        return {name: MASK if _is_personal(name, inner) else masked(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [masked(inner) for inner in value]
    return value


def _is_personal(name: str, value: object) -> bool:
    return name in PERSONAL and value is not None and not isinstance(value, Mapping)


class LearnedField(Model):
    """One of our fields, and where Moment has it."""

    field: str
    taken_from: tuple[str, ...] = ()
    """Moment's keys that held its value, the preferred one first; empty: it was found nowhere."""
    looked_for: tuple[str, ...] = ()
    """The keys that are tried, in order."""


class LearnedKind(Model):
    """What is known of one kind of Moment's entities; `invoice_line`: of its lines."""

    kind: str
    fields: tuple[LearnedField, ...]
    untaken: tuple[str, ...] = ()
    """Keys that Moment sent and that are taken for nothing: a missing field may be among them."""


class Learned(Model):
    """What the sync has learned of a connection's Moment. Names of keys alone, no values."""

    connection: str
    kinds: tuple[LearnedKind, ...]
    """The kinds of which an entity was read."""
