"""Counts what one webhook costs in calls, in the whole sync function against simulated services."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from moto import mock_aws

from tests.harness.sync_function import SyncFunction
from tests.simulators.moment.samples import DOCUMENTED_CUSTOMER as _CUSTOMER
from tests.simulators.moment.samples import DOCUMENTED_INVOICE as _INVOICE
from tests.simulators.moment.samples import TWO_VAT_RATES as _NEXT_INVOICE

_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "POWERTOOLS_METRICS_DISABLED": "true",
}
_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
_READS = ("GetItem", "Query", "BatchGetItem")


@dataclass
class Calls:
    """Calls by name: `dynamodb PutItem`, `GET contacts`."""

    aws: Counter[str] = field(default_factory=Counter)
    provider: Counter[str] = field(default_factory=Counter)
    items_in_transactions: int = 0

    def dynamodb(self, *operations: str) -> int:
        """Return how many of these there are."""
        return sum(self.aws[f"dynamodb {operation}"] for operation in operations)

    @property
    def writes(self) -> int:
        """Return the single writes of items."""
        return self.dynamodb(*_WRITES)

    @property
    def reads(self) -> int:
        """Return the reads."""
        return self.dynamodb(*_READS)

    @property
    def write_units(self) -> int:
        """Return write units of items up to 1 KB, without indexes: in a transaction an item costs two."""
        return self.writes + 2 * self.items_in_transactions

    @property
    def count(self) -> int:
        """Return all calls of AWS."""
        return self.aws.total()


def count_sync() -> dict[str, Calls]:
    """Return the calls of the sync by case."""
    with patch.dict("os.environ", _ENVIRONMENT), mock_aws():
        return _cases(SyncFunction())


def _cases(sync: SyncFunction) -> dict[str, Calls]:
    return {
        "the first invoice of a new customer and project": _calls_of(sync, "invoice", _INVOICE),
        "an invoice of a known customer": _calls_of(sync, "invoice", _NEXT_INVOICE),
        "an invoice that did not change": _calls_of(sync, "invoice", _INVOICE),
        "a customer that did not change": _calls_of(sync, "customer", _CUSTOMER),
    }


def _calls_of(sync: SyncFunction, kind: str, entity_id: int) -> Calls:
    calls, listeners = Calls(), sync.boundaries.listeners

    def listen(name: str) -> None:
        when, _, call = name.partition(" ")
        if when == "before":
            (calls.provider if _is_of_provider(call) else calls.aws)[call] += 1

    listeners.append(listen)
    with _transactions(sync, calls):
        sync.sync(kind, entity_id)
    listeners.remove(listen)
    return calls


@contextmanager
def _transactions(sync: SyncFunction, calls: Calls) -> Iterator[None]:
    def count(params: dict[str, Any], **_: object) -> None:
        calls.items_in_transactions += len(params["TransactItems"])

    hooks, name = sync.aws.dynamodb.meta.events, "provide-client-params.dynamodb.TransactWriteItems"
    hooks.register(name, count, unique_id="benchmark")
    try:
        yield
    finally:
        hooks.unregister(name, unique_id="benchmark")


def _is_of_provider(call: str) -> bool:
    return call.partition(" ")[0] in {"GET", "POST", "PATCH", "DELETE"}
