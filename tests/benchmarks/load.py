"""What a number of webhooks an hour asks of AWS each second, from counted calls; `guides/scale.md` shows it.

Quotas are those of eu-central-1 for an account that never asked for more, as AWS published them in 2025:
API Gateway, Lambda ("Lambda quotas"; "Configuring scaling behavior for SQS event source mappings"), SQS
("Message quotas": high throughput for FIFO queues), DynamoDB ("Service, account, and table quotas";
"Designing partition keys"), Systems Manager and Secrets Manager ("endpoints and quotas"), EventBridge.
"""

from dataclasses import dataclass

from accounting_sync.webhooks.event_items import STATUS_SHARDS
from tests.benchmarks.calls import Calls
from tests.benchmarks.costs import RECEIVER_SECONDS, SYNC_SECONDS

BATCH_SIZE = 2
HOUR = 3600
PARTITION_WRITES = 1000
"""Write units a second that one partition of DynamoDB takes."""

QUOTAS = {
    "requests of API Gateway": 10_000,
    "concurrent invocations": 1000,
    "concurrent invocations of the live queue": 1000,
    "messages sent": 19_000,
    "messages in flight": 120_000,
    "write units": 40_000,
    "read units": 40_000,
    "write units of the busiest key of `by_status`": PARTITION_WRITES,
    "write units of the partition `CONNECTIONS`, at worst": PARTITION_WRITES,
    "booking settings read": 40,
    "secrets read, at worst": 10_000,
    "events put on the bus": 2400,
}


@dataclass(frozen=True)
class Demand:
    """What is asked of one quota."""

    name: str
    value: float
    quota: float

    @property
    def share(self) -> float:
        """Return the part of the quota that is used; over 1: it is not enough."""
        return self.value / self.quota


def demands(webhooks_an_hour: float, sync: Calls) -> list[Demand]:
    """Return what webhooks of one kind ask for while they come evenly. Concurrency is rate times duration."""
    rate = webhooks_an_hour / HOUR
    values = _at_once(rate) | {name: rate * each for name, each in _of_each(sync).items()}
    return [Demand(name, values[name], quota) for name, quota in QUOTAS.items()]


def _at_once(rate: float) -> dict[str, float]:
    syncs = rate * SYNC_SECONDS
    return {
        "concurrent invocations": rate * RECEIVER_SECONDS + syncs,
        "concurrent invocations of the live queue": syncs,
        "messages in flight": syncs * BATCH_SIZE,
    }


def _of_each(sync: Calls) -> dict[str, float]:
    return {
        "requests of API Gateway": 1,
        "messages sent": 1,
        "write units": sync.write_units,
        "read units": sync.reads,
        # An event enters and leaves each status that is not final; each status has its own keys.
        "write units of the busiest key of `by_status`": 2 / STATUS_SHARDS,
        # A process notes a connection once in half a minute; at worst each event meets a process anew, and
        # waits once.
        "write units of the partition `CONNECTIONS`, at worst": 2,
        "booking settings read": sync.aws["ssm GetParameter"],
        "secrets read, at worst": 1,
        "events put on the bus": sync.aws["events PutEvents"],
    }


def most_an_hour(sync: Calls) -> dict[str, float]:
    """Return the webhooks an hour at which each quota is used up."""
    return {each.name: HOUR / each.share for each in demands(HOUR, sync)}


def connection_an_hour(calls: int, plan_calls: int, plan_seconds: float) -> float:
    """Return how many webhooks an hour one connection's rate plan lets through, at so many calls each."""
    return plan_calls / plan_seconds * HOUR / calls


def syncs_at_once(webhooks_an_hour: float) -> float:
    """Return how many syncs run at once when so many webhooks come evenly."""
    return webhooks_an_hour / HOUR * SYNC_SECONDS


def burst_seconds(webhooks: int, syncs: int) -> float:
    """Return how long webhooks of different entities, that all come at once, take with so many syncs."""
    return webhooks / syncs * SYNC_SECONDS


def connections_in(seconds: float, seconds_each: float) -> float:
    """Return how many connections are passed over in that time, one after the other."""
    return seconds / seconds_each
