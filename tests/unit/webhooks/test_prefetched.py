"""What an event of reconciliation carries of its entity, and when it is believed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounting_sync.webhooks.events import EntityRef, Lane, Source, WebhookEvent
from accounting_sync.webhooks.prefetched import BELIEVED_FOR, LONGEST, Prefetched, body_with
from tests.harness.events import webhook_event

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
READ = Prefetched(NOW, {"id": "1", "amount": Decimal("0.10"), "version": 7})
EVENT = webhook_event(
    source=Source.MONEYBIRD,
    entity=EntityRef("acme", Source.MONEYBIRD, "Contact", "1"),
    body=body_with({"why": "missed"}, READ),
    lane=Lane.BULK,
)


def test_record_comes_back_as_it_was_with_decimals_to_the_last_digit() -> None:
    assert Prefetched.of_event(EVENT) == (NOW, {"id": "1", "amount": "0.10", "version": 7})


@pytest.mark.parametrize(
    "event",
    [
        replace(EVENT, lane=Lane.LIVE),
        replace(EVENT, replays=1),
        replace(EVENT, body=body_with({"why": "missed"}, None)),
        replace(EVENT, body=b""),
        replace(EVENT, body=body_with({"why": "missed"}, Prefetched(NOW, {"notes": "x" * LONGEST}))),
    ],
    ids=["a live webhook", "a replay", "nothing read", "no body", "too long for an item"],
)
def test_entity_is_fetched_where_nothing_was_read_for_it(event: WebhookEvent) -> None:
    assert Prefetched.of_event(event) is None


@pytest.mark.parametrize(
    ("read_at", "age", "is_newest"),
    [
        (None, timedelta(0), True),
        (None, BELIEVED_FOR, False),
        (NOW - timedelta(seconds=3), timedelta(minutes=1), True),
        (NOW - timedelta(seconds=2), timedelta(minutes=1), False),
        (NOW + timedelta(seconds=1), timedelta(minutes=1), False),
    ],
)
def test_record_is_believed_only_while_nothing_newer_can_be_known(
    read_at: datetime | None, age: timedelta, is_newest: bool
) -> None:
    assert READ.is_newest(read_at, NOW + age) is is_newest
