"""What the guides say of calls, scale and hot keys is what the functions do."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from accounting_sync.connections.registry import PARTITION
from accounting_sync.providers.flow.rate_plan import MONEYBIRD_PLAN
from operations import app as operations_app
from operations.notices import app as notices_app
from operations.reconciliation import app as reconciliation_app
from tests.benchmarks import load
from tests.benchmarks.calls import Calls, count_sync
from tests.benchmarks.costs import SYNC_SECONDS
from tests.guides.documents import GUIDES
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION
from tests.local_stack.paths import ROOT
from tests.simulators.moment.samples import DOCUMENTED_INVOICE

SCALE, COSTS = GUIDES / "scale.md", GUIDES / "costs.md"
INVOICE = "an invoice of a known customer"
COLUMNS = (1_000, 100_000, 1_000_000)


@pytest.fixture(scope="module")
def counted() -> dict[str, Calls]:
    return count_sync()


def test_costs_name_the_calls_of_a_webhook(counted: dict[str, Calls]) -> None:
    written = re.findall(r"^\| (an? .*|the .*) \| 2 \| (\d+) \|$", COSTS.read_text(), re.MULTILINE)

    assert {case: int(number) for case, number in written} == {
        case: each.count for case, each in counted.items()
    }


def test_costs_name_the_write_units_of_a_webhook(counted: dict[str, Calls]) -> None:
    ((receiver, sync, units, dollars),) = re.findall(
        r"(\d+) units by the receiver and (\d+) by the sync; (\d+) x \$0.625 a million \| \$([\d.]+) \|",
        COSTS.read_text(),
    )

    invoice = counted[INVOICE]
    assert (int(receiver), int(sync)) == (invoice.received.total, invoice.synced.total)
    assert int(units) == invoice.write_units
    assert float(dollars) == pytest.approx(0.625 * invoice.write_units, abs=0.01)


def test_scale_calculates_with_the_calls_of_a_webhook(counted: dict[str, Calls]) -> None:
    invoice = counted[INVOICE]
    columns = [load.demands(number, invoice) for number in COLUMNS]
    most = load.most_an_hour(invoice)

    for each in zip(*columns, strict=True):
        cells = [
            *(_short(demand.value) for demand in each),
            f"{each[0].quota:,}",
            _rounded(most[each[0].name]),
        ]
        assert f"| {each[0].name} | {' | '.join(cells)} |" in SCALE.read_text()


def test_scale_calculates_with_the_rate_plan(counted: dict[str, Calls]) -> None:
    calls, text = counted[INVOICE].provider.total(), " ".join(SCALE.read_text().split())
    plan = MONEYBIRD_PLAN.calls, MONEYBIRD_PLAN.window.total_seconds()
    invoices = load.connection_an_hour(calls, *plan)

    assert f"takes {calls} calls (counted), so a connection books {int(invoices)} of them an hour" in text
    assert f"at least {int(1_000_000 / invoices):,} connections" in text
    assert f"{plan[0]} in {plan[1]:.0f} seconds, or {int(load.connection_an_hour(1, *plan)):,} calls" in text


def test_scale_calculates_with_the_parameters_of_the_template() -> None:
    template = (ROOT / "template.yaml").read_text()
    defaults = dict(re.findall(r"^  (\w+):\n    Type: Number\n    Default: (\d+)", template, re.MULTILINE))
    of_syncs, of_webhooks = int(defaults["SyncConcurrency"]), int(defaults["ThrottlingRateLimit"])

    assert f"| `SyncConcurrency` | {of_syncs} | {of_syncs / SYNC_SECONDS * 3600:,.0f} " in SCALE.read_text()
    assert f"| `ThrottlingRateLimit` | {of_webhooks} a second | {of_webhooks * 3600:,} |" in SCALE.read_text()
    assert f"BatchSize: {load.BATCH_SIZE}" in template


def test_scale_calculates_the_concurrency_and_the_burst_that_it_names() -> None:
    text = " ".join(SCALE.read_text().split())
    (syncs,) = re.findall(r"take ten minutes with the default of (\d+) syncs", text)
    ((concurrency, an_hour),) = re.findall(r"/ 3,600, so (\d+) for ([\d,]+) \|", text)

    assert load.burst_seconds(1000, int(syncs)) == 600
    assert load.syncs_at_once(_number(an_hour)) == int(concurrency)


@pytest.mark.parametrize(
    ("row", "function", "margin"),
    [
        ("reconciliation begins", "ReconciliationFunction", reconciliation_app.MARGIN),
        ("the dispatcher", "OperationsFunction", operations_app.TIME_TO_STOP / 1000),
        ("notices", "NoticesFunction", notices_app.MARGIN / 1000),
    ],
)
def test_scale_says_how_many_connections_a_function_passes_over(
    row: str, function: str, margin: float
) -> None:
    (cells,) = [
        line.split("|")[2:5] for line in SCALE.read_text().splitlines() if line.startswith(f"| {row}")
    ]
    seconds_each = _seconds(cells[0].rpartition(": ")[2])
    timeout = _timeout(function)

    most = load.connections_in(timeout - margin, seconds_each)
    assert 0.9 * most <= _number(cells[2]) <= most  # rounded, and never upwards
    assert timeout - margin <= _seconds(cells[1]) <= timeout


def _seconds(text: str) -> float:
    number, unit = text.split()[:2]
    return float(number) / {"s": 1, "ms": 1000}[unit]


def _number(text: str) -> int:
    return int(text.split(maxsplit=1)[0].replace(",", ""))


def _timeout(function: str) -> int:
    template = (ROOT / "template.yaml").read_text()
    (timeout,) = re.findall(rf"^  {function}:\n(?:    .*\n)*?      Timeout: (\d+)", template, re.MULTILINE)
    return int(timeout)


@mock_aws
def test_connections_share_one_partition_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    sync = SyncFunction()
    written: set[str] = set()
    hooks = sync.aws.dynamodb.meta.events

    def note(params: dict[str, Any], **_: object) -> None:
        written.update(_partitions(params))

    hooks.register("provide-client-params.dynamodb.*", note, unique_id="partitions")
    try:
        sync.sync("invoice", DOCUMENTED_INVOICE)
    finally:
        hooks.unregister("provide-client-params.dynamodb.*", unique_id="partitions")

    assert {key for key in written if CONNECTION not in key} == {PARTITION}
    assert len(written) > 5


def _partitions(params: dict[str, Any]) -> Iterator[str]:
    """Yield the partition keys of what a call writes."""
    for action in params.get("TransactItems", ()):
        for each in action.values():
            yield from _partitions(each)
    item = params.get("Item") or (params.get("Key") if "UpdateExpression" in params else None)
    if item:
        yield from (item[name]["S"] for name in ("pk", "event_id", "id") if name in item)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:,.1f}"


def _rounded(value: float) -> str:
    """Write two digits: a limit that is calculated from estimates."""
    return f"{float(f'{value:.2g}'):,.0f}"
