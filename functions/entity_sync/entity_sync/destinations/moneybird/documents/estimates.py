"""Offer -> estimate, and the customer's decision -> its state.

An estimate has no field that says where it comes from, so one that a person made is never taken for ours:
only what an earlier attempt may have created is looked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from accounting_sync.accounting.documents import DocumentState, DocumentType, Estimate
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.providers.moneybird.models import MoneybirdEstimate
from accounting_sync.providers.moneybird.requests import EstimateFields, EstimateState
from entity_sync.destinations.moneybird.documents.billable import BillableDocument
from entity_sync.destinations.moneybird.documents.line_items import LineItems
from entity_sync.destinations.moneybird.writing.matching import attempted, period_around
from entity_sync.destinations.moneybird.writing.remote_document import Action, Intent

_DECISIONS = {
    DocumentState.ACCEPTED: EstimateState.ACCEPTED,
    DocumentState.REJECTED: EstimateState.REJECTED,
}
_DRAFT = "draft"
_BEYOND = {"billed", "archived"}
"""States that come after a decision: a bookkeeper went on with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateDocument(BillableDocument[EstimateFields, MoneybirdEstimate]):
    """An estimate, and the customer's decision on it."""

    decision: EstimateState | None
    """What the customer decided; None while it is open."""
    document_type = DocumentType.ESTIMATE
    remote_type = "Estimate"
    path = "estimates"
    wrapper = "estimate"
    name = "estimate"

    def intent(self) -> Intent:
        """Return contact, date and reference."""
        return {
            "contact_id": self.fields.contact_id or "",
            "date": str(self.fields.estimate_date),
            "reference": self.fields.reference or "",
        }

    def find(self, intent: Intent) -> Sequence[MoneybirdEstimate]:
        """Return what an earlier attempt may have created."""
        return attempted(self.client.list_estimates(period_around(intent), intent["contact_id"]), intent)

    def get(self, remote_id: str) -> MoneybirdEstimate:
        """Read an estimate."""
        return self.client.get_estimate(remote_id)

    def create(self) -> MoneybirdEstimate:
        """Create the estimate, a draft."""
        return self.client.create_estimate(self.fields)

    def update(self, remote_id: str, changes: EstimateFields) -> MoneybirdEstimate:
        """Change an estimate."""
        return self.client.update_estimate(remote_id, changes)

    @property
    def searches_first(self) -> bool:
        """No: an estimate that a person made is never taken for ours."""
        return False

    @property
    def wanted_state(self) -> str | None:
        """Return the customer's decision."""
        return self.decision

    def actions(self, found: MoneybirdEstimate | None) -> Sequence[Action]:
        """Return what it takes to put the estimate in the state of its decision."""
        return _decide(self.client, self.decision, found)


def estimate_fields(
    estimate: Estimate, settings: BookingSettings, contact_id: str, line_items: LineItems
) -> EstimateFields:
    """Map an offer.

    Raises
    ------
    ParkedError
        If the offer lacks what is needed.
    """
    bookable = estimate.bookable()
    return EstimateFields(
        contact_id=contact_id,
        document_style_id=settings.estimate.document_style_id,
        workflow_id=settings.estimate.workflow_id,
        reference=settings.reference_for(estimate),
        estimate_date=bookable.date,
        currency=bookable.currency,
        prices_are_incl_tax=bookable.prices_include_vat,
        details_attributes=line_items.fields,
    )


def decision_of(estimate: Estimate) -> EstimateState | None:
    """Return what the customer decided; None while it is open."""
    return _DECISIONS.get(estimate.state)


def _decide(
    client: MoneybirdClient, wanted: EstimateState | None, found: MoneybirdEstimate | None
) -> Sequence[Action]:
    """Return what it takes to put an estimate in the state of its decision (None: a new estimate).

    A draft must be opened first, which Moneybird calls sending it; marked as sent by hand, nothing is sent.
    """
    state = found.state if found is not None else _DRAFT
    if wanted is None or state == wanted or state in _BEYOND:
        return ()
    estimate_id = found.id if found is not None else "(new)"
    send = Action(
        name="estimate marked as sent",
        path=f"PATCH estimates/{estimate_id}/send_estimate",
        body={"estimate_sending": {"delivery_method": "Manual"}},
        perform=lambda: client.mark_estimate_as_sent(estimate_id),
    )
    change = Action(
        name=f"estimate {wanted}",
        path=f"PATCH estimates/{estimate_id}/change_state",
        body={"state": wanted.value},
        perform=lambda: client.change_estimate_state(estimate_id, wanted),
    )
    return (send, change) if state == _DRAFT else (change,)
