"""What all documents have in common: create, change, delete, list; each kind is described by a table row."""

from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.simulators.moneybird.answers.bodies import flag
from tests.simulators.moneybird.answers.errors import ApiError, Problems, bad_request, not_found
from tests.simulators.moneybird.answers.listing import alternatives, filters, period
from tests.simulators.moneybird.answers.numbers import parsed, shown
from tests.simulators.moneybird.documents.details import merged_details
from tests.simulators.moneybird.documents.kinds import DocumentKind
from tests.simulators.moneybird.documents.payments import settle
from tests.simulators.moneybird.documents.totals import compute
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity

type FilterTest = Callable[[Entity], bool]

_COPIED = [
    "reference",
    "due_date",
    "source",
    "source_url",
    "payment_conditions",
    "language",
    "pre_text",
    "post_text",
    "workflow_id",
    "document_style_id",
    "contact_person_id",
    "original_estimate_id",
]
_FLAGS = ["prices_are_incl_tax", "show_tax", "revenue_invoice"]
_DATES = ["date", "due_date", "invoice_date", "estimate_date"]


def create(state: MoneybirdState, kind: DocumentKind, given: dict[str, Any], *actions: str) -> Entity:
    """Create a document from the attributes of a body; `actions` replace the usual event."""
    _refuse_beyond_limit(state, kind)
    document = new_document(state, kind)
    _apply(state, kind, document, given)
    _settled(state, kind, document)
    return state.save(kind.collection, document, *(actions or (kind.created,)))


def new_document(state: MoneybirdState, kind: DocumentKind) -> Entity:
    """Give an empty document with an id and the dates and numbers that Moneybird fills in itself."""
    document = state.blank(kind.collection)
    document["id"] = state.new_id()
    if kind.date_defaults_to_today:
        document[kind.date_field] = state.clock.today().isoformat()
    if kind.days_to_pay:
        document["due_date"] = (state.clock.today() + timedelta(days=kind.days_to_pay)).isoformat()
    if "url" in document:
        document["url"] = f"https://moneybird.dev/{state.administration_id}/{state.digest(document['id'])}"
    if "entry_number" in document:
        document["entry_number"] = len(state.all(kind.collection)) + 1
    return document


def _refuse_beyond_limit(state: MoneybirdState, kind: DocumentKind) -> None:
    if state.settings.creation_limited:
        label = kind.wrapper.replace("_", " ")
        raise ApiError(
            402, {"error": f"creating {label}s is limited", "symbolic": {"administration": "limit_reached"}}
        )


def update(state: MoneybirdState, kind: DocumentKind, entity: Entity, given: dict[str, Any]) -> Entity:
    """Change the attributes that are given, and nothing else."""
    refuse_locked(state, entity[kind.date_field])
    document = deepcopy(entity)
    _apply(state, kind, document, given)
    actions = _settled(state, kind, document)
    return state.save(kind.collection, document, kind.updated, *actions)


def destroy(state: MoneybirdState, kind: DocumentKind, entity: Entity) -> None:
    """Delete a document."""
    refuse_locked(state, entity[kind.date_field])
    state.delete(kind.collection, entity, kind.destroyed)


def selected(state: MoneybirdState, kind: DocumentKind) -> list[Entity]:
    """Give the documents that the filter of the current request selects, newest first."""
    terms = filters({"period": "this_year", "state": "all"})
    if state.settings.period_applies_always:
        terms.setdefault("period", "this_year")
    tests = [test for key, value in terms.items() if (test := _filter_test(state, kind, key, value))]
    newest = state.clock.now() - timedelta(seconds=state.settings.list_delay_seconds)
    found = [
        entity
        for entity in state.all(kind.collection)
        if datetime.fromisoformat(entity["created_at"]) <= newest and all(test(entity) for test in tests)
    ]
    return found[::-1]


def refuse_locked(state: MoneybirdState, *dates: str | None) -> None:
    """Refuse to book in a locked period. Assumption: 422 on the date; the real answer is not documented."""
    locked_until = state.settings.period_locked_until
    if locked_until and any(day and day <= locked_until for day in dates):
        problems = Problems()
        problems.add("date", "is in a locked period", "locked")
        raise problems.error()


def mark_late(state: MoneybirdState, kind: DocumentKind) -> None:
    """Turn open documents past their due date into late ones."""
    today = state.clock.today().isoformat()
    for entity in state.all(kind.collection):
        if entity["state"] == "open" and entity["due_date"] and entity["due_date"] < today:
            entity["state"] = "late"
            state.save(kind.collection, entity, kind.late())


def _apply(state: MoneybirdState, kind: DocumentKind, document: Entity, given: dict[str, Any]) -> None:
    problems = Problems()
    _apply_contact(state, kind, document, given)
    _apply_plain(document, given)
    _apply_dates(document, given, problems)
    _apply_currency(document, given, problems)
    if "details_attributes" in given:
        document["details"] = merged_details(
            state, kind.rules, document["details"], given["details_attributes"], problems
        )
    if kind.reference_required and not document["reference"]:
        problems.blank("reference")
    problems.raise_if_any()
    refuse_locked(state, document[kind.date_field])
    compute(state, document)


def _settled(state: MoneybirdState, kind: DocumentKind, document: Entity) -> list[str]:
    return settle(state, kind, document) if "payments" in document else []


def _apply_contact(
    state: MoneybirdState, kind: DocumentKind, document: Entity, given: dict[str, Any]
) -> None:
    if "contact_id" in given:
        contact = state.find("contacts", given["contact_id"])
        if contact is None:
            raise bad_request("Contact ID is invalid", {kind.wrapper: {"contact_id": "contact_invalid"}})
        if contact["archived"] and document["contact_id"] != contact["id"]:
            problems = Problems()  # assumption: what happens with an archived contact is not documented
            problems.add("contact", "is archived", "archived")
            raise problems.error()
        document["contact_id"] = contact["id"]
    if not document["contact_id"]:
        problems = Problems()
        problems.blank("contact_id")
        raise problems.error()


def _apply_plain(document: Entity, given: dict[str, Any]) -> None:
    for name in _COPIED:
        if name in given and name in document:
            document[name] = given[name]
    for name in _FLAGS:
        if name in given and name in document:
            document[name] = flag(given[name])
    if "discount" in given:
        document["discount"] = shown(parsed(given["discount"]) or Decimal(0))


def _apply_dates(document: Entity, given: dict[str, Any], problems: Problems) -> None:
    for name in _DATES:
        if not given.get(name):
            continue
        try:
            document[name] = date.fromisoformat(str(given[name])).isoformat()
        except ValueError:
            problems.add(name, "is not a valid date", "is not a valid date")


def _apply_currency(document: Entity, given: dict[str, Any], problems: Problems) -> None:
    if "currency" not in given:
        return
    currency = str(given["currency"])
    if len(currency) != 3 or not currency.isupper():
        problems.add("currency", "is not included in the list", "inclusion")
    document["currency"] = currency


def _filter_test(state: MoneybirdState, kind: DocumentKind, key: str, value: str) -> FilterTest | None:
    """Give the test for one filter term; unknown keys are ignored, as documented."""
    if key == "state":
        states = alternatives(value, kind.states)
        return None if states is None else lambda entity: entity["state"] in states
    if key == "period":
        first, last = (day.isoformat() for day in period(value, state.clock.today()))
        today = state.clock.today().isoformat()
        return lambda entity: first <= (entity[kind.date_field] or today) <= last
    if key == "contact_id":
        if state.find("contacts", value) is None:
            raise not_found("contact_id")
        return lambda entity: entity["contact_id"] == value
    if key == "updated_after" and key in kind.filters:
        return lambda entity: entity["updated_at"] > value
    if key in kind.filters:
        wanted = value.split("|")
        return lambda entity: entity[key] in wanted
    return None
