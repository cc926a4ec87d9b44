"""Judges a chaos run from what it left in a folder. It imports nothing of the project, and only reads.

    python tests/chaos/checker.py FOLDER

The folder holds JSON: `sent` (what was answered with 200), `events` and `accounting` (the tables, item by
item as DynamoDB gives them), `moneybird` and `moment` (state of the simulated providers),
`deliveries` (of Moneybird) and `faults` (what went wrong, by kind).
"""

import json
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

DONE = {"SYNCED", "SKIPPED", "IGNORED"}
FINDINGS = ("lost", "doubled", "stale", "unexplained")


def check(folder: Path) -> dict[str, list[str]]:
    """Return what is wrong, by kind of finding; four empty lists are what a run must come to."""
    run = {file.stem: json.loads(file.read_text(), parse_float=Decimal) for file in folder.glob("*.json")}
    events = {_text(item, "event_id"): _text(item, "status") for item in run["events"]}
    expected = {str(one["invoiceNumber"]): Decimal(str(one["totalGross"])) for one in _asked_for(run)}
    booked = run["moneybird"]["external_sales_invoices"]
    times = Counter(one["reference"] for one in booked)
    return {
        "lost": _lost_events(run["sent"], events) + [f"invoice {one}" for one in expected if not times[one]],
        "doubled": _doubled(booked, times, run["moneybird"]["contacts"], _asked_for(run)),
        "stale": _stale(booked, expected) + _stale_in_ledger(run["accounting"], expected),
        "unexplained": _unexplained(run, events) + [f"invoice {one}" for one in times if one not in expected],
    }


def _asked_for(run: dict[str, Any]) -> list[dict[str, Any]]:
    told = {one["entity_id"] for one in run["sent"] if one["source"] == "moment"}
    return [one for one in run["moment"]["invoices"] if str(one["id"]) in told]


def _lost_events(sent: list[dict[str, Any]], events: dict[str, str]) -> list[str]:
    """List what was answered with 200 and is not there, or has not come to an end."""
    unfinished = {"RECEIVED", "QUEUED", "SYNCING"}
    return sorted(
        {
            f"event {one['event_id']}: {events.get(one['event_id'], 'not stored')}"
            for one in sent
            if events.get(one["event_id"], "RECEIVED") in unfinished
        }
    )


def _doubled(
    booked: list[dict[str, Any]],
    times: Counter[str],
    contacts: list[dict[str, Any]],
    invoices: list[dict[str, Any]],
) -> list[str]:
    customers = {one["customer"]["name"] for one in invoices}
    names = Counter(one["company_name"] for one in contacts)
    return [
        *(f"invoice {one}: {number} times" for one, number in times.items() if number > 1),
        *(f"contact {one}: {names[one]} times" for one in sorted(customers) if names[one] > 1),
        *(f"attachments of {one['reference']}" for one in booked if len(one["attachments"]) > 1),
    ]


def _stale(booked: list[dict[str, Any]], expected: dict[str, Decimal]) -> list[str]:
    """List what is booked with another total than the newest."""
    totals = {one["reference"]: Decimal(one["total_price_incl_tax"]) for one in booked}
    return [
        f"invoice {one}: {total} instead of {expected[one]}"
        for one, total in totals.items()
        if total != expected.get(one, total)
    ]


def _stale_in_ledger(items: list[dict[str, Any]], expected: dict[str, Decimal]) -> list[str]:
    """List the ledger's sales invoices of Moment that have another total than the newest."""
    found = []
    for item in items:
        of_moment = (_text(item, "source"), _text(item, "entity_type")) == ("moment", "invoice")
        if not of_moment or _text(item, "sk") != "DOCUMENT":
            continue
        document = item.get("document", {}).get("M", {})
        number, total = _text(document, "number"), _amount(document.get("total_gross", {}))
        if number in expected and total is not None and total != expected[number]:
            found.append(f"ledger {number}: {total} instead of {expected[number]}")
    return found


def _unexplained(run: dict[str, Any], events: dict[str, str]) -> list[str]:
    """List the events that ended otherwise than done: nothing in the stream needs a person."""
    reasons = {_text(item, "event_id"): json.dumps(item.get("reason"))[:200] for item in run["events"]}
    known = {one["id"] for one in run["deliveries"]}
    ours = {one["event_id"] for one in run["sent"]}
    ended = [f"event {one}: {status} {reasons[one]}" for one, status in events.items() if status not in DONE]
    strange = [
        f"event {one}: nobody sent it"
        for one in events
        if one not in ours and "#moneybird#" in one and one.rpartition("#")[2] not in known
    ]
    return ended + strange


def _text(item: dict[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _amount(value: dict[str, Any]) -> Decimal | None:
    """Return a number, or the amount in a map of amount and currency."""
    plain = value.get("M", {}).get("amount", value)
    text = plain.get("N") or plain.get("S")
    return Decimal(text) if text else None


def main(folder: Path) -> int:
    """Print what happened and the four figures; return 0 if all are zero."""
    happened = json.loads((folder / "faults.json").read_text())
    findings = check(folder)
    print("  ".join(f"{kind}: {number}" for kind, number in sorted(happened.items())))
    print("  ".join(f"{kind}: {len(findings[kind])}" for kind in FINDINGS))
    for kind in FINDINGS:
        print(*(f"  {kind}: {one}" for one in findings[kind][:5]), sep="\n", end="\n" * bool(findings[kind]))
    return int(any(findings.values()))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
