"""Judges a chaos run from what it left in a folder. It imports nothing of the project, and only reads.

    python -m tests.chaos.checker FOLDER

The folder holds JSON: `events` and `accounting` (the tables, item by item as DynamoDB gives them),
`moneybird` and `moment` (what the simulated providers hold at the end), `requests` (their logs),
`deliveries` (of webhooks, with what each attempt was answered), `claims` (as they were taken and given up),
`history` (the lines of each invoice and the streets of each customer, in the order of their changes),
`happened` (what went wrong, by kind), and what `tests.chaos.leaks` reads.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.chaos import leaks

DONE = {"SYNCED", "SKIPPED", "IGNORED"}
FINAL = {*DONE, "PARKED", "FAILED", "REJECTED"}
FINDINGS = ("lost", "doubled", "stale", "unexplained", "leaked")
KINDS = {  # collection of Moment -> its payload's key, its number, collection of Moneybird, entity type there
    "invoices": ("invoice", "invoiceNumber", "external_sales_invoices", "ExternalSalesInvoice"),
    "offers": ("offer", "offerNumber", "estimates", "Estimate"),
    "claims": ("claim", "claimNumber", "documents/receipts", "Receipt"),
}

type Run = dict[str, Any]
type Entity = dict[str, Any]


def check(folder: Path) -> dict[str, list[str]]:
    """Return what is wrong, by kind of finding; empty lists are what a run must come to."""
    run = read(folder)
    return {
        "lost": [*_lost_events(run), *_lost_documents(run), *_lost_contacts(run), *_untold(run)],
        "doubled": [
            *_doubled_events(run),
            *_doubled_documents(run),
            *_doubled_contacts(run),
            *_doubled_claims(run),
        ],
        "stale": [
            *_stale_at_moneybird(run),
            *_stale_contacts(run),
            *_stale_ledger(run),
            *_sent_out_of_order(run),
            *_recorded_out_of_order(run),
        ],
        "unexplained": [*_unexplained_events(run), *_unexplained_documents(run)],
        "leaked": leaks.leaked(folder),
    }


def read(folder: Path) -> Run:
    """Read what a run left."""
    return {file.stem: json.loads(file.read_text(), parse_float=Decimal) for file in folder.glob("*.json")}


# What was asked for


def _accepted(run: Run) -> Iterator[tuple[str, Entity, str, str]]:
    """Yield provider, payload, event id and verdict of each attempt that was answered with 200."""
    for provider, deliveries in run["deliveries"].items():
        for delivery in deliveries:
            for status, answer in zip(delivery["attempts"], delivery["answers"], strict=True):
                if status == 200:
                    said = json.loads(answer)
                    yield provider, delivery["payload"], said["event_id"], said["status"]


def _told_of(run: Run, name: str) -> set[str]:
    """Return the ids of Moment's entities of a kind that a webhook told of."""
    return {
        str(payload[name]["id"])
        for provider, payload, _, _ in _accepted(run)
        if provider == "moment" and name in payload
    }


def _expected(run: Run, collection: str) -> dict[str, Entity]:
    """Return what Moneybird is to hold of a collection of Moment, by number."""
    name, number, _, _ = KINDS[collection]
    told = _told_of(run, name)
    return {str(one[number]): one for one in run["moment"][collection] if str(one["id"]) in told}


def _booked(run: Run, collection: str) -> list[Entity]:
    return list(run["moneybird"][KINDS[collection][2]])


def _customers(run: Run) -> dict[str, Entity]:
    """Return the customers that are to be contacts at Moneybird, by number."""
    of_invoices = {
        str(one["customer"]["id"])
        for collection in ("invoices", "offers")
        for one in _expected(run, collection).values()
    }
    wanted = of_invoices | _told_of(run, "customer")
    return {one["customerNumber"]: one for one in run["moment"]["customers"] if str(one["id"]) in wanted}


# Lost


def _lost_events(run: Run) -> Iterator[str]:
    """Yield what was answered with 200 and is not there, and what has not come to an end."""
    statuses = {_text(item, "event_id"): _text(item, "status") for item in run["events"]}
    for event_id in sorted({event_id for _, _, event_id, _ in _accepted(run)} - statuses.keys()):
        yield f"event {event_id}: not stored"
    for event_id, status in statuses.items():
        if status not in FINAL:
            yield f"event {event_id}: {status}"


def _lost_documents(run: Run) -> Iterator[str]:
    for collection in KINDS:
        there = {one["reference"] for one in _booked(run, collection)}
        for number in _expected(run, collection).keys() - there:
            yield f"{collection} {number}: not booked"
    missing = [one["reference"] for one in _booked(run, "invoices") if not one["attachments"]]
    yield from (f"invoices {reference}: without its PDF" for reference in missing)


def _lost_contacts(run: Run) -> Iterator[str]:
    there = {one["customer_id"] for one in run["moneybird"]["contacts"]}
    yield from (f"customer {number}: no contact" for number in _customers(run).keys() - there)


def _untold(run: Run) -> Iterator[str]:
    """Yield the documents of which the event bus was not told."""
    told = {one["detail"].get("number") for one in run["bus"] if one["detail-type"] == "DocumentSynced"}
    for collection in KINDS:
        yield from (
            f"{collection} {number}: the bus was not told"
            for number in _expected(run, collection).keys() - told
        )


# Doubled


def _doubled_events(run: Run) -> Iterator[str]:
    """Yield the events that were new more than once: the second delivery of one is a duplicate."""
    times = Counter(event_id for _, _, event_id, verdict in _accepted(run) if verdict == "accepted")
    yield from (f"event {one}: accepted {number} times" for one, number in times.items() if number > 1)


def _doubled_documents(run: Run) -> Iterator[str]:
    for collection in KINDS:
        times = Counter(one["reference"] for one in _booked(run, collection))
        yield from (f"{collection} {one}: {number} times" for one, number in times.items() if number > 1)
        for one in _booked(run, collection):
            if len(one["attachments"]) > 1:
                yield f"attachments of {collection} {one['reference']}"


def _doubled_contacts(run: Run) -> Iterator[str]:
    contacts = run["moneybird"]["contacts"]
    for field in ("customer_id", "company_name"):
        times = Counter(one[field] for one in contacts if one[field])
        yield from (f"contact {one}: {number} times" for one, number in times.items() if number > 1)


def _doubled_claims(run: Run) -> Iterator[str]:
    """Yield the entities that a worker took from another that still held them, by the clocks of both."""
    given_up = {(one["entity"], one["given_up"]) for one in run["claims"] if "given_up" in one}
    taken = {(one["entity"], one["fence"]): one for one in run["claims"] if "fence" in one}
    for (entity, fence), claim in taken.items():
        before = (entity, fence - 1)
        earlier = taken.get(before, claim)
        is_another = earlier["owner"] != claim["owner"] and earlier["expires_at"] >= claim["taken_at"]
        if is_another and before not in given_up:
            yield f"{entity}: two workers had it at once"


# Stale


def _stale_at_moneybird(run: Run) -> Iterator[str]:
    """Yield what is booked with other lines or amounts than the newest."""
    for collection in KINDS:
        expected = _expected(run, collection)
        for one in _booked(run, collection):
            wanted = expected.get(one["reference"])
            if wanted is not None and _amounts(one) != _wanted_amounts(wanted):
                yield f"{collection} {one['reference']}: {_amounts(one)} instead of {_wanted_amounts(wanted)}"


def _amounts(booked: Entity) -> Any:  # noqa: ANN401  # compared only
    details = booked["details"]
    lines = [_line(one["description"], one["amount_decimal"], one["price"]) for one in details]
    return Decimal(booked["total_price_excl_tax"]), Decimal(booked["total_price_incl_tax"]), sorted(lines)


def _wanted_amounts(wanted: Entity) -> Any:  # noqa: ANN401
    lines = [_line(one["description"], one["quantity"], one["unitPrice"]) for one in wanted["lines"]]
    return Decimal(wanted["totalNet"]), Decimal(wanted["totalGross"]), sorted(lines)


def _line(description: str, quantity: str | Decimal, price: str | Decimal) -> tuple[str, Decimal, Decimal]:
    """Return what must be the same of a line: a credit may have its sign on either factor."""
    return description, abs(Decimal(quantity)), Decimal(quantity) * Decimal(price)


def _stale_contacts(run: Run) -> Iterator[str]:
    told, customers = _told_of(run, "customer"), _customers(run)
    for contact in run["moneybird"]["contacts"]:
        customer = customers.get(contact["customer_id"])
        if customer is None or str(customer["id"]) not in told:
            continue
        wanted = (customer["address"]["street"], customer["address"]["city"], customer["phone"])
        if (contact["address1"], contact["city"], contact["phone"]) != wanted:
            yield f"contact of {contact['customer_id']}: not as it is in Moment"


def _stale_ledger(run: Run) -> Iterator[str]:
    documents = _ledger(run)
    for customer in run["moment"]["customers"]:
        known = _map(documents.get(("moment", "customer", str(customer["id"])), {}), "document")
        told = str(customer["id"]) in _told_of(run, "customer")
        if told and _text(known, "address") != customer["address"]["street"]:
            yield f"ledger customer {customer['customerNumber']}: not as it is in Moment"
    yield from _stale_moment_documents(run, documents)
    yield from _stale_moneybird_documents(run, documents)
    for contact in run["moneybird"]["contacts"]:
        document = _map(documents.get(("moneybird", "Contact", contact["id"]), {}), "document")
        if document and (_text(document, "address"), _text(document, "city")) != (
            contact["address1"],
            contact["city"],
        ):
            yield f"ledger contact {contact['id']}: not as it is at Moneybird"


def _ledger(run: Run) -> dict[tuple[str, str, str], Entity]:
    """Return the ledger's documents by source, type and id of their entity."""
    return {
        (_text(item, "source"), _text(item, "entity_type"), _text(item, "entity_id")): item
        for item in run["accounting"]
        if _text(item, "sk") == "DOCUMENT"
    }


def _stale_moment_documents(run: Run, documents: dict[tuple[str, str, str], Entity]) -> Iterator[str]:
    """Yield what the ledger has otherwise than Moment, and where Moneybird has it in another state."""
    for collection, (name, _, _, _) in KINDS.items():
        states = {one["reference"]: one["state"] for one in _booked(run, collection)}
        for number, wanted in _expected(run, collection).items():
            item = documents.get(("moment", name, str(wanted["id"])))
            if item is None:
                yield f"ledger {name} {number}: not there"
                continue
            totals = _totals(_map(item, "document"))
            if totals != tuple(Decimal(wanted[field]) for field in ("totalNet", "totalVat", "totalGross")):
                yield f"ledger {name} {number}: {totals}"
            told = _text(_map(item, "booking"), "source_state")
            if number in states and told != states[number]:
                yield f"ledger {name} {number}: {told or 'not booked'} instead of {states[number]}"


def _stale_moneybird_documents(run: Run, documents: dict[tuple[str, str, str], Entity]) -> Iterator[str]:
    for collection, (_, _, _, kind) in KINDS.items():
        for one in _booked(run, collection):
            item = documents.get(("moneybird", kind, one["id"]))
            if item is None:
                yield f"ledger {kind} {one['reference']}: not there"
                continue
            document = _map(item, "document")
            excl, incl, _ = _amounts(one)
            known = (*_totals(document), _text(document, "source_state"))
            if known != (excl, incl - excl, incl, one["state"]):
                yield f"ledger {kind} {one['reference']}: {known} instead of {(excl, incl, one['state'])}"


def _totals(document: Entity) -> tuple[Decimal | None, ...]:
    return tuple(_amount(document.get(field, {})) for field in ("total_net", "total_vat", "total_gross"))


def _versions(run: Run) -> dict[str, tuple[str, int]]:
    """Return the number and the version that a text stands for."""
    return {
        text: (number, position)
        for number, history in run["history"].items()
        for position, texts in enumerate(history)
        for text in texts
    }


def _out_of_order(run: Run, texts: Iterator[str], what: str) -> Iterator[str]:
    """Yield the texts that stand for an older version and come after those of a newer one."""
    versions, newest = _versions(run), Counter[str]()
    for text in texts:
        number, position = versions.get(text, ("", 0))
        if position < newest[number]:
            yield f"{number}: version {position} was {what} after version {newest[number]}"
        newest[number] = max(newest[number], position)


def _sent_out_of_order(run: Run) -> Iterator[str]:
    """Yield the invoices and customers of which Moneybird was sent an older version after a newer one."""
    sent = (text for request in run["requests"]["moneybird"] for text in _written(request))
    return _out_of_order(run, sent, "sent")


def _recorded_out_of_order(run: Run) -> Iterator[str]:
    """Yield the entities of Moment of which the ledger recorded an older version after a newer one."""
    newest: dict[str, str] = {}
    recorded = [item for item in run["accounting"] if _text(item, "sk").startswith("VERSION#")]
    recorded.sort(key=lambda one: (_text(one, "pk"), _text(one, "sk")))
    streets = (_text(_map(one, "document"), "address") for one in recorded if "#moment#" in _text(one, "pk"))
    yield from _out_of_order(run, streets, "recorded")
    for item in recorded:
        entity, changed_at = _text(item, "pk"), _text(_map(item, "document"), "updated_at")
        if "#moment#" in entity and changed_at < newest.get(entity, ""):
            yield f"ledger {entity}: {changed_at} was recorded after {newest[entity]}"
        newest[entity] = max(newest.get(entity, ""), changed_at)


def _written(request: Entity) -> list[str]:
    """Return the descriptions of lines, or the street, that a call wrote."""
    body = request["body"] if request["effective"] and request["method"] in {"POST", "PATCH"} else None
    if not isinstance(body, dict):
        return []
    document, contact = body.get("external_sales_invoice", {}), body.get("contact", {})
    if contact.get("address1"):
        return [contact["address1"]]
    details = document.get("details_attributes", [])
    each = details.values() if isinstance(details, dict) else details
    return [one["description"] for one in each if one.get("description") and not one.get("_destroy")]


# Unexplained


def _unexplained_events(run: Run) -> Iterator[str]:
    """Yield the events that ended otherwise than done: nothing in the stream needs a person."""
    known = {delivery["id"] for delivery in run["deliveries"]["moneybird"]}
    for item in run["events"]:
        event_id, status = _text(item, "event_id"), _text(item, "status")
        if status in FINAL - DONE:
            yield f"event {event_id}: {status} {json.dumps(item.get('reason'))[:200]}"
        live_of_moneybird = "#moneybird#" in event_id and _text(item, "lane") != "bulk"
        if live_of_moneybird and event_id.rpartition("#")[2] not in known:
            yield f"event {event_id}: nobody sent it"
    yield from (f"dead letter: {body[:100]}" for body in run["dead_letters"])


def _unexplained_documents(run: Run) -> Iterator[str]:
    for collection in KINDS:
        strange = {one["reference"] for one in _booked(run, collection)} - _expected(run, collection).keys()
        yield from (f"{collection} {number}: nobody asked for it" for number in strange)


# What happened


def happened(run: Run, folder: Path) -> list[str]:
    """Say how much happened, by kind."""
    accepted = list(_accepted(run))
    statuses = Counter(_text(item, "status") for item in run["events"])
    attempts = Counter(
        f"{provider} {status}"
        for provider, deliveries in run["deliveries"].items()
        for delivery in deliveries
        for status in delivery["attempts"]
    )
    faults = Counter(
        f"{provider} {one['fault'] or 'limit'}"
        for provider, requests in run["requests"].items()
        for one in requests
        if one["fault"] or one["status"] == 429
    )
    lines = {
        "events": {"delivered": len(accepted), "stored": len(run["events"]), **statuses},
        "deliveries answered": attempts,
        "AWS": run["happened"]["aws"],
        "AWS faults by operation": run["happened"]["operations"],
        "providers": faults,
        "waited": _waits(folder),
        "metrics": _metrics(folder),
        "weather": run["happened"]["weather"],
    }
    return [
        f"{name}: " + "  ".join(f"{kind} {number}" for kind, number in sorted(counted.items()))
        for name, counted in lines.items()
    ]


def _waits(folder: Path) -> Counter[str]:
    """Count from the log why events waited or were tried again."""
    return Counter(
        f"{entry['result'].lower()} {entry['reason_code']}"
        for entry in _logged(folder, '"event handled"')
        if entry["result"] in {"Waiting", "Retrying"}
    )


def _metrics(folder: Path) -> Counter[str]:
    """Count the metrics by what they are kept apart by."""
    return Counter(
        f"by {' and '.join(dimensions) or 'nothing'}"
        for entry in _logged(folder, '{"_aws"')
        for directive in entry["_aws"]["CloudWatchMetrics"]
        for dimensions in directive["Dimensions"]
    )


def _logged(folder: Path, mark: str) -> Iterator[Entity]:
    """Yield the entries of the functions' log that hold a text; a killed worker's last one may be cut off."""
    with (folder / "functions.log").open(errors="replace") as log:
        for line in log:
            if mark in line:
                with suppress(ValueError):
                    yield json.loads(line[line.index("{") :])


def _text(item: Entity, name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _map(item: Entity, name: str) -> Entity:
    found: Entity = item.get(name, {}).get("M", {})
    return found


def _amount(value: Entity) -> Decimal | None:
    """Return a number, or the amount in a map of amount and currency."""
    plain = value.get("M", {}).get("amount", value)
    text = plain.get("N") or plain.get("S")
    return Decimal(text) if text else None


def main(folder: Path) -> int:
    """Print what happened and the figures; return 0 if all are zero."""
    print(*happened(read(folder), folder), sep="\n")
    findings = check(folder)
    print("  ".join(f"{kind}: {len(findings[kind])}" for kind in FINDINGS))
    for kind in FINDINGS:
        print(*(f"  {kind}: {one}" for one in findings[kind][:5]), sep="\n", end="\n" * bool(findings[kind]))
    return int(any(findings.values()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
