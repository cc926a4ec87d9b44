"""Handler of ConsoleFunction: serves the page to browsers, and makes links for the command line."""

import os
from collections.abc import Callable
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from pydantic import TypeAdapter

from accounting_sync.aws.clients import CLIENT_CONFIG
from accounting_sync.aws.observability import make_logger
from accounting_sync.time import Clock, utc_now
from console.audit import AuditTrail
from console.console import Console
from console.environment import Environment
from console.pages import style_sheet
from console.requests import BrowserRequest
from console.sessions import Sessions
from console.stack import CONFIG, EXPORT_CONFIG, Stack
from console.tickets import Tickets
from console.views.view import View, problem
from operations.api.console import OpenConsole, Role
from operations.api.serving import serve

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_lambda import LambdaClient

REQUESTS: TypeAdapter[OpenConsole] = TypeAdapter(OpenConsole)


def lambda_handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Answer a browser; or an `OpenConsole`, of whoever may invoke the function itself."""
    return handle(console(), event, context)


def handle(console: Console, event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Tell the two kinds of events apart: API Gateway's have a method."""
    if "httpMethod" in event:
        return routes(console).resolve(event, context)
    return serve(REQUESTS, event, console.gate.sessions.open, make_logger())


@cache
def console() -> Console:
    """Return what the process serves with, made once."""
    environment = Environment.from_environment(os.environ)
    dynamodb = boto3.client("dynamodb", config=CLIENT_CONFIG)
    functions = boto3.client("lambda", config=CONFIG)
    exporting = boto3.client("lambda", config=EXPORT_CONFIG)
    return make_console(dynamodb, functions, exporting, environment, utc_now)


def make_console(
    dynamodb: "DynamoDBClient",
    functions: "LambdaClient",
    exporting: "LambdaClient",
    environment: Environment,
    clock: Clock,
) -> Console:
    """Put the function together."""
    stack = Stack(
        functions,
        exporting,
        environment.look_function,
        environment.operations_function,
        environment.export_function,
        environment.mapping_function,
    )
    return Console.of(
        Sessions(Tickets(dynamodb, environment.control_table, clock)),
        stack,
        AuditTrail(dynamodb, environment.accounting_table, clock),
        clock,
    )


@cache
def routes(console: Console) -> APIGatewayRestResolver:
    """Return the page's addresses. All are in one folder, so that links between them can be relative."""
    app = APIGatewayRestResolver()

    def request() -> BrowserRequest:
        return BrowserRequest.of(app.current_event)

    def shows(address: str, view: View) -> None:
        app.get(f"/console/{address}")(lambda: console.gate.signed_in(request(), view))

    def does(address: str, view: View, role: Role = Role.REPAIR) -> None:
        app.post(f"/console/{address}")(lambda: console.gate.submitted(request(), view, role))

    _add_open_routes(app, console, request)
    does("sign-out", console.gate.sign_out, Role.LOOK)
    shows("overview", console.overview.show)
    shows("needs-you", console.needs_you.show)
    does("try-event", console.needs_you.try_event)
    does("try-reason", console.needs_you.try_reason)
    shows("documents", console.documents.show)
    shows("document", console.document.show)
    does("unlink", console.document.unlink)
    does("try-document", console.document.try_again)
    does("leave-alone", console.document.leave_alone)
    shows("mapping", console.mapping.show)
    does("mapping", console.mapping.save)
    shows("activity", console.activity.show)
    shows("exports", console.exports.show)
    does("export", console.exports.export, Role.LOOK)
    does("order-audit-file", console.exports.order_audit_file)
    does("fetch-audit-file", console.exports.fetch_audit_file)

    @app.not_found
    def not_found(_error: Exception) -> Response[str]:
        return problem(request(), None, HTTPStatus.NOT_FOUND, "not_found")

    return app


def _add_open_routes(
    app: APIGatewayRestResolver, console: Console, request: Callable[[], BrowserRequest]
) -> None:
    """Add the addresses of whoever has not signed in yet."""
    app.get("/console/style.css")(style_sheet)
    app.get("/console/sign-in")(lambda: console.gate.ask_to_sign_in(request()))
    app.post("/console/sign-in")(lambda: console.gate.sign_in(request()))
    app.get("/console/begin")(lambda: console.cognito.begin(request()))
    app.get("/console/callback")(lambda: console.cognito.come_back(request()))
