"""From Moment's entities to documents."""

from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from pydantic import TypeAdapter

from accounting_sync.accounting.documents import (
    Contact,
    Document,
    DocumentState,
    Estimate,
    Expense,
    ExpenseKind,
    Project,
    SalesInvoice,
)
from accounting_sync.errors import ParkedError
from entity_sync.booking_rules import applies
from entity_sync.mapping.from_moment import map_moment
from tests.simulators.moment import samples
from tests.simulators.moment.spelling import flattened
from tests.unit.entity_sync.mapping.moment_objects import (
    DEFAULTS,
    Object,
    as_fetched,
    claim,
    customer,
    invoice,
    line,
    mapped,
    offer,
    project,
    ref,
    settings,
    without,
)

SAMPLES = {
    (collection.removesuffix("s"), entity["id"]): entity
    for collection, entities in samples.seed().items()
    for entity in entities
}
PARKED_SAMPLES = {samples.OFF_BY_A_CENT: "differ from its lines", samples.MISSING_FIELD: "has no currency"}


def sales_invoice(raw: Object, **own: object) -> SalesInvoice:
    document = mapped("invoice", raw, settings(**own))
    assert isinstance(document, SalesInvoice)
    return document


def parked(kind: str, raw: Object, **own: object) -> str:
    with pytest.raises(ParkedError) as refused:
        mapped(kind, raw, settings(**own))
    return str(refused.value)


@pytest.mark.parametrize("spell", [dict, flattened], ids=["nested", "flattened"])
@pytest.mark.parametrize(("kind", "entity_id"), SAMPLES)
def test_every_sample_is_mapped_or_parked_in_both_spellings(
    kind: str, entity_id: int, spell: type[dict[str, object]]
) -> None:
    raw = SAMPLES[kind, entity_id]

    if entity_id in PARKED_SAMPLES:
        assert PARKED_SAMPLES[entity_id] in parked(kind, spell(raw))
        return
    document = mapped(kind, spell(raw))
    adapter: TypeAdapter[Document] = TypeAdapter(Document)
    assert adapter.validate_json(adapter.dump_json(document)) == document
    assert document == mapped(kind, raw)


def test_an_invoice_is_mapped_whole() -> None:
    document = sales_invoice(
        invoice(
            lines=[line(), line(quantity=2, unitPrice=12.5, vatCode="L", vatPercentage=9, account=8200)],
            totalNet=975,
            totalVat=201.75,
            totalGross=1176.75,
            lastModifiedDate="2026-01-05T10:00:00.5+01:00",
            yourReference="PO 12",
            outstandingAmount=1176.75,
        )
    )

    assert document.number == "1"
    assert (document.date, document.due_date) == (date(2026, 1, 5), date(2026, 1, 19))
    assert document.updated_at == datetime(2026, 1, 5, 9, 0, 0, 500_000, tzinfo=UTC)
    assert document.state is DocumentState.OPEN
    assert document.currency == "EUR"
    assert document.customer
    assert (document.customer.entity.id, document.customer.number) == ("62788973", "10001")
    assert document.project
    assert (document.project.entity, document.project.number) == (ref("project", "62788980"), "1")
    assert [(each.net, each.vat_code, each.account) for each in document.lines] == [
        (Decimal("950.00"), "H", "8000"),
        (Decimal("25.00"), "L", "8200"),
    ]
    assert [(each.vat_code, each.base, each.vat) for each in document.vat_totals] == [
        ("H", Decimal("950.00"), Decimal("199.50")),
        ("L", Decimal("25.00"), Decimal("2.25")),
    ]
    assert (document.total_net, document.total_vat, document.total_gross) == (
        Decimal("975.00"),
        Decimal("201.75"),
        Decimal("1176.75"),
    )
    assert document.reference == "PO 12"
    assert document.outstanding == Decimal("1176.75")
    assert document.transfer
    assert not document.is_credit_note


@pytest.mark.parametrize(
    ("key", "named"),
    [
        ("invoiceDate", "date"),
        ("currency", "currency"),
        ("lines", "lines"),
        ("customer", "customer_id"),
        ("id", "id"),
    ],
)
def test_a_missing_field_parks_and_names_the_field_and_the_keys_that_are_there(key: str, named: str) -> None:
    raw = without(invoice(), key)

    with pytest.raises(ParkedError) as refused:
        map_moment(ref("invoice"), as_fetched(raw), DEFAULTS, lambda _: True)

    message = str(refused.value)
    assert f"The invoice has no {named}. Looked for: " in message
    assert "totalGross" in message
    assert "moment_fields.invoice" in message
    assert "Synthetic Client" not in message


@pytest.mark.parametrize("key", ["vatCode", "vatPercentage", "quantity", "unitPrice"])
def test_a_line_without_what_it_needs_parks_and_names_the_line(key: str) -> None:
    message = parked("invoice", invoice(lines=[line(), without(line(), key)]))

    assert "invoice's line 2 has no " in message
    assert "moment_fields.invoice_line" in message


@pytest.mark.parametrize("missing", [("totalNet", "totalVat"), ("totalVat", "totalGross")])
def test_one_total_alone_is_not_enough(missing: tuple[str, str]) -> None:
    assert "The invoice has no total_" in parked("invoice", without(invoice(), *missing))


@pytest.mark.parametrize("missing", ["totalNet", "totalVat", "totalGross"])
def test_the_third_total_follows_from_the_other_two(missing: str) -> None:
    assert sales_invoice(without(invoice(), missing)) == sales_invoice(invoice())


@pytest.mark.parametrize("lines", [[], None, "none", {}])
def test_an_invoice_without_lines_parks(lines: object) -> None:
    assert "The invoice has no lines" in parked("invoice", invoice(lines=lines))


def test_lines_that_are_no_objects_park() -> None:
    assert "lines is not a list of objects" in parked("invoice", invoice(lines=[1]))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("totalNet", "950,00"),
        ("totalNet", "1.000.00"),
        ("totalNet", "9.5E2"),
        ("totalNet", "NaN"),
        ("totalNet", float("nan")),
        ("totalNet", "9" * 31),
        ("currency", "Euro"),
        ("invoiceDate", "5 January"),
        ("invoiceDate", 20260105),
        ("invoiceDate", "2026-02-30"),
    ],
)
def test_what_cannot_be_read_parks_without_showing_the_value(key: str, value: object) -> None:
    message = parked("invoice", invoice(**{key: value}))

    assert " is not " in message
    assert str(value) not in message


@pytest.mark.parametrize(
    "day",
    [
        "2026-01-05",
        "2026-01-05T00:00:00",
        "2026-01-04T23:30:00Z",
        "2026-01-05T00:30:00+01:00",
        [2026, 1, 5],
        1767569400000,
    ],
)
def test_a_date_is_the_calendar_day_in_amsterdam(day: object) -> None:
    assert sales_invoice(invoice(invoiceDate=day)).date == date(2026, 1, 5)


@pytest.mark.parametrize("time", ["2026-01-05", "2026-01-05T09:00:00", "soon", True, 5, 10**30, [], {}])
def test_a_time_without_a_zone_does_not_order_versions(time: object) -> None:
    assert sales_invoice(invoice(lastModifiedDate=time)).updated_at is None


def test_numbers_as_identifiers_become_texts() -> None:
    document = sales_invoice(invoice(customer={"id": 62788973, "customerNumber": 10001}))

    assert document.customer
    assert (document.customer.entity.id, document.customer.number) == ("62788973", "10001")


def test_lines_that_do_not_come_to_the_totals_park_with_both_sums() -> None:
    message = parked("invoice", invoice(totalNet=950.01, totalGross=1149.51))

    assert "950.00, 199.50, 1149.50" in message
    assert "950.01, 199.50, 1149.51 EUR" in message


def test_totals_that_contradict_each_other_park() -> None:
    assert "differ from its lines" in parked("invoice", invoice(totalGross=1149.51))


def test_a_line_that_contradicts_itself_parks() -> None:
    message = parked("invoice", invoice(lines=[line(netAmount=949.99)]))

    assert (
        "The invoice's line 1 does not add up: 10 x 95 less 0 % is 950.00, and Moment says 949.99" in message
    )


def test_a_line_with_an_amount_only_is_one_piece() -> None:
    lump = without(line(netAmount=950), "quantity", "unitPrice")

    only = sales_invoice(invoice(lines=[lump])).lines[0]

    assert (only.quantity, only.unit_price, only.net) == (Decimal(1), Decimal(950), Decimal(950))


@pytest.mark.parametrize("code", ["H", "L"])
def test_a_vat_percentage_may_come_from_the_settings(code: str) -> None:
    raw = invoice(lines=[without(line(), "vatPercentage")])
    own = {"vat": {code: {"tax_rate_id": "1", "percentage": "21"}}}

    if code == "H":
        assert sales_invoice(raw, **own).lines[0].vat_percentage == 21
    else:
        message = parked("invoice", raw, **own)
        assert "has no vat_percentage" in message
        assert "Or set vat.H.percentage there." in message


def test_a_vat_percentage_that_contradicts_the_settings_parks() -> None:
    own = {"vat": {"H": {"tax_rate_id": "1", "percentage": "25"}}}

    assert "VAT code H charges 21 % in Moment and 25 % in the booking settings" in parked(
        "invoice", invoice(), **own
    )


def test_prices_that_hold_vat_come_to_the_gross_total() -> None:
    priced = line(quantity=3, unitPrice=9.99)

    document = sales_invoice(
        invoice(lines=[priced], pricesIncludeVat=True, totalNet=24.77, totalVat=5.2, totalGross=29.97)
    )

    assert document.lines[0].net == Decimal("24.77")
    assert document.prices_include_vat


def test_a_wrong_assumption_about_vat_in_prices_parks() -> None:
    priced = line(quantity=3, unitPrice=9.99)

    assert parked("invoice", invoice(lines=[priced], totalNet=24.77, totalVat=5.2, totalGross=29.97))


def test_a_credit_note_is_negative_and_names_its_original() -> None:
    document = sales_invoice(
        invoice(
            lines=[line(quantity=-10)],
            totalNet=-950,
            totalVat=-199.5,
            totalGross=-1149.5,
            creditedInvoice={"id": 106939079, "invoiceNumber": 8},
        )
    )

    assert document.is_credit_note
    assert document.total_gross == Decimal("-1149.50")
    assert document.credits
    assert (document.credits.entity, document.credits.number) == (ref("invoice", "106939079"), "8")


def test_a_credit_note_with_a_positive_total_parks() -> None:
    assert "credits another one, and its total is not negative" in parked(
        "invoice", invoice(creditedInvoice={"id": 106939079})
    )


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, DocumentState.OPEN),
        ({"status": "FINALIZED"}, DocumentState.OPEN),
        ({"status": "Paid"}, DocumentState.PAID),
        ({"invoiceNumber": None}, DocumentState.DRAFT),
        ({"status": "draft"}, DocumentState.DRAFT),
    ],
)
def test_an_invoice_with_a_number_is_final_unless_its_state_says_otherwise(
    changes: dict[str, object], state: DocumentState
) -> None:
    document = sales_invoice(invoice(**changes))

    assert (document.state, document.source_state) == (state, changes.get("status"))


def test_an_invoice_in_a_state_that_is_not_known_parks_until_the_settings_explain_it() -> None:
    raw = invoice(status="CANCELLED")  # with a number: it was final once

    assert "The invoice's state 'CANCELLED' is not known." in parked("invoice", raw)
    explained = mapped("invoice", raw, settings(moment_states={"invoice": {"cancelled": "draft"}}))
    assert explained.state is DocumentState.DRAFT


@pytest.mark.parametrize(
    "changes",
    [{"exportStatus": "DO_NOT_TRANSFER"}, {"exportStatus": "Do not transfer"}, {"doNotTransfer": True}],
)
def test_do_not_transfer_is_recognised(changes: dict[str, object]) -> None:
    assert not sales_invoice(invoice(**changes)).transfer


@pytest.mark.parametrize("status", ["TO_TRANSFER", "TRANSFERRED", None, ""])
def test_the_other_export_statuses_that_are_documented_are_transferred(status: str | None) -> None:
    assert sales_invoice(invoice(exportStatus=status)).transfer


@pytest.mark.parametrize("status", ["SKIP", "NO", True, {"code": "DO_NOT_TRANSFER"}, ["DO_NOT_TRANSFER"]])
def test_an_export_status_that_is_not_known_parks(status: object) -> None:
    assert "export" in parked("invoice", invoice(exportStatus=status))


def test_the_settings_say_what_an_export_status_means() -> None:
    own = {"moment_transfer": {"Skip it": False, "true": True}}

    assert not sales_invoice(invoice(exportStatus="SKIP_IT"), **own).transfer
    assert sales_invoice(invoice(exportStatus=True), **own).transfer


@pytest.mark.parametrize("flag", ["yes", 1, {"value": True}])
def test_a_do_not_transfer_that_is_no_flag_parks(flag: object) -> None:
    assert "do_not_transfer" in parked("invoice", invoice(doNotTransfer=flag))


def unconfirmed(raw: Object, **own: object) -> Document:
    """Map an invoice of a connection of which no field was ever seen."""
    return map_moment(ref("invoice", str(raw.get("id"))), as_fetched(raw), settings(**own))


@pytest.mark.parametrize(
    ("there", "absent"),
    [({"status": "OPEN"}, "do_not_transfer"), ({"exportStatus": "TO_TRANSFER"}, "state")],
)
def test_what_was_never_found_parks_the_first_invoice_until_the_settings_say_that_it_is_absent(
    there: Object, absent: str
) -> None:
    raw = invoice(**there)

    with pytest.raises(ParkedError) as refused:
        unconfirmed(raw)
    message = str(refused.value)
    assert f"has no {absent}" in message
    assert f"{absent!r} to moment_absent.invoice" in message
    assert "It has these keys: currency, customer.customerNumber, " in message
    assert isinstance(unconfirmed(raw, moment_absent={"invoice": [absent]}), SalesInvoice)


@pytest.mark.parametrize("value", [None, "TO_TRANSFER"])
def test_a_key_without_a_value_confirms_its_name(value: str | None) -> None:
    document = unconfirmed(invoice(status="OPEN", exportStatus=value))

    assert isinstance(document, SalesInvoice)
    assert document.transfer


def test_an_invoice_without_state_and_number_is_no_draft_before_their_names_are_known() -> None:
    raw = without(invoice(exportStatus="TO_TRANSFER"), "invoiceNumber")

    with pytest.raises(ParkedError, match="has no state"):
        unconfirmed(raw)
    with pytest.raises(ParkedError, match="has no number"):
        unconfirmed(raw, moment_absent={"invoice": ["state"]})


@pytest.mark.parametrize("own", [{"kinds": {"invoice": False}}, {"from_date": "2027-01-01"}])
def test_what_is_not_booked_anyway_needs_no_known_names(own: Object) -> None:
    assert isinstance(unconfirmed(invoice(), **own), SalesInvoice)


def test_only_places_that_are_looked_at_now_count_as_known() -> None:
    raw = invoice(exportStatus="TO_TRANSFER")
    seen = {"invoice.state=status"}

    def known(places: AbstractSet[str]) -> bool:
        return not seen.isdisjoint(places)

    map_moment(ref("invoice"), as_fetched(raw), DEFAULTS, known)
    other = settings(moment_fields={"invoice": {"state": ["phase"]}})
    with pytest.raises(ParkedError, match=r"Looked for: phase\."):
        map_moment(ref("invoice"), as_fetched(raw), other, known)


@pytest.mark.parametrize(
    ("changes", "own"),
    [
        ({"exportStatus": "DO_NOT_TRANSFER"}, {}),
        ({"invoiceNumber": None}, {}),
        ({}, {"from_date": "2026-01-06"}),
        ({}, {"kinds": {"invoice": False}}),
    ],
)
def test_what_is_not_booked_does_not_park_because_it_is_unfinished(
    changes: dict[str, object], own: dict[str, object]
) -> None:
    document = sales_invoice(without(invoice(**changes), "totalNet", "totalVat", "lines"), **own)

    assert applies(document, settings(**own))
    assert document.lines == ()
    assert document.total_gross == Decimal("1149.5")


def test_an_offer_becomes_an_estimate() -> None:
    document = mapped("offer", offer(validUntil="2026-02-05"))

    assert isinstance(document, Estimate)
    assert (document.number, document.state, document.expires_on) == (
        "7",
        DocumentState.OPEN,
        date(2026, 2, 5),
    )
    assert document.total_gross == Decimal("1149.50")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("draft", DocumentState.DRAFT),
        ("Ready to send", DocumentState.OPEN),
        ("ACCEPTED", DocumentState.ACCEPTED),
        ("rejected", DocumentState.REJECTED),
        ("DECLINED", DocumentState.REJECTED),
    ],
)
def test_an_offers_states(word: str, state: DocumentState) -> None:
    assert mapped("offer", offer(status=word)).state is state


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("draft", DocumentState.DRAFT),
        ("waiting for review", DocumentState.DRAFT),
        ("WAITING_FOR_REVIEW", DocumentState.DRAFT),
        ("approved", DocumentState.OPEN),
        ("paidOut", DocumentState.PAID),
        ("rejected", DocumentState.REJECTED),
    ],
)
def test_a_claims_states(word: str, state: DocumentState) -> None:
    assert mapped("claim", claim(status=word)).state is state


@pytest.mark.parametrize(("kind", "raw"), [("offer", offer()), ("claim", claim())])
def test_a_state_that_is_not_known_parks_until_the_settings_explain_it(kind: str, raw: Object) -> None:
    assert f"moment_states.{kind}" in parked(kind, raw | {"status": "Vunnet"})
    assert f"The {kind} has no state" in parked(kind, without(raw, "status"))

    explained = mapped(
        kind, raw | {"status": "Vunnet"}, settings(moment_states={kind: {"vunnet": "accepted"}})
    )

    assert explained.state is DocumentState.ACCEPTED


def test_a_claim_becomes_an_expense_without_its_employee() -> None:
    raw = claim(employee={"id": 5, "name": "Ola Nordmann"})

    document = mapped("claim", without(raw, "customer"))

    assert isinstance(document, Expense)
    assert document.kind is ExpenseKind.RECEIPT
    assert "Ola Nordmann" not in document.model_dump_json()


def test_a_claim_is_booked_the_way_the_settings_say() -> None:
    own = settings(expense={"kind": "purchase_invoice", "contact_id": "12"})

    document = mapped("claim", claim(), own)

    assert isinstance(document, Expense)
    assert document.kind is ExpenseKind.PURCHASE_INVOICE


@pytest.mark.parametrize("nested", [True, False])
def test_a_customer_becomes_a_contact(nested: bool) -> None:
    raw = customer(
        address={
            "street": "Voorbeeldstraat 1",
            "postalCode": "1000 AA",
            "city": "Voorbeeldstad",
            "countryCode": "nl",
        },
        email="",
        invoiceEmail="invoices@example.test",
        vatNumber="NL000000000B01",
        archived=False,
    )

    document = mapped("customer", raw if nested else flattened(raw))

    assert isinstance(document, Contact)
    assert document.number == "10001"
    assert document.company_name == "Synthetic Client B.V."
    assert (document.address, document.postal_code, document.city, document.country) == (
        "Voorbeeldstraat 1",
        "1000 AA",
        "Voorbeeldstad",
        "NL",
    )
    assert (document.email, document.phone, document.vat_number) == (
        "invoices@example.test",
        None,
        "NL000000000B01",
    )
    assert document.state is DocumentState.ACTIVE


def test_a_customer_without_any_name_parks() -> None:
    assert "The customer has no company_name" in parked("customer", without(customer(), "name"))
    assert mapped("customer", without(customer(lastName="Nordmann"), "name")).type == "Contact"


def test_a_country_in_words_parks_until_the_settings_explain_it() -> None:
    raw = customer(address={"country": "Belgium"})

    assert 'countries, for example {"Belgium": "BE"}' in parked("customer", raw)

    document = mapped("customer", raw, settings(countries={"Belgium": "BE"}))

    assert isinstance(document, Contact)
    assert document.country == "BE"


def test_a_project_is_mapped() -> None:
    document = mapped("project", project(customer={"id": 62788973, "customerNumber": 10001}, closed=True))

    assert isinstance(document, Project)
    assert (document.number, document.name, document.state) == (
        "1",
        "Synthetic project",
        DocumentState.ARCHIVED,
    )
    assert document.customer
    assert document.customer.entity == ref("customer", "62788973")


def test_a_project_without_a_name_parks() -> None:
    assert "The project has no name" in parked("project", project(name=" "))


def test_another_object_than_was_asked_for_parks() -> None:
    with pytest.raises(ParkedError, match="another invoice than was asked for"):
        map_moment(ref("invoice", "1"), invoice(), DEFAULTS)


def test_a_kind_without_a_document_parks() -> None:
    with pytest.raises(ParkedError, match="Moment's timesheet has no document"):
        map_moment(ref("timesheet"), invoice(), DEFAULTS)


def test_the_settings_replace_the_candidates_of_a_field() -> None:
    raw = without(invoice(header={"valuta": "NOK"}, currency="EUR"), "totalNet") | {"sumEksMva": 950}
    own = {"moment_fields": {"invoice": {"currency": ["header.valuta"], "total_net": ["...", "sumEksMva"]}}}

    document = sales_invoice(raw, **own)

    assert (document.currency, document.total_net) == ("NOK", Decimal(950))
    assert "The invoice has no currency. Looked for: header.valuta." in parked(
        "invoice", without(raw, "header"), **own
    )


def test_the_settings_name_a_constant_where_moment_does_not_say() -> None:
    own = {"moment_fields": {"claim": {"currency": ["currency", "=EUR"]}, "claim_line": {"vat_code": ["=H"]}}}
    raw = without(claim(lines=[without(line(), "vatCode")]), "currency")

    document = mapped("claim", raw, settings(**own))

    assert isinstance(document, Expense)
    assert (document.currency, document.lines[0].vat_code) == ("EUR", "H")


@pytest.mark.parametrize(
    ("changes", "pattern", "url"),
    [
        ({}, "https://moment.test/{kind}s/{id}", "https://moment.test/invoices/106939080"),
        ({}, "https://moment.test/{number}", "https://moment.test/1"),
        ({"invoiceNumber": None}, "https://moment.test/{number}", None),
        ({"webUrl": "https://moment.test/x"}, None, "https://moment.test/x"),
        ({"webUrl": "javascript:alert(1)"}, None, None),
        ({}, None, None),
    ],
)
def test_the_source_url_comes_from_the_pattern_else_from_moment(
    changes: dict[str, object], pattern: str | None, url: str | None
) -> None:
    assert sales_invoice(invoice(**changes), source_url=pattern).source_url == url


ROUNDING = {
    "vat": {"0": {"tax_rate_id": "1", "percentage": 0}, "H": "2"},
    "ledger_accounts": {"4800": "3"},
    "rounding": {"policy": "rounding_line", "max_cents": 2, "ledger_account": "4800", "vat_code": "0"},
}


@pytest.mark.parametrize(
    ("totals", "rounding", "net", "vat"),
    [
        ({"totalNet": 950.01, "totalGross": 1149.51}, "0.01", "950.01", "199.50"),
        ({"totalVat": 199.48, "totalGross": 1149.48}, "-0.02", "949.98", "199.50"),
        ({"totalGross": 1149.52}, "0.02", "950.02", "199.50"),
    ],
)
def test_a_difference_of_a_few_cents_becomes_a_rounding_line(
    totals: dict[str, float], rounding: str, net: str, vat: str
) -> None:
    document = sales_invoice(invoice(**totals), **ROUNDING)

    added = document.lines[-1]
    assert len(document.lines) == 2
    assert (added.net, added.vat_code, added.vat_percentage, added.account) == (
        Decimal(rounding),
        "0",
        Decimal(0),
        "4800",
    )
    assert (document.total_net, document.total_vat) == (Decimal(net), Decimal(vat))
    assert document.total_gross == Decimal(str(totals["totalGross"]))


def test_no_rounding_line_where_everything_agrees() -> None:
    assert sales_invoice(invoice(), **ROUNDING) == sales_invoice(invoice())


@pytest.mark.parametrize(
    "totals",
    [
        {"totalNet": 950.03, "totalGross": 1149.53},
        {"totalNet": 949.97, "totalVat": 199.53},
        {"totalGross": 1149.505},
        {"totalNet": 9.5, "totalVat": 2, "totalGross": 11.5},
    ],
)
def test_a_greater_difference_parks_whatever_the_policy(totals: dict[str, float]) -> None:
    assert "policy rounding_line, max_cents 2" in parked("invoice", invoice(**totals), **ROUNDING)
