"""Credentials are rotated while webhooks come in without a pause: none is refused, and none is lost."""

import base64
import json
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest

import webhook_receiver.app
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.flow.free_flow import FreeFlow
from accounting_sync.webhooks.events import Source
from accounting_sync.webhooks.signatures import sign_moneybird
from operations.administration.connecting import Connecting
from operations.administration.credentials import ConnectionFiles
from operations.api.administration import ConnectionRotated, PutConnection, RotateConnection
from operations.api.serving import RefusedRequestError
from tests.harness.boundaries import Boundaries
from tests.harness.in_process_http import in_process_session
from tests.harness.network import Network
from tests.harness.receiver_function import CONNECTION, INVOICE, MOMENT_INVOICE, ReceiverFunction, basic
from tests.simulators.moment import API_KEY, COMPANY, moment_app
from tests.simulators.moneybird import API_TOKEN, MoneybirdSettings, moneybird_app

URL = "http://stack.test/local"
PROCESSES = 2
"""Of the receiver, each with a cache of its own."""


class Traffic:
    """Both providers, which push to every process of the receiver whenever anything happens."""

    def __init__(self, receiver: ReceiverFunction) -> None:
        self.receiver = receiver
        self.moneybird = moneybird_app(settings=MoneybirdSettings(rate_limit=0))
        self.boundaries = Boundaries(listeners=[lambda _: self.push()])
        self.moment_urls: tuple[str, ...] = ()
        """As a person has entered them at Moment."""
        self.statuses: list[int] = []
        self._numbers = count()
        self._pushing = False
        self._processes = [
            webhook_receiver.app.make_reception(receiver.settings, receiver.clock) for _ in range(PROCESSES)
        ]
        self.connecting = Connecting(self._files(), self._clients())

    def _files(self) -> ConnectionFiles:
        ssm = boto3.client("ssm")
        return ConnectionFiles(self.receiver.secrets, ssm, self.receiver.settings.connection_prefix)

    def _clients(self) -> ProviderClients:
        urls = ProviderSettings("https://moneybird.test", "https://moment.test")
        clients = ProviderClients(urls, FreeFlow(), FreeFlow(), self.receiver.clock)
        for source, simulator in ((Source.MONEYBIRD, self.moneybird), (Source.MOMENT, moment_app())):
            session = in_process_session(simulator.wsgi, self.boundaries)
            clients._sessions[CONNECTION, source] = session
        return clients

    # What comes in

    def push(self) -> None:
        """Let each webhook that is registered reach each process once."""
        if self._pushing:
            return
        self._pushing = True
        for process in range(PROCESSES):
            for webhook in list(self.moneybird.state.all("webhooks")):
                self.statuses.append(self._push_moneybird(webhook, process))
            for url in self.moment_urls:
                self.statuses.append(self._push_moment(url, process))
        self._pushing = False

    def _push_moneybird(self, webhook: dict[str, Any], process: int) -> int:
        number = next(self._numbers)
        body = json.dumps(INVOICE | {"webhook_token": webhook["token"], "entity_id": str(number)}).encode()
        signed = sign_moneybird(body, webhook["secret"], int(self.receiver.clock().timestamp()))
        headers = {"Moneybird-Signature": signed, "Idempotency-Key": f"key-{number}"}
        return self._deliver(webhook["url"], body, process, headers)

    def _push_moment(self, url: str, process: int) -> int:
        body = json.dumps(MOMENT_INVOICE | {"invoice": {"id": next(self._numbers)}}).encode()
        return self._deliver(url, body, process, {}, kind="invoices")

    def probe(self, url: str, body: bytes, *_: object) -> tuple[int, str]:
        """Deliver what Moneybird sends when a webhook is registered; to any process."""
        return self._deliver(url, body, next(self._numbers) % PROCESSES, {}), ""

    def _deliver(
        self, url: str, body: bytes, process: int, headers: dict[str, str], kind: str | None = None
    ) -> int:
        parts = urlsplit(url)
        if parts.username:
            headers = headers | {"Authorization": basic(parts.username, unquote(parts.password or ""))}
        tokens = parse_qs(parts.query).get("token")
        request = {
            "httpMethod": "POST",
            "pathParameters": {"connection": CONNECTION, **({"kind": kind} if kind else {})},
            "multiValueQueryStringParameters": {"token": tokens} if tokens else None,
            "multiValueHeaders": {
                name: [value] for name, value in (headers | {"Content-Type": "application/json"}).items()
            },
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
            "requestContext": {"requestId": "request-1"},
        }
        return int(self._processes[process].receive(request)["statusCode"])

    # What people do

    def set_up(self) -> None:
        """Add the connection, and enter its URL at Moment."""
        keys = {"moneybird": {"api_token": API_TOKEN}, "moment": {"company": COMPANY, "api_key": API_KEY}}
        request = PutConnection.model_validate(
            {"task": "connection.put", "connection": CONNECTION, "api_url": URL, **keys}
        )
        self.moment_urls = (self.connecting.put(request).moment_urls["invoices"],)

    def rotate(self, *, finish: bool = False) -> ConnectionRotated:
        """Make new credentials, or remove the old ones."""
        return self.connecting.rotate(
            RotateConnection(task="connection.rotate", connection=CONNECTION, api_url=URL, finish=finish)
        )


@pytest.fixture
def traffic(receiver: ReceiverFunction, network: Network, monkeypatch: pytest.MonkeyPatch) -> Traffic:
    receiver.set_secret({})
    traffic = Traffic(receiver)
    monkeypatch.setattr("tests.simulators.moneybird.webhooks.post", traffic.probe)
    traffic.set_up()
    network.before = lambda call: traffic.push() if call == "PutSecretValue" else None
    traffic.push()
    return traffic


def test_rotation_under_a_stream_of_webhooks_refuses_none_and_loses_none(traffic: Traffic) -> None:
    (before,) = traffic.moneybird.state.all("webhooks")

    rotated = traffic.rotate()
    traffic.moment_urls += (rotated.moment_urls["invoices"],)  # one after the other is entered at Moment
    traffic.push()
    traffic.moment_urls = traffic.moment_urls[1:]
    traffic.rotate(finish=True)
    traffic.push()

    (after,) = traffic.moneybird.state.all("webhooks")
    assert set(traffic.statuses) == {200}
    assert len(traffic.statuses) > 50
    assert stored(traffic.receiver) == len(traffic.statuses)
    assert (after["id"], after["secret"]) != (before["id"], before["secret"])


def stored(receiver: ReceiverFunction) -> int:
    pages = receiver.dynamodb.get_paginator("scan").paginate(TableName=receiver.settings.events_table)
    return sum(page["Count"] for page in pages)


def test_finished_rotation_closes_the_door_to_the_old_credentials(traffic: Traffic) -> None:
    old = traffic.moment_urls[0]
    traffic.rotate()
    traffic.rotate(finish=True)
    traffic.receiver.restart()

    (token,) = parse_qs(urlsplit(old).query)["token"]
    answer = traffic.receiver.moment(tokens=[token], headers={"Authorization": None})

    assert answer.status == 401


def test_second_rotation_within_a_minute_is_refused_with_what_to_do_and_harms_nothing(
    traffic: Traffic,
) -> None:
    traffic.rotate()
    before = traffic.moneybird.state.all("webhooks")

    with pytest.raises(RefusedRequestError, match="wait a minute"):
        traffic.rotate()  # the processes have just read the secret, and do so once a minute
    traffic.push()

    assert traffic.moneybird.state.all("webhooks") == before
    assert set(traffic.statuses) == {200}
