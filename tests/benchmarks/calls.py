"""Counts the calls and write units of one webhook, in the whole sync function against simulated services."""

from collections import Counter
from dataclasses import dataclass, field
from unittest.mock import patch

from moto import mock_aws

from tests.benchmarks.write_units import WriteUnits, count_write_units
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
_READS = ("GetItem", "Query", "BatchGetItem")


@dataclass
class Calls:
    """Calls by name: `dynamodb PutItem`, `GET contacts`."""

    aws: Counter[str] = field(default_factory=Counter)
    provider: Counter[str] = field(default_factory=Counter)
    received: WriteUnits = field(default_factory=WriteUnits)
    """What the receiver writes of the webhook."""
    synced: WriteUnits = field(default_factory=WriteUnits)

    def dynamodb(self, *operations: str) -> int:
        """Return how many of these there are."""
        return sum(self.aws[f"dynamodb {operation}"] for operation in operations)

    @property
    def reads(self) -> int:
        """Return the reads."""
        return self.dynamodb(*_READS)

    @property
    def write_units(self) -> int:
        """Return the write units of receiver and sync."""
        return self.received.total + self.synced.total

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

    with count_write_units(sync.aws.dynamodb) as calls.received:
        event = sync.keep(kind, entity_id)
    sync.send(event)
    listeners.append(listen)
    with count_write_units(sync.aws.dynamodb) as calls.synced:
        sync.run()
    listeners.remove(listen)
    return calls


def _is_of_provider(call: str) -> bool:
    return call.partition(" ")[0] in {"GET", "POST", "PATCH", "DELETE"}
