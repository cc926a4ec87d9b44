"""A running stack, from nothing: local AWS, providers, build, deployment, connection, registration."""

import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from tests.local_stack import connection
from tests.local_stack.aws import sam
from tests.local_stack.aws.local_aws import SQS_MEMORY, LocalAws, local_aws
from tests.local_stack.description import StackCredentials, StackDescription
from tests.local_stack.errors import LocalStackError
from tests.local_stack.paths import BUILD, MINISTACK_ENVIRONMENT, SAM_ENVIRONMENT, STATE
from tests.local_stack.providers import Provider, register_moneybird_webhook, simulator
from tests.local_stack.running.ports import LOOPBACK, check_free
from tests.local_stack.running.progress import Progress
from tests.local_stack.samples import envelopes
from tests.local_stack.samples.moneybird_user import MoneybirdUser

ADMINISTRATION_ID = "116015326147118082"
"""Of the webhook that Moneybird documents, so that the payload fits the demo connection as it is."""
MOMENT_COMPANY = "demo-company"
STAGE = "local"


@dataclass(frozen=True)
class StackOptions:
    """What a user may choose."""

    port: int
    host: str = LOOPBACK
    """Address to listen on: another one lets containers reach the stack."""
    enforce_iam: bool = False
    moneybird_url: str | None = None
    """A server that speaks Moneybird's API, instead of the simulator."""
    moment_url: str | None = None
    moneybird_rate: str | None = None
    """Limit of the simulated Moneybird, and of the plan: calls/seconds."""
    simulators: Mapping[str, str] = field(default_factory=dict)
    """Further options of both simulators' command lines."""
    administration_id: str | None = None
    moneybird_api_token: str | None = None
    moment_company: str | None = None
    moment_api_key: str | None = None
    functions_endpoint: str | None = None
    """Where the functions find AWS, if not directly: a proxy that leads to the port."""
    sqs_memory: float = SQS_MEMORY
    """For how many seconds queues drop a message that was sent before."""
    batches: int = 1
    """How many batches of a queue a function is given at once."""
    change_build: Callable[[Path], None] | None = None
    """What is done to the built code before it is deployed."""

    def credentials(self) -> StackCredentials:
        """Return credentials for a new stack: the user's where there are any, random ones otherwise."""
        return StackCredentials(
            username="webhooks",
            password=secrets.token_urlsafe(24),
            moneybird_secret=secrets.token_hex(32),
            moneybird_token=secrets.token_urlsafe(24),
            moneybird_api_token=self.moneybird_api_token or secrets.token_urlsafe(32),
            administration_id=self.administration_id or ADMINISTRATION_ID,
            moment_company=self.moment_company or MOMENT_COMPANY,
            moment_api_key=self.moment_api_key or secrets.token_urlsafe(32),
        )


@dataclass(frozen=True)
class LocalStack:
    """A stack that is up."""

    description: StackDescription
    aws: LocalAws
    outputs: dict[str, str]
    """Of the deployed CloudFormation stack."""
    moneybird: Provider
    moment: Provider
    folder: Path
    """Its logs and data."""


@contextmanager
def local_stack(options: StackOptions, progress: Progress) -> Iterator[LocalStack]:
    """Bring a stack up for the length of a `with` block.

    Raises
    ------
    LocalStackError
        If it cannot come up; the message says what to do.
    """
    _check_tools()
    check_free(options.host, options.port)
    folder = _empty_folder(STATE / str(options.port))
    credentials = options.credentials()
    with ExitStack() as resources:
        with sam.building(folder) as wait_for_build:
            with progress.step(f"Local AWS on port {options.port}, and the providers"):
                aws = resources.enter_context(
                    local_aws(
                        options.host,
                        options.port,
                        folder,
                        enforce_iam=options.enforce_iam,
                        functions_endpoint=options.functions_endpoint,
                        sqs_memory=options.sqs_memory,
                        batches=options.batches,
                    )
                )
                moneybird = resources.enter_context(_moneybird(options, credentials, folder))
                moment = resources.enter_context(_moment(options, credentials, folder))
            with progress.step("Build (sam build; the first one takes a minute)"):
                wait_for_build()
                if options.change_build:
                    options.change_build(BUILD)
            with progress.step("Deployment (sam deploy)"):
                outputs = sam.deploy(aws, folder, _parameters(options, moneybird, moment))
        description = _describe(aws, outputs, moneybird, moment, credentials)
        with progress.step("Connection, and registration of its webhooks"):
            description = _connect(aws, description, moneybird)
        yield LocalStack(description, aws, outputs, moneybird, moment, folder)


def _check_tools() -> None:
    for environment in (MINISTACK_ENVIRONMENT, SAM_ENVIRONMENT):
        if not (environment / "bin" / "python").exists():
            raise LocalStackError("The tools are not installed yet: make environment")


def _empty_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "tmp").mkdir(parents=True)
    return folder


def _moneybird(
    options: StackOptions, credentials: StackCredentials, folder: Path
) -> AbstractContextManager[Provider]:
    if options.moneybird_url:
        return nullcontext(Provider(options.moneybird_url.rstrip("/"), None))
    accepted = {
        "administration-id": credentials.administration_id,
        "api-token": credentials.moneybird_api_token,
        **({"rate": options.moneybird_rate} if options.moneybird_rate else {}),
        **options.simulators,
    }
    return simulator("moneybird", "/api/v2", options.host, accepted, folder)


def _moment(
    options: StackOptions, credentials: StackCredentials, folder: Path
) -> AbstractContextManager[Provider]:
    if options.moment_url:
        return nullcontext(Provider(options.moment_url.rstrip("/"), None))
    accepted = {
        "company": credentials.moment_company,
        "api-key": credentials.moment_api_key,
        **options.simulators,
    }
    return simulator("moment", "/api/1.0", options.host, accepted, folder)


def _parameters(options: StackOptions, moneybird: Provider, moment: Provider) -> dict[str, str]:
    rate = {"MoneybirdRate": options.moneybird_rate} if options.moneybird_rate else {}
    return {
        **rate,
        "Stage": STAGE,
        "Console": "true",
        "Architecture": sam.architecture(),
        "LogLevel": "DEBUG",
        "MoneybirdBaseUrl": moneybird.base_url,
        "MomentBaseUrl": moment.base_url,
    }


def _describe(
    aws: LocalAws,
    outputs: dict[str, str],
    moneybird: Provider,
    moment: Provider,
    credentials: StackCredentials,
) -> StackDescription:
    return StackDescription(
        endpoint_url=aws.endpoint_url,
        api_url=_deployed(aws, outputs["ApiId"]),
        events_table=outputs["WebhookEventsTableName"],
        accounting_table=outputs["AccountingTableName"],
        control_table=outputs["ControlTableName"],
        queue_url=outputs["SyncQueueUrl"],
        dead_letter_queue_url=outputs["SyncDeadLetterQueueUrl"],
        event_bus=outputs["AccountingEventBusName"],
        webhook_receiver_function=outputs["WebhookReceiverFunctionName"],
        entity_sync_function=outputs["EntitySyncFunctionName"],
        operations_function=outputs["OperationsFunctionName"],
        look_function=outputs["LookFunctionName"],
        export_function=outputs["ExportFunctionName"],
        try_function=outputs["TryFunctionName"],
        reconciliation_function=outputs["ReconciliationFunctionName"],
        administration_function=outputs["AdministrationFunctionName"],
        mapping_function=outputs["MappingFunctionName"],
        console_function=outputs["ConsoleFunctionName"],
        console_url=f"{_deployed(aws, outputs['ConsoleApiId'])}/console",
        moneybird_url=moneybird.base_url,
        moment_url=moment.base_url,
        connection=connection.NAME,
        credentials=credentials,
    )


def _deployed(aws: LocalAws, api: str) -> str:
    return f"{aws.endpoint_url}/restapis/{api}/{STAGE}/_user_request_"


def _connect(aws: LocalAws, description: StackDescription, moneybird: Provider) -> StackDescription:
    """Make the connections known; with the simulator, also register the webhook and take over its secret.

    The registration probes the receiver, so the secret is there before it and completed after it.
    """
    credentials = description.credentials
    connection.put_connection(aws, envelopes.CONNECTION, connection.sample_secret(credentials))
    connection.put_connection(aws, connection.NAME, connection.demo_secret(credentials))
    if moneybird.simulator_url is None:
        return description
    MoneybirdUser(description, moneybird).place("contacts", connection.EMPLOYEES_CONTACT)
    secret, token = register_moneybird_webhook(description)
    credentials = credentials.model_copy(update={"moneybird_secret": secret, "moneybird_token": token})
    connection.put_connection(aws, connection.NAME, connection.demo_secret(credentials))
    return description.model_copy(update={"credentials": credentials})
