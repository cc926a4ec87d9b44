"""The event bus: what is published, by which schema, and what happens when the bus refuses."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from jsonschema import Draft202012Validator
from moto import mock_aws

from accounting_sync.accounting.documents import DocumentState, DocumentType
from accounting_sync.accounting.event_bus import (
    BookedAt,
    Detail,
    DocumentFailed,
    DocumentParked,
    DocumentSynced,
    EventBus,
    InvoicePaid,
    schemas,
)
from accounting_sync.errors import RetryableError
from accounting_sync.reasons.cause import described
from accounting_sync.reasons.settings import VAT_CODE_NOT_MAPPED
from accounting_sync.webhooks.events import Source
from tests.harness.reasons import reason

COMMON: dict[str, Any] = {
    "event_id": "acme#moment#1",
    "connection": "acme",
    "source": Source.MOMENT,
    "entity_type": "invoice",
    "entity_id": "106939080",
    "occurred_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
}
BOOKED = BookedAt(destination="moneybird", remote_type="ExternalSalesInvoice", remote_id="77")
DETAILS: list[Detail] = [
    DocumentSynced(
        **COMMON,
        document_type=DocumentType.SALES_INVOICE,
        number="1",
        version=2,
        state=DocumentState.OPEN,
        currency="EUR",
        total_gross=Decimal("1149.50"),
        booked_at=(BOOKED,),
    ),
    DocumentParked(**COMMON, **described(VAT_CODE_NOT_MAPPED(vat_code="X7"))),
    DocumentFailed(**COMMON, **described(reason("Given up.")), attempts=6),
    InvoicePaid(
        **COMMON,
        number="1",
        paid_at=date(2026, 3, 1),
        currency="EUR",
        total_gross=Decimal("1149.50"),
        booked_at=BOOKED,
    ),
]


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        yield boto3.client("events", region_name="eu-west-1")


@pytest.mark.parametrize("detail", DETAILS, ids=lambda detail: type(detail).__name__)
def test_details_arrive_as_their_schema_says(client: Any, detail: Detail) -> None:  # noqa: ANN401  # a stub's client
    client.create_event_bus(Name="accounting")
    sent: list[dict[str, Any]] = []
    client.meta.events.register(
        "provide-client-params.events.PutEvents", lambda params, **_: sent.extend(params["Entries"])
    )

    EventBus(client, "accounting").publish(detail)

    (entry,) = sent
    kind = type(detail).__name__
    assert (entry["EventBusName"], entry["Source"]) == ("accounting", "accounting-sync")
    assert entry["DetailType"] == kind
    Draft202012Validator(schemas()[kind]).validate(json.loads(entry["Detail"]))


def test_amounts_are_texts_to_the_cent() -> None:
    assert json.loads(DETAILS[0].model_dump_json())["total_gross"] == "1149.50"


def test_refused_event_is_tried_again(client: Any) -> None:  # noqa: ANN401
    with Stubber(client) as stub:
        stub.add_response(
            "put_events", {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]}
        )

        with pytest.raises(RetryableError, match="ThrottlingException"):
            EventBus(client, "accounting").publish(DETAILS[1])


def test_unreachable_bus_is_tried_again(client: Any) -> None:  # noqa: ANN401
    with Stubber(client) as stub:
        stub.add_client_error("put_events", "InternalException", "for customer Jansen")

        with pytest.raises(RetryableError) as refused:
            EventBus(client, "accounting").publish(DETAILS[1])

    assert "Jansen" not in str(refused.value)
