"""`make bench-page`: how fast the bookkeeper's page answers while the table holds 100,000 documents.

The page and LookFunction run in this process, as they are, and warm. DynamoDB is dynalite, which keeps its
indexes in LevelDB and reads a range of one as DynamoDB does; the local AWS of the other tests looks at the
whole partition. It answers from this machine: AWS adds some milliseconds a call, and two invocations.
"""

import shutil
import statistics
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Annotated, cast

import boto3
import typer
from rich.console import Console
from rich.table import Table

from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.webhooks.events import Status
from console import app
from console.environment import Environment
from tests.harness.clock import ManualClock
from tests.harness.console import Browser, Functions
from tests.harness.many_documents import many_invoices, write_documents, write_events
from tests.harness.reads import reads_of
from tests.harness.tables import create_accounting_table, create_control_table, create_events_table
from tests.local_stack.aws.local_aws import REGION, clean_environment
from tests.local_stack.errors import LocalStackError
from tests.local_stack.paths import STATE
from tests.local_stack.running.ports import LOOPBACK, free_port
from tests.local_stack.running.processes import running, wait_until_healthy

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

    from tests.harness.sync_function import SyncFunction

LOCKED = Path(__file__).with_name("dynalite")
TABLES = SimpleNamespace(accounting_table="accounting", events_table="events", control_table="control")
FOLDER = STATE / "bench" / "dynalite"
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
OPEN_EVENTS = {Status.PARKED: 40, Status.FAILED: 10, Status.QUEUED: 50}
PAGES: Mapping[str, dict[str, str]] = {
    "overview": {"month": "2026-11"},
    "documents, first page": {},
    "documents, a month": {"month": "2026-11"},
    "documents, parked in a month": {"month": "2026-11", "state": "parked"},
    "documents, a customer, all months": {"customer": "customer 17 "},
    "documents, a number": {"number": "4711"},
    "document, by its entity": {"source": "moment", "kind": "invoice", "id": "100004711"},
    "needs-you": {},
}


def main(
    documents: int = 100_000,
    months: Annotated[int, typer.Option(help="Over which they are spread.")] = 60,
    rounds: int = 50,
) -> None:
    """Fill a table, ask for each page again and again, and print medians."""
    console = Console(width=120)
    with dynalite() as client:
        started = time.monotonic()
        fill(client, documents, months)
        console.print(f"{documents:,} documents over {months} months: {time.monotonic() - started:.0f} s")
        browser = _browser(client)
        console.print(_table([_measured(client, browser, name, rounds) for name in PAGES]))


@dataclass(frozen=True)
class Figures:
    """One page."""

    name: str
    wall: list[float]
    cpu: list[float]
    calls: int
    items: int
    body: int


def _measured(client: "DynamoDBClient", browser: Browser, name: str, rounds: int) -> Figures:
    address, query = name.partition(",")[0], PAGES[name]
    with reads_of(client) as reads:
        answer = browser.get(address, **query)
    assert answer.status == 200, answer.body
    wall, cpu = [], []
    for _ in range(rounds):
        started, used = time.perf_counter(), time.process_time()
        browser.get(address, **query)
        wall.append(1000 * (time.perf_counter() - started))
        cpu.append(1000 * (time.process_time() - used))
    return Figures(name, wall, cpu, len(reads.calls), reads.items, len(answer.body))


def _table(figures: list[Figures]) -> Table:
    table = Table("page", "ms", "95 % within", "our CPU, ms", "calls of DynamoDB", "items read", "KB of HTML")
    for each in figures:
        table.add_row(
            each.name,
            f"{statistics.median(each.wall):.0f}",
            f"{statistics.quantiles(each.wall, n=20)[-1]:.0f}",
            f"{statistics.median(each.cpu):.0f}",
            str(each.calls),
            f"{each.items:,}",
            f"{each.body / 1000:.0f}",
        )
    return table


@contextmanager
def dynalite() -> Iterator["DynamoDBClient"]:
    """Run dynalite, in memory, of the version that `dynalite/package-lock.json` says."""
    install()
    url = f"http://{LOOPBACK}:{(port := free_port())}"
    command: list[str | Path] = [
        FOLDER / "node_modules/.bin/dynalite",
        "--port",
        str(port),
        "--createTableMs",
        "0",
    ]
    with running("dynalite", command, clean_environment(), FOLDER / "dynalite.log") as process:
        session = boto3.Session("test", "test", region_name=REGION)
        client = session.client("dynamodb", endpoint_url=url, config=CLIENT_CONFIG)
        wait_until_healthy(process, "dynalite", url)
        yield client


def install() -> None:
    """Install dynalite with npm, each package by its hash."""
    npm = shutil.which("npm")
    if npm is None:
        raise LocalStackError(
            "npm is not installed (Debian: apt install npm); dynalite is one of its packages."
        )
    FOLDER.mkdir(parents=True, exist_ok=True)
    for each in LOCKED.iterdir():
        shutil.copy(each, FOLDER)
    subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)


def fill(client: "DynamoDBClient", documents: int, months: int) -> None:
    """Write documents, and open events of the newest of them."""
    create_accounting_table(client, TABLES.accounting_table)
    create_events_table(client, TABLES.events_table)
    create_control_table(client, TABLES.control_table)
    invoices = many_invoices(documents, NOW.date(), months * 30)
    write_documents(client, TABLES.accounting_table, invoices)
    number = documents
    for status, count in OPEN_EVENTS.items():
        write_events(client, TABLES.events_table, range(number, number - count, -1), status, NOW)
        number -= count


def _browser(client: "DynamoDBClient") -> Browser:
    """Sign in on the page, with LookFunction behind it."""
    clock = ManualClock(NOW)
    aws = SimpleNamespace(dynamodb=client)
    functions = Functions(cast("SyncFunction", SimpleNamespace(aws=aws, environment=TABLES, clock=clock)))
    names = ("look", "operations", "export", "mapping")
    environment = Environment(TABLES.control_table, TABLES.accounting_table, *names)
    invoked = cast("LambdaClient", functions)
    console = app.make_console(client, invoked, invoked, environment, clock)
    browser = Browser(console)
    browser.sign_in()
    return browser


if __name__ == "__main__":
    typer.run(main)
