"""The bookkeeper's page without a browser: what API Gateway would send, and the functions that it asks."""

import json
import re
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property, partial
from html import unescape
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any, Self
from urllib.parse import urlencode

from aws_lambda_powertools import Logger

from console import app
from console.console import Console
from console.environment import Environment
from console.pages import COOKIE
from operations import look_app
from operations.administration import mapping_app
from operations.administration.books import unhurried
from operations.api.serving import serve
from operations.environment import LookEnvironment
from tests.harness.administration import mapping_of
from tests.harness.exports import make_export_function
from tests.harness.sync_function import SyncFunction
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples

LOGGER = Logger(service="console", level="CRITICAL")


class Functions:
    """Lambda: the functions that look, export and map, and a list of what OperationsFunction is asked."""

    def __init__(self, sync: SyncFunction) -> None:
        names = sync.environment
        tables = LookEnvironment(
            names.events_table, names.accounting_table, names.control_table, timedelta(days=90)
        )
        self.looking = look_app.make_looking(sync.aws.dynamodb, tables, sync.clock)
        self._sync = sync
        self.mapped: list[dict[str, Any]] = []
        """What MappingFunction was asked."""
        self.repairs: list[dict[str, Any]] = []
        self.complete = True

    @cached_property
    def exporting(self) -> Callable[[dict[str, Any]], dict[str, Any]]:
        return make_export_function(self._sync)

    @cached_property
    def mapping(self) -> mapping_app.Mapping:
        return mapping_of(self._sync)

    def invoke(self, *, FunctionName: str, Payload: str) -> dict[str, Any]:  # boto3's names
        answer = self._answer(FunctionName, json.loads(Payload))
        return {"Payload": BytesIO(json.dumps(answer).encode())}

    def _answer(self, function: str, asked: dict[str, Any]) -> dict[str, Any]:
        match function:
            case "look":
                return serve(look_app.REQUESTS, asked, self.looking.answer, LOGGER)
            case "export":
                return self.exporting(asked)
            case "mapping":
                self.mapped.append(asked)
                answer = partial(self.mapping.answer, time_left=unhurried)
                return serve(mapping_app.REQUESTS, asked, answer, LOGGER)
        return self._repair(asked)

    def _repair(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.repairs.append(asked)
        if asked["task"] == "unlink":
            return {"unlinked": self.complete, "reason": "it is being synced; try again"}
        if asked["task"] == "events.skip":
            return {"events": dict.fromkeys(asked["event_ids"], "left alone"), "complete": self.complete}
        done = asked.get("event_ids", ["one", "two"])
        return {"events": dict.fromkeys(done, "replayed"), "complete": self.complete}


@dataclass
class Answer:
    status: int
    headers: dict[str, Any]
    body: str
    is_base64: bool = False

    @property
    def content(self) -> bytes:
        """What a browser gets of a file."""
        assert self.is_base64
        return b64decode(self.body)

    @property
    def text(self) -> str:
        """What a person reads, in one line."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.body)).split())

    @property
    def form_token(self) -> str:
        found = re.search(r'name="form_token" value="([0-9a-f]+)"', self.body)
        assert found
        return found[1]


class Browser:
    """Keeps cookies, and sends what API Gateway would."""

    def __init__(self, console: Console, language: str = "en") -> None:
        self.console = console
        self.language = language
        self.cookies: dict[str, str] = {}
        self.variables: dict[str, str] | None = None
        """Of the API's stage."""
        self.site = "same-origin"
        """Of the page that sends the browser here, as the browser says it (Sec-Fetch-Site)."""

    @property
    def cookie(self) -> str:
        """The session's, as the browser sends it."""
        return f"{COOKIE}={self.cookies[COOKIE]}" if COOKIE in self.cookies else ""

    @cookie.setter
    def cookie(self, cookie: str) -> None:
        self.cookies[COOKIE] = cookie.partition("=")[2]

    def get(self, address: str, **query: str) -> Answer:
        return self._send("GET", address, query, None)

    def post(self, address: str, **form: str) -> Answer:
        return self._send("POST", address, {}, urlencode(form))

    def sign_in(self, role: str = "repair", connection: str = CONNECTION) -> str:
        link = opened(self.console, role, connection)
        assert self.post("sign-in", link=link).status == 303
        return link

    def _send(self, method: str, address: str, query: dict[str, str], body: str | None) -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Accept-Language": self.language, "Cookie": cookies, "Sec-Fetch-Site": self.site}
        event = {
            "httpMethod": method,
            "path": f"/console/{address}",
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": query or None,
            "multiValueQueryStringParameters": None,
            "requestContext": {"path": f"/production/console/{address}", "stage": "production"},
            "stageVariables": self.variables,
            "body": body,
            "isBase64Encoded": False,
        }
        answer = app.handle(self.console, event, None)  # type: ignore[arg-type]  # not looked at
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        if "Set-Cookie" in headers:
            made = SimpleCookie(headers["Set-Cookie"])
            self.cookies |= {name: cookie.value for name, cookie in made.items()}
        return Answer(answer["statusCode"], headers, answer["body"], answer["isBase64Encoded"])


def opened(console: Console, role: str = "repair", connection: str = CONNECTION) -> str:
    asked = {"task": "console.open", "connection": connection, "person": "Ada", "role": role}
    answer = app.handle(console, asked, None)  # type: ignore[arg-type]
    return str(answer["token"])


@dataclass
class ConsoleWorld:
    sync: SyncFunction
    functions: Functions
    console: Console

    def browser(self, language: str = "en") -> Browser:
        return Browser(self.console, language)

    @property
    def control_items(self) -> list[dict[str, Any]]:
        table = self.sync.environment.control_table
        return list(self.sync.aws.dynamodb.scan(TableName=table)["Items"])

    @classmethod
    def made(cls) -> Self:
        """Make the functions and the page on AWS by moto, which must be simulated already."""
        sync = SyncFunction()
        functions = Functions(sync)
        names = sync.environment
        environment = Environment(
            names.control_table, names.accounting_table, "look", "operations", "export", "mapping"
        )
        console = app.make_console(sync.aws.dynamodb, functions, functions, environment, sync.clock)  # type: ignore[arg-type]
        return cls(sync, functions, console)

    def parked(self) -> str:
        """Have an invoice parked for a VAT code that is not mapped; return its event's id."""
        self.sync.book_by({**SETTINGS, "vat": {}})
        return self.sync.sync("invoice", samples.DOCUMENTED_INVOICE).event_id
