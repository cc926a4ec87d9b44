"""The bookkeeper's page, through the events that API Gateway sends and against the functions that it asks."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from console import app
from console.console import Console
from console.environment import Environment
from console.pages import COOKIE
from console.texts import TEXTS, language_of
from operations import look_app
from operations.api.serving import serve
from operations.environment import LookEnvironment
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples

LOGGER = Logger(service="console", level="CRITICAL")


class Functions:
    """Lambda, with the real LookFunction and an OperationsFunction that notes what it is asked."""

    def __init__(self, sync: SyncFunction) -> None:
        names = sync.environment
        tables = LookEnvironment(
            names.events_table, names.accounting_table, names.control_table, timedelta(days=90)
        )
        self.looking = look_app.make_looking(sync.aws.dynamodb, tables, sync.clock)
        self.repairs: list[dict[str, Any]] = []
        self.complete = True

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # boto3's names
        asked = json.loads(Payload)
        answer = (
            serve(look_app.REQUESTS, asked, self.looking.answer, LOGGER)
            if FunctionName == "look"
            else self._repair(asked)
        )
        return {"Payload": BytesIO(json.dumps(answer).encode())}

    def _repair(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.repairs.append(asked)
        if asked["task"] == "unlink":
            return {"unlinked": self.complete, "reason": "it is being synced; try again"}
        done = asked.get("event_ids", ["one", "two"])
        return {"events": dict.fromkeys(done, "replayed"), "complete": self.complete}


@dataclass
class Answer:
    status: int
    headers: dict[str, Any]
    body: str

    @property
    def form_token(self) -> str:
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.body)
        assert found
        return found[1]


class Browser:
    """Keeps the session's cookie, and sends what API Gateway would."""

    def __init__(self, console: Console, language: str = "en") -> None:
        self.console = console
        self.language = language
        self.cookie = ""

    def get(self, address: str, **query: str) -> Answer:
        return self._send("GET", address, query, None)

    def post(self, address: str, **form: str) -> Answer:
        return self._send("POST", address, {}, urlencode(form))

    def sign_in(self, role: str = "repair", connection: str = CONNECTION) -> str:
        link = opened(self.console, role, connection)
        assert self.post("sign-in", link=link).status == 303
        return link

    def _send(self, method: str, address: str, query: dict[str, str], body: str | None) -> Answer:
        headers = {"Accept-Language": self.language, "Cookie": self.cookie}
        event = {
            "httpMethod": method,
            "path": f"/console/{address}",
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": None,
            "requestContext": {"path": f"/production/console/{address}", "stage": "production"},
            "body": body,
            "isBase64Encoded": False,
        }
        answer = app.handle(self.console, event, None)  # type: ignore[arg-type]  # not looked at
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        if "Set-Cookie" in headers:
            cookie = SimpleCookie(headers["Set-Cookie"])[COOKIE]
            self.cookie = f"{COOKIE}={cookie.value}"
        return Answer(answer["statusCode"], headers, answer["body"])


def opened(console: Console, role: str = "repair", connection: str = CONNECTION) -> str:
    asked = {"task": "console.open", "connection": connection, "person": "Ada", "role": role}
    answer = app.handle(console, asked, None)  # type: ignore[arg-type]
    return str(answer["token"])


@dataclass
class World:
    sync: SyncFunction
    functions: Functions
    console: Console

    def browser(self, language: str = "en") -> Browser:
        return Browser(self.console, language)

    @property
    def control_items(self) -> list[dict[str, Any]]:
        table = self.sync.environment.control_table
        return list(self.sync.aws.dynamodb.scan(TableName=table)["Items"])


@pytest.fixture
def world() -> Iterator[World]:
    with mock_aws():
        sync = SyncFunction()
        functions = Functions(sync)
        names = sync.environment
        environment = Environment(names.control_table, names.accounting_table, "look", "operations")
        console = app.make_console(sync.aws.dynamodb, functions, environment, sync.clock)  # type: ignore[arg-type]
        yield World(sync, functions, console)


def parked(world: World) -> str:
    world.sync.book_by({**SETTINGS, "vat": {}})
    return world.sync.sync("invoice", samples.DOCUMENTED_INVOICE).event_id


def test_link_signs_in_once(world: World) -> None:
    browser, other = world.browser(), world.browser()

    asked = browser.get("sign-in", link=opened(world.console))
    link = browser.sign_in()

    assert asked.status == 200
    assert browser.get("overview").status == 200
    refused = other.post("sign-in", link=link)
    assert (refused.status, "Set-Cookie" in refused.headers) == (401, False)
    assert other.get("overview").status == 401


def test_showing_a_link_does_not_use_it_up(world: World) -> None:
    browser, link = world.browser(), opened(world.console)

    assert link in browser.get("sign-in", link=link).body
    assert browser.post("sign-in", link=link).status == 303


def test_link_and_session_end_though_dynamodb_still_has_them(world: World) -> None:
    late, browser = world.browser(), world.browser()
    link = opened(world.console)
    browser.sign_in()

    world.sync.clock.advance(timedelta(minutes=15))
    assert late.post("sign-in", link=link).status == 401
    assert browser.get("overview").status == 200

    world.sync.clock.advance(timedelta(hours=8))
    assert browser.get("overview").status == 401


def test_table_holds_no_secret_that_signs_in(world: World) -> None:
    browser = world.browser()
    unused, _ = opened(world.console), browser.sign_in()
    session = browser.cookie.partition("=")[2]

    items = str(world.control_items)
    assert "console-session#" in items
    assert "console-link#" in items
    assert unused not in items
    assert session not in items


def test_signing_out_ends_the_session_for_every_copy_of_the_cookie(world: World) -> None:
    browser, copy = world.browser(), world.browser()
    browser.sign_in(role="look")
    copy.cookie = browser.cookie

    assert browser.post("sign-out", form_token=browser.get("overview").form_token).status == 303
    assert copy.get("overview").status == 401


@pytest.mark.parametrize("address", ["overview", "needs-you", "documents", "activity"])
def test_pages_are_for_who_is_signed_in_and_are_kept_nowhere(world: World, address: str) -> None:
    browser = world.browser()
    assert browser.get(address).status == 401

    browser.sign_in()
    answer = browser.get(address)

    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "script" not in answer.body
    assert "style=" not in answer.body  # the policy forbids it


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    answer = world.browser().post("sign-in", link=opened(world.console))

    attributes = set(answer.headers["Set-Cookie"].split("; ")[1:])
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=Strict"} <= attributes


def test_what_parked_is_shown_with_its_reason_under_its_code(world: World) -> None:
    parked(world)
    browser = world.browser()
    browser.sign_in()

    body = browser.get("needs-you").body

    assert 'id="vat_code_not_mapped"' in body
    assert "VAT code H21 is not mapped." in body
    assert "vat code not mapped</a>: 1" in browser.get("overview").body


def test_one_event_is_tried_again_and_the_trail_says_by_whom(world: World) -> None:
    event_id = parked(world)
    browser = world.browser()
    browser.sign_in()
    token = browser.get("needs-you").form_token

    answer = browser.post("try-event", event=event_id, form_token=token)

    assert (answer.status, answer.headers["Location"]) == (303, "needs-you?done=1&complete=yes")
    assert world.functions.repairs == [{"task": "events.replay", "event_ids": [event_id]}]
    trail = browser.get("activity").body
    assert "Ada" in trail
    assert event_id in trail
    assert "Sent through once more: 1." in browser.get("needs-you", done="1", complete="yes").body


def test_all_of_a_reason_are_tried_again(world: World) -> None:
    world.functions.complete = False
    browser = world.browser()
    browser.sign_in()
    token = browser.get("needs-you").form_token if parked(world) else ""

    answer = browser.post("try-reason", reason="vat_code_not_mapped", form_token=token)

    assert answer.headers["Location"] == "needs-you?done=2&complete=no"
    asked = {"task": "events.replay", "connection": CONNECTION, "reason_code": "vat_code_not_mapped"}
    assert world.functions.repairs == [asked]


@pytest.mark.parametrize("action", ["try-event", "try-reason", "unlink"])
def test_forged_forms_and_those_who_look_change_nothing(world: World, action: str) -> None:
    event_id = parked(world)
    repairing, looking = world.browser(), world.browser()
    repairing.sign_in()
    looking.sign_in(role="look")

    def tried(browser: Browser, token: str) -> int:
        form = {"event": event_id, "reason": "vat_code_not_mapped", "form_token": token}
        return browser.post(action, **form).status

    own = {browser: browser.get("overview").form_token for browser in (repairing, looking)}
    assert tried(repairing, "") == 403
    assert tried(repairing, own[looking]) == 403
    assert tried(looking, own[looking]) == 403
    assert tried(world.browser(), own[repairing]) == 401
    assert world.functions.repairs == []
    assert "Nobody has done anything here yet." in repairing.get("activity").body
    assert f'action="{action}"' not in looking.get("needs-you").body
    assert f'action="{action}"' not in looking.get("document", event=event_id).body


@pytest.mark.parametrize("action", ["try-event", "unlink"])
def test_events_of_another_connection_are_not_repaired(world: World, action: str) -> None:
    event_id = parked(world)
    browser = world.browser()
    browser.sign_in(connection="other")

    token = browser.get("overview").form_token
    assert browser.post(action, event=event_id, form_token=token).status == 404
    assert world.functions.repairs == []
    assert "VAT code H21" not in browser.get("needs-you").body


def test_page_speaks_the_browsers_language(world: World) -> None:
    browser = world.browser("nl-NL,nl;q=0.9,en;q=0.8")
    browser.sign_in()

    body = browser.get("needs-you").body

    assert '<html lang="nl">' in body
    assert "Er wacht niets op u." in body
    assert language_of("fr, *;q=0.5") == "en"
    assert TEXTS["nl"].keys() == TEXTS["en"].keys()


def test_what_is_shown_is_escaped(world: World) -> None:
    session_page = world.browser().get("sign-in", link='"><script>alert(1)</script>')

    assert "<script" not in session_page.body


def test_there_is_nothing_else(world: World) -> None:
    assert world.browser().get("elsewhere").status == 404
    assert world.browser().get("style.css").headers["Content-Type"].startswith("text/css")


def test_document_is_found_by_its_number_with_its_timeline(world: World) -> None:
    event_id = parked(world)
    browser = world.browser()
    browser.sign_in()

    found = browser.get("documents", number="1").body
    shown = browser.get("document", event=event_id).body

    assert f'href="document?event={quote(event_id)}"' in found
    assert "VAT code H21 is not mapped." in shown
    assert "PARKED" in shown
    assert "No document has the number 2." in browser.get("documents", number="2").body


def test_document_of_another_connection_is_refused(world: World) -> None:
    event_id = parked(world)
    browser = world.browser()
    browser.sign_in(connection="other")

    assert browser.get("document", event=event_id).status == 404
    assert "document?" not in browser.get("documents", number="1").body


def test_booked_document_is_unlinked_and_its_page_says_by_whom(world: World) -> None:
    event = world.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    browser = world.browser()
    browser.sign_in()
    token = browser.get("overview").form_token

    answer = browser.post("unlink", event=event.event_id, form_token=token)

    assert answer.headers["Location"] == f"document?{urlencode({'event': event.event_id})}"
    (asked,) = world.functions.repairs
    assert event.entity is not None
    assert (asked["task"], asked["connection"], asked["entity_id"]) == (
        "unlink",
        CONNECTION,
        event.entity.id,
    )
    assert "Ada: unlink" in browser.get("document", event=event.event_id).body


def test_refused_repair_says_why(world: World) -> None:
    event = world.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    world.functions.complete = False
    browser = world.browser()
    browser.sign_in()

    token = browser.get("overview").form_token
    answer = browser.post("unlink", event=event.event_id, form_token=token)

    assert answer.status == 503
    assert "it is being synced; try again" in answer.body
