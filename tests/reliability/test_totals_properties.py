"""Control totals over any documents: they agree to the cent, and one changed cent is found and named."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from aws_lambda_powertools import Logger
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from accounting_sync.accounting.stores.ledger_index import LedgerIndex
from accounting_sync.connections.connection import Connection
from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.requests import DetailFields, ExternalSalesInvoiceFields
from accounting_sync.webhooks.events import Source
from operations.api.totals import Amounts
from operations.totals.amounts import with_vat
from operations.totals.checker import Checker
from operations.totals.checks import Check, CheckStore
from operations.totals.ledger import LedgerSide
from operations.totals.month import Month
from tests.harness.examples import examples
from tests.harness.moneybird_booking import MoneybirdBooking, moneybird_booking
from tests.harness.tables import accounting_table
from tests.harness.world import CONNECTION, CountedMetrics, entity
from tests.simulators.moment import samples
from tests.simulators.moment.samples import Line

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

JANUARY = Month.parse("2026-01")

prices = st.integers(-50_000, 500_000).map(lambda cents: f"{Decimal(cents).scaleb(-2)}")
lines = st.builds(
    Line,
    description=st.just("Synthetic"),
    quantity=st.sampled_from(["1", "3", "0.25", "7.5", "-2"]),
    unit_price=prices,
    vat_code=st.sampled_from([samples.VAT_HIGH, samples.VAT_LOW, samples.VAT_REVERSE]),
    discount=st.sampled_from([None, "12.5"]),
)


@dataclass(frozen=True)
class Given:
    lines: list[Line]
    day: int
    currency: str

    def raw(self, invoice_id: int) -> dict[str, Any]:
        day, currency = f"2026-01-{self.day:02}", self.currency
        return samples.invoice(invoice_id, invoice_id, self.lines, invoiceDate=day, currency=currency)


bills = st.builds(
    Given,
    lines=st.lists(lines, min_size=1, max_size=4),
    day=st.integers(1, 31),
    currency=st.sampled_from(["EUR", "EUR", "EUR", "USD"]),
)


@dataclass
class _Fixed:
    """Answers as the connection's stores and provider clients do."""

    booking: MoneybirdBooking

    def get(self, _connection: str) -> Any:  # noqa: ANN401  # of two stores
        return self.booking.booking_settings

    def in_lane(self, _lane: object) -> "_Fixed":
        return self

    def moneybird(self, *_: object) -> object:
        return self.booking.client


class _Connections:
    def get(self, name: str) -> Connection:
        return Connection(name=name)


@pytest.fixture(scope="module")
def dynamodb() -> Iterator["DynamoDBClient"]:
    with mock_aws():
        yield boto3.client("dynamodb", region_name="eu-west-1")


def checked(booking: MoneybirdBooking) -> Check:
    fixed = cast("Any", _Fixed(booking))
    checker = Checker(
        checks=CheckStore(booking.dynamodb, booking.table),
        connections=cast("Any", _Connections()),
        settings=fixed,
        clients=fixed,
        ledger=LedgerSide(LedgerIndex(booking.dynamodb, booking.table)),
        clock=booking.clock,
        counter=CountedMetrics(),
        logger=Logger(service="totals", level="CRITICAL"),
    )
    return checker.go_on(checker.open(CONNECTION, JANUARY), lambda: 60.0)


def changed_rate(invoice: dict[str, Any]) -> str:
    return str(invoice["tax_totals"][0]["tax_rate_id"])


def booked(booking: MoneybirdBooking, bills: list[Given]) -> None:
    """Book invoices as the sync does; those that are parked are not booked."""
    for invoice_id, bill in enumerate(bills, start=107_000_000):
        booking.moment.state.put("invoices", bill.raw(invoice_id), None)
        try:
            document = booking.load(entity("invoice", invoice_id))
            booking.book_document(document)
        except ParkedError:
            continue
        booking.store.upsert_document(document, booking.clock())


@settings(max_examples=examples(8))  # an example books up to four invoices
@given(bills=st.lists(bills, min_size=1, max_size=4), data=st.data())
def test_any_documents_agree_until_a_cent_is_changed(
    dynamodb: "DynamoDBClient", bills: list[Given], data: st.DataObject
) -> None:
    with moneybird_booking(dynamodb) as booking:
        booked(booking, bills)
        invoices = booking.at_moneybird("external_sales_invoices")
        agreed = checked(booking)
        assert agreed.agrees, (agreed.problem, agreed.totals, agreed.findings)
        assert sum((each.moneybird.net for each in agreed.totals), Decimal(0)) == sum(
            (Decimal(rate["taxable_amount_base"]) for each in invoices for rate in each["tax_totals"]),
            Decimal(0),
        )
        if not invoices:
            return
        changed = data.draw(st.sampled_from(invoices))
        cent = DetailFields(
            description="By hand", amount=Decimal(1), price=Decimal("0.01"), tax_rate_id=changed_rate(changed)
        )
        booking.client.update_external_sales_invoice(
            changed["id"], ExternalSalesInvoiceFields(details_attributes=(cent,))
        )

        (finding,) = checked(booking).findings

        assert (finding.kind, finding.remote_id, finding.number) == (
            "changed",
            changed["id"],
            changed["reference"],
        )


@given(
    nets=st.dictionaries(st.sampled_from("abcd"), st.decimals(-9999, 9999, places=2), min_size=1),
    vat=st.decimals(-9999, 9999, places=2),
)
def test_vat_that_is_told_apart_comes_to_the_vat_in_all(nets: dict[str, Decimal], vat: Decimal) -> None:
    split = with_vat(nets, vat, {"a": Decimal(21), "b": Decimal(9)}, "EUR")

    assert sum((each.vat for each in split.values()), Decimal(0)) == vat
    assert {rate: each.net for rate, each in split.items()} == nets


@pytest.mark.parametrize(("vat", "largest"), [("255.00", "210.00"), ("255.02", "210.02")])
def test_each_rate_gets_its_percentage_and_the_largest_amount_the_cents_that_are_left(
    vat: str, largest: str
) -> None:
    nets = {"a": Decimal("1000.00"), "b": Decimal("500.00")}

    split = with_vat(nets, Decimal(vat), {"a": Decimal(21), "b": Decimal(9)}, "EUR")

    assert {rate: str(each.vat) for rate, each in split.items()} == {"a": largest, "b": "45.00"}


def test_many_documents_are_read_in_chunks(dynamodb: "DynamoDBClient") -> None:
    with accounting_table(dynamodb) as table:
        booking = MoneybirdBooking(dynamodb, table)
        booked(booking, [Given([Line("Synthetic", "1", "10.00")], 5, "EUR")])
        (invoice,) = booking.at_moneybird("external_sales_invoices")
        for number in range(250):
            copy = invoice | {"id": str(9000 + number), "reference": f"H{number}"}
            booking.moneybird.state.put("external_sales_invoices", copy, None)

        check = checked(booking)

        reads = [each.path for each in booking.writes() if "synchronization" in each.path]
        assert (check.found, len(check.findings), len(reads)) == (250, 200, 3)
        assert {each.kind for each in check.findings} == {"unknown"}
        (rate,) = check.totals
        assert rate.difference == Amounts(net=Decimal("2500.00"), vat=Decimal("525.00"))
        assert not rate.unexplained
        assert LedgerIndex(dynamodb, table).booked_as([], Source.MONEYBIRD) == {}
