"""The export function and the command line in front of it, beside the sync function: on one clock."""

import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import urllib3
from aws_lambda_powertools import Logger
from moto import mock_aws
from typer.testing import CliRunner, Result
from werkzeug.test import Client

from accounting_sync.aws.parameters import ALWAYS_FRESH, Parameters, parameter_reader, secret_reader
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync_cli.main import app
from accounting_sync_cli.stack import Function, Stack
from operations.api import exports as shapes
from operations.api.serving import serve
from operations.exports.app import REQUESTS, make_exports
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS, World
from tests.simulators.moment import samples
from tests.simulators.moneybird import ADMINISTRATION_ID, API_TOKEN

if TYPE_CHECKING:
    import pytest
    from mypy_boto3_lambda import LambdaClient

type Record = dict[str, Any]

HIGH, LOW = (SETTINGS["vat"][each]["tax_rate_id"] for each in (samples.VAT_HIGH, samples.VAT_LOW))
INVOICE, CREDIT = "2", "4"
"""Numbers of what is booked."""

_LOGGER = Logger(service="export", level="CRITICAL")


def make_export_function(world: World) -> Callable[[Record], Record]:
    """Make a process of the function, with a minute for each answer."""
    prefix = world.environment.connection_prefix
    secrets = Parameters(secret_reader(world.aws.secretsmanager), ALWAYS_FRESH)
    ssm = parameter_reader(world.aws.ssm)
    exports = make_exports(
        world.aws.dynamodb,
        world.environment.accounting_table,
        ConnectionStore(secrets, prefix),
        BookingSettingsStore(Parameters(ssm, ALWAYS_FRESH), prefix),
        world.providers(),
    )
    return lambda event: serve(REQUESTS, event, lambda asked: exports.answer(asked, lambda: 60.0), _LOGGER)


@dataclass
class Exporting:
    """A stack with a year of bookings, and the command line in front of its export function."""

    sync: SyncFunction

    @cached_property
    def function(self) -> Callable[[Record], Record]:
        return make_export_function(self.sync)

    def ask(self, task: str, **fields: object) -> Record:
        return self.function({"task": task, "connection": CONNECTION, **fields})

    def all_of(self, task: str, what: str) -> list[Record]:
        """Read all pages."""
        page = self.ask(task, year=2026)
        found = list(page[what])
        while "next" in page:
            page = self.ask(task, year=2026, cursor=page["next"])
            found += page[what]
        return found

    def entries(self) -> dict[str, Record]:
        return by_number(self.all_of("exports.journal", "entries"))

    def rows(self) -> dict[str, Record]:
        return by_number(self.all_of("exports.reconciliation", "rows"))

    def calls(self, part: str) -> int:
        """Count the calls of Moneybird whose path has a part."""
        return sum(part in entry.path for entry in self.sync.moneybird.requests.matching())

    def run(self, *arguments: str) -> Result:
        """Run `accounting-sync export ... -c <connection> --year 2026`."""
        stack = Stack(cast("LambdaClient", self), {Function.EXPORT: "export"})
        usual = ("-c", CONNECTION, "--year", "2026")
        return CliRunner().invoke(app, ["export", *arguments, *usual], obj=stack, env={"COLUMNS": "120"})

    def invoke(self, *, FunctionName: str, Payload: str) -> Record:  # boto3's names
        assert FunctionName == "export"
        answer = self.function(json.loads(Payload))
        assert len(json.dumps(answer)) < 6_000_000
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    def at_moneybird(self, method: str, resource: str, body: Record | None = None) -> Record:
        """Do something at Moneybird that no webhook tells."""
        answer = Client(self.sync.moneybird.wsgi).open(
            f"/api/v2/{ADMINISTRATION_ID}/{resource}.json",
            method=method,
            json=body,
            headers={"Authorization": f"Bearer {API_TOKEN}"},
        )
        assert answer.status_code < 300, answer.text
        return dict(answer.get_json() or {}) if method != "DELETE" else {}

    def fetch_from_simulator(self, patch: "pytest.MonkeyPatch") -> None:
        """Fetch addresses from the simulator, and let the time pass that the command waits."""

        def get(method: str, url: str, **_options: object) -> SimpleNamespace:
            answer = Client(self.sync.moneybird.wsgi).open(urlsplit(url).path, method=method)
            return SimpleNamespace(status=answer.status_code, data=answer.data)

        patch.setattr(urllib3, "request", get)
        patch.setattr(shapes, "LOCAL", {"moneybird.test", "localhost", "127.0.0.1"})
        patch.setattr(time, "sleep", lambda seconds: self.sync.pass_time(seconds=seconds))


def by_number(found: list[Record]) -> dict[str, Record]:
    """Return what was found by its number; each number is to be there once."""
    numbered = {each["number"]: each for each in found}
    assert len(numbered) == len(found), [each["number"] for each in found]
    return numbered


def with_bookings() -> Iterator[Exporting]:
    """An invoice of two VAT rates and a credit note are booked."""
    with mock_aws():
        sync = SyncFunction()
        for invoice in (samples.TWO_VAT_RATES, samples.CREDIT_NOTE):
            sync.sync("invoice", invoice)
        yield Exporting(sync)
