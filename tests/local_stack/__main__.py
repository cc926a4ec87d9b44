"""Commands of the local stack; `make run`, `make up` and `make events` call them."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated

import typer
from rich.console import Console

from accounting_sync.providers.flow.rate_plan import RatePlan
from tests.local_stack.aws import sam_local
from tests.local_stack.errors import LocalStackError
from tests.local_stack.paths import EVENTS, ROOT, STACK_FILE
from tests.local_stack.running.ports import HIGHEST, LOOPBACK
from tests.local_stack.running.processes import stop_on_signals
from tests.local_stack.running.progress import Progress
from tests.local_stack.samples import envelopes
from tests.local_stack.samples.demonstration import Demonstration, Row
from tests.local_stack.samples.report import table
from tests.local_stack.stack import LocalStack, StackOptions, local_stack

app = typer.Typer(help="The whole pipeline on this machine.", no_args_is_help=True)

Port = Annotated[int, typer.Option(envvar="PORT", min=1, max=HIGHEST, help="Port of the local AWS.")]
Host = Annotated[str, typer.Option(envvar="BIND_HOST", help="Address to listen on.")]


def _checked_rate(rate: str | None) -> str | None:
    """Refuse a rate that is none, before anything is started."""
    try:
        RatePlan.from_text(rate or "1/1")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    return rate or None


MoneybirdUrl = Annotated[
    str | None,
    typer.Option(envvar="MONEYBIRD_URL", help="Base URL of a server that speaks Moneybird's API."),
]
MomentUrl = Annotated[
    str | None, typer.Option(envvar="MOMENT_URL", help="Base URL of a server that speaks Moment's API.")
]


MoneybirdRate = Annotated[
    str | None,
    typer.Option(
        envvar="MONEYBIRD_RATE", callback=_checked_rate, help="Moneybird's limit: calls/seconds (150/300)."
    ),
]


@app.command()
def run(port: Port = 4566, host: Host = LOOPBACK) -> None:
    """Deliver the sample webhooks and show what became of each; succeed if each ended as expected."""
    with _stack(StackOptions(port, host)) as stack:
        rows = _demonstrate(stack)
    if not all(row.as_expected for row in rows):
        sys.exit(1)


@app.command()
def up(
    port: Port = 4566,
    host: Host = LOOPBACK,
    moneybird_url: MoneybirdUrl = None,
    moment_url: MomentUrl = None,
    moneybird_rate: MoneybirdRate = None,
) -> None:
    """Do the same, and keep the stack until Ctrl-C."""
    options = StackOptions(
        port,
        host,
        moneybird_url=moneybird_url or None,
        moment_url=moment_url or None,
        moneybird_rate=moneybird_rate,
    )
    with _stack(options) as stack:
        _demonstrate(stack)
        stack.description.write(STACK_FILE)
        sam_local.write_template(stack)
        try:
            _explain(stack)
            with suppress(KeyboardInterrupt):
                signal.pause()
        finally:
            STACK_FILE.unlink(missing_ok=True)
            sam_local.FILE.unlink(missing_ok=True)


@app.command()
def events() -> None:
    """Write the envelopes for `sam local invoke` again, from the payloads."""
    envelopes.write(EVENTS / "sam-local")


@contextmanager
def _stack(options: StackOptions) -> Iterator[LocalStack]:
    """Run a stack; whatever ends it, nothing stays behind, and what went wrong is said in a sentence."""
    stop_on_signals()
    try:
        with local_stack(options, Progress()) as stack:
            yield stack
    except LocalStackError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit(130)


def _demonstrate(stack: LocalStack) -> list[Row]:
    with Progress().step("Sample webhooks"):
        rows = list(Demonstration(stack).run())
    width = None if sys.stdout.isatty() else 118  # a file or a pipe has no width: Rich would take 80
    Console(width=width).print(table(rows) if rows else "No samples: Moneybird's simulator does not run.")
    return rows


def _explain(stack: LocalStack) -> None:
    description = stack.description
    user = f"{description.credentials.username}:{description.credentials.password}"
    Console(soft_wrap=True, highlight=False).print(
        f"""
The stack is up; {STACK_FILE.relative_to(ROOT)} describes it. Ctrl-C ends it. For example:

curl -u '{user}' -H 'Content-Type: application/json' \\
  -d @events/moment/invoice_create_new.json {description.moment_webhook_url("invoices")}

AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=eu-central-1 \\
  aws --endpoint-url {description.endpoint_url} dynamodb scan --table-name {description.events_table}

Logs: {stack.folder.relative_to(ROOT)}/"""
    )


if __name__ == "__main__":
    app()
