"""Booking settings: what they accept, what they say when they are wrong, and what they decide."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.accounting.documents import (
    Contact,
    Document,
    DocumentState,
    Estimate,
    Expense,
    ExpenseKind,
    Project,
    Reference,
    SalesInvoice,
)
from accounting_sync.connections.booking_settings import BookingSettings, RoundingPolicy, parse_settings
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.cause import Cause
from accounting_sync.reasons.documents import DO_NOT_TRANSFER, NOT_FINAL, REJECTED_IN_MOMENT
from accounting_sync.webhooks.events import EntityRef, Source
from entity_sync.booking_rules import applies, switched_off

PARAMETER = "/accounting-sync/acme"
HIGH, PURCHASE_HIGH, REVENUE = "496081347565061258", "496081347580789901", "496081347348006010"


def settings(**values: Any) -> BookingSettings:  # noqa: ANN401  # any field
    return parse_settings(json.dumps(values), PARAMETER)


def refusal(text: str) -> str:
    with pytest.raises(ParkedError) as refused:
        parse_settings(text, PARAMETER)
    return str(refused.value)


def test_with_an_empty_parameter_everything_is_on_and_nothing_is_mapped() -> None:
    defaults = settings()

    assert defaults == BookingSettings()
    assert all(
        switched_off(kind, defaults) is None for kind in ("customer", "project", "invoice", "offer", "claim")
    )
    assert defaults.rounding.policy is RoundingPolicy.PARK
    assert not (defaults.vat or defaults.ledger_accounts or defaults.dry_run or defaults.attach_pdf)


def test_a_vat_code_may_be_mapped_in_short_and_at_length() -> None:
    mapped = settings(
        vat={"H": HIGH, "N": int(HIGH), "L": {"tax_rate_id": HIGH, "purchase_tax_rate_id": PURCHASE_HIGH}}
    )

    assert [mapped.tax_rate_id(code) for code in ("H", "N", "L")] == [HIGH] * 3
    assert mapped.tax_rate_id("L", purchase=True) == PURCHASE_HIGH


def test_a_percentage_in_the_settings_is_exact() -> None:
    read = parse_settings('{"vat": {"H": {"tax_rate_id": "1", "percentage": 5.5}}}', PARAMETER)

    assert read.vat["H"].percentage == Decimal("5.5")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON (line 1"),
        ("[]", "cannot be used"),
        (
            '{"vatt": {}}',
            "vatt: there is no such setting; remove it or correct its name."
            " The settings are: archive_contacts, attach_claim_files, attach_pdf,",
        ),
        (
            '{"vat": {"H": {"tax": "1"}}}',
            "vat.H.tax_rate_id: Field required; vat.H.tax: there is no such setting",
        ),
        ('{"vat": {"H": "high"}}', "vat.H.tax_rate_id: String should match pattern"),
        ('{"kinds": {"invoices": true}}', "kinds.invoices: there is no such setting"),
        ('{"moment_paths": {"invoice": "invoices"}}', "moment_paths: must hold one of these in braces: id"),
        ('{"moment_paths": {"invoice": "../{id}"}}', "moment_paths: must be a path such as invoices/{id}"),
        ('{"moment_paths": {"invoice": "//x/{id}"}}', "moment_paths: must be a path such as invoices/{id}"),
        ('{"moment_lists": {"invoice": "invoices/{id}"}}', "moment_lists: a list has no {id}"),
        ('{"moment_absent": {"invoice": ["lines"]}}', "moment_absent: 'lines' is not one of"),
        ('{"from_date": "last year"}', "from_date: Input should be a valid date"),
        ('{"reference": "{total}"}', "reference: may hold only these in braces: customer, id, kind, number"),
        ('{"reference": "{number.__class__}"}', "reference: may hold only"),
        ('{"reference": "{number!r}"}', "reference: may hold only"),
        ('{"reference": "{number:>10}"}', "reference: may hold only"),
        ('{"reference": "{number}{}"}', "reference: may hold only"),
        ('{"reference": "fixed"}', "reference: must hold one of these in braces: id, number"),
        ('{"reference": "{number"}', "reference: is not a pattern"),
        ('{"source_url": "http://moment.test/{id}"}', "source_url: must begin with https://"),
        ('{"attach_pdf": true}', "attach_pdf needs moment_pdf_path"),
        ('{"attach_claim_files": true}', "attach_claim_files needs moment_claim_file_path"),
        ('{"moment_pdf_path": "invoices/pdf"}', "moment_pdf_path: must hold one of"),
        (
            '{"rounding": {"policy": "rounding_line"}}',
            "rounding: the policy rounding_line needs ledger_account",
        ),
        ('{"rounding": {"max_cents": 0}}', "rounding.max_cents: Input should be greater"),
        ('{"expense": {"kind": "purchase_invoice"}}', "expense: the kind purchase_invoice needs contact_id"),
        ('{"moment_fields": {"invoice": {"totl": ["x"]}}}', "moment_fields: 'totl' is not one of: "),
        ('{"moment_fields": {"bill": {}}}', "moment_fields: 'bill' is not one of: claim, claim_line"),
        (
            '{"moment_states": {"project": {}}}',
            "moment_states: 'project' is not one of: claim, invoice, offer",
        ),
        ('{"moment_states": {"offer": {"Won": "won"}}}', "moment_states.offer.Won: Input should be"),
    ],
)
def test_wrong_settings_name_the_key_and_what_is_wrong(text: str, said: str) -> None:
    message = refusal(text)

    assert message.startswith(f"The booking settings {PARAMETER} ")
    assert said in message


def test_a_refusal_shows_no_value() -> None:
    assert "s3cr3t" not in refusal('{"from_date": "s3cr3t", "s": 1, "vat": {"H": "s3cr3t"}}')


@pytest.mark.parametrize(
    ("rounding", "said"),
    [
        (
            {"ledger_account": "9999", "vat_code": "0"},
            "rounding.ledger_account must be a key of ledger_accounts",
        ),
        (
            {"ledger_account": "8000", "vat_code": "?"},
            "rounding.vat_code must be a key of vat that charges 0 %",
        ),
        (
            {"ledger_account": "8000", "vat_code": "H"},
            "rounding.vat_code must be a key of vat that charges 0 %",
        ),
    ],
)
def test_rounding_is_booked_on_a_mapped_account_without_vat(rounding: dict[str, str], said: str) -> None:
    values = {
        "vat": {"0": {"tax_rate_id": "1"}, "H": {"tax_rate_id": "2", "percentage": "21"}},
        "ledger_accounts": {"8000": REVENUE},
        "rounding": {"policy": "rounding_line", **rounding},
    }

    assert said in refusal(json.dumps(values))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=3))
def test_any_json_gives_settings_or_a_refusal(value: object) -> None:
    for name in BookingSettings.model_fields:
        try:
            parse_settings(json.dumps({name: value}), PARAMETER)
        except ParkedError as refused:
            assert name in str(refused)


def test_an_unmapped_vat_code_parks_and_says_where_to_add_it() -> None:
    with pytest.raises(
        ParkedError, match=r"VAT code X7 is not mapped\. Add it under vat in the booking settings"
    ):
        settings(vat={"H": HIGH}).tax_rate_id("X7")


def test_a_line_without_vat_code_parks_even_if_a_code_is_called_none() -> None:
    with pytest.raises(ParkedError):
        settings(vat={"None": HIGH}).tax_rate_id(None)


def test_a_sales_rate_is_not_used_for_a_claim() -> None:
    with pytest.raises(ParkedError, match=r"Set vat\.H\.purchase_tax_rate_id"):
        settings(vat={"H": HIGH}).tax_rate_id("H", purchase=True)


def test_an_account_is_mapped_else_the_default_is_used_only_where_set() -> None:
    mapped = {"8000": REVENUE}

    assert settings(ledger_accounts=mapped).ledger_account_id("8000") == REVENUE
    assert settings(ledger_accounts=mapped, default_ledger_account="5").ledger_account_id("8100") == "5"
    assert settings(default_expense_account="6").ledger_account_id(None, purchase=True) == "6"
    with pytest.raises(ParkedError, match="Ledger account 8100 is not mapped"):
        settings(ledger_accounts=mapped).ledger_account_id("8100")
    with pytest.raises(ParkedError, match="A line has no ledger account"):
        settings(ledger_accounts=mapped).ledger_account_id(None)
    with pytest.raises(ParkedError, match="set default_expense_account"):
        settings(default_ledger_account="5").ledger_account_id("4500", purchase=True)


def entity(kind: str, source: Source = Source.MOMENT) -> EntityRef:
    return EntityRef("acme", source, kind, "106939080")


def billable(kind: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  # any field
    values: dict[str, Any] = {
        "entity": entity(kind),
        "state": DocumentState.OPEN,
        "number": "1",
        "date": date(2026, 1, 5),
        "currency": "EUR",
        "lines": (),
        "prices_include_vat": False,
        "total_net": None,
        "total_vat": None,
        "total_gross": None,
    }
    return values | changes


def invoice(**changes: Any) -> SalesInvoice:  # noqa: ANN401  # any field
    return SalesInvoice(**{"customer": None, "due_date": None} | billable("invoice", **changes))


def offer(**changes: Any) -> Estimate:  # noqa: ANN401  # any field
    return Estimate(**{"customer": None} | billable("offer", **changes))


def claim(**changes: Any) -> Expense:  # noqa: ANN401  # any field
    return Expense(kind=ExpenseKind.RECEIPT, supplier=None, **billable("claim", **changes))


def contact() -> Contact:
    return Contact(entity=entity("customer"), state=DocumentState.ACTIVE, number="10001", company_name="Acme")


def project() -> Project:
    return Project(entity=entity("project"), state=DocumentState.ACTIVE, number="1", name="House")


ALL: dict[str, Document] = {
    "invoice": invoice(),
    "offer": offer(),
    "claim": claim(),
    "customer": contact(),
    "project": project(),
}


@pytest.mark.parametrize(("kind", "document"), ALL.items())
def test_a_kind_that_is_off_is_skipped_and_the_others_are_booked(kind: str, document: Document) -> None:
    off = settings(kinds={kind: False})

    assert (
        str(applies(document, off))
        == f"The kind {kind} is switched off in the booking settings (kinds.{kind})."
    )
    assert [name for name, other in ALL.items() if applies(other, off) is None] == [
        k for k in ALL if k != kind
    ]


@pytest.mark.parametrize(("from_date", "booked"), [("2026-01-05", True), ("2026-01-06", False)])
@pytest.mark.parametrize("document", [invoice(), offer(), claim()])
def test_documents_before_from_date_are_skipped(document: Document, from_date: str, booked: bool) -> None:
    reason = applies(document, settings(from_date=from_date))

    assert (reason is None) == booked
    assert booked or "dated 2026-01-05, before from_date 2026-01-06" in str(reason)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (invoice(transfer=False), DO_NOT_TRANSFER),
        (invoice(state=DocumentState.DRAFT), NOT_FINAL),
        (offer(state=DocumentState.DRAFT), NOT_FINAL),
        (offer(state=DocumentState.REJECTED), None),
        (offer(state=DocumentState.ACCEPTED), None),
        (claim(state=DocumentState.REJECTED), REJECTED_IN_MOMENT),
        (claim(state=DocumentState.PAID), None),
        (invoice(state=DocumentState.PAID), None),
        (invoice(date=None), None),
    ],
)
def test_what_is_not_final_or_not_wanted_is_skipped(document: Document, reason: Cause | None) -> None:
    assert applies(document, settings(from_date="2026-01-01")) == (reason() if reason else None)


def test_moneybirds_own_documents_are_never_skipped_by_moments_settings() -> None:
    own = invoice(entity=entity("SalesInvoice", Source.MONEYBIRD), state=DocumentState.DRAFT)

    assert applies(own, settings(kinds={"invoice": False}, from_date="2027-01-01")) is None


def test_the_reference_follows_its_pattern() -> None:
    customer = Reference(entity=entity("customer"), number="10001")

    assert settings().reference_for(invoice()) == "1"
    assert settings(reference="M{number}/{customer}").reference_for(invoice(customer=customer)) == "M1/10001"
    assert settings(reference="{kind}-{id}").reference_for(claim(number=None)) == "claim-106939080"


def test_a_number_with_braces_is_not_a_pattern() -> None:
    assert settings(reference="{number}").reference_for(invoice(number="{id}")) == "{id}"


def test_a_reference_that_cannot_be_made_parks() -> None:
    with pytest.raises(ParkedError, match="the invoice has no customer number"):
        settings(reference="{number}/{customer}").reference_for(invoice())
    with pytest.raises(ParkedError, match="the claim has no number"):
        settings().reference_for(claim(number=None))
