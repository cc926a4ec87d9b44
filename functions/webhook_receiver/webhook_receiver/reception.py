"""Every request ends here as one answer, one log line, and its numbers; errors become answers here only."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.aws.observability import Counter
from accounting_sync.webhooks.events import MOMENT_ENTITY_TYPES
from webhook_receiver.authentication import NotAuthenticError
from webhook_receiver.credential_store import CredentialsUnavailableError
from webhook_receiver.gateway import Answer, Request, answer, problem_answer, request_id
from webhook_receiver.intake import Intake, Receipt, Verdict
from webhook_receiver.problems import ProblemError, ProblemKind

UNKNOWN = "unknown"
"""Stands in logs and metrics for a connection that does not exist: strangers choose those names."""


class Reception:
    """Answers requests with what the intake makes of them; `knows` tells whether a connection exists."""

    def __init__(
        self, intake: Intake, knows: Callable[[str], bool], logger: Logger, counter: Counter
    ) -> None:
        self._intake = intake
        self._knows = knows
        self._logger = logger
        self._counter = counter

    def receive(self, event: Mapping[str, Any]) -> Answer:
        """Answer a proxy event of API Gateway."""
        started = time.perf_counter()
        line: dict[str, Any] = {"request_id": request_id(event)}
        try:
            reply = self._accept(Request.from_event(event), line)
        except Exception as error:  # whatever it is, the sender gets an answer
            reply = self._refuse(_to_problem(error, line), line)
        line |= {
            "status": reply["statusCode"],
            "latency_ms": round(1000 * (time.perf_counter() - started), 1),
        }
        self._log(line)
        return reply

    def _accept(self, request: Request, line: dict[str, Any]) -> Answer:
        line |= {
            "connection": UNKNOWN,
            "source": "moment" if request.kind else "moneybird",
            "kind": _known(request.kind),
        }
        try:
            receipt = self._intake.handle(request)
        finally:
            if self._knows(request.connection):
                line["connection"] = request.connection
        line |= {"outcome": receipt.verdict, "event_id": receipt.event_id}
        self._count(request.connection, receipt)
        body = {"status": receipt.verdict, "event_id": receipt.event_id}
        return answer(200, {name: value for name, value in body.items() if value is not None})

    def _count(self, connection: str, receipt: Receipt) -> None:
        if receipt.verdict is Verdict.OK:
            return
        numbers = {
            "Received": 1,
            "Duplicate": receipt.verdict is Verdict.DUPLICATE,
            "Ignored": receipt.verdict is Verdict.IGNORED,
            "Forwarded": receipt.forwarded,
            "KeyReused": receipt.key_reused,
            "TypeUnknown": receipt.type_unknown,
        }
        self._counter.count(connection, {name: 1 for name, number in numbers.items() if number})

    def _refuse(self, problem: ProblemError, line: dict[str, Any]) -> Answer:
        line |= {"outcome": "rejected", "reason": problem.kind.reason, "event_id": problem.event_id}
        connection = line.get("connection", UNKNOWN)
        numbers = {"Rejected": 1}
        if connection != UNKNOWN:  # strangers who try names must not raise an alarm
            numbers["RejectedOfConnection"] = 1
        self._counter.count(connection, numbers, reason=problem.kind.reason)
        return problem_answer(problem, line["request_id"])

    def _log(self, line: Mapping[str, Any]) -> None:
        log = self._logger.error if line["status"] >= 500 else self._logger.info
        log("webhook", extra={name: value for name, value in line.items() if value is not None})


def _known(kind: str | None) -> str | None:
    """Hide names that strangers make up."""
    return kind if kind is None or kind in MOMENT_ENTITY_TYPES else UNKNOWN


def _to_problem(error: Exception, line: dict[str, Any]) -> ProblemError:
    """Say what an error means for the sender; log its type, never its message."""
    if isinstance(error, CredentialsUnavailableError):
        line["cause"] = error.cause
    if isinstance(error, NotAuthenticError):
        line["check"] = error.check
    if isinstance(error, ProblemError):
        return error
    if isinstance(error, ClientError | BotoCoreError):
        line["cause"] = _aws_cause(error)
        return ProblemError(ProblemKind.UNAVAILABLE, "The webhook could not be kept. Send it again.")
    line["cause"] = f"{type(error).__name__} at {_place(error)}"
    return ProblemError(ProblemKind.INTERNAL, "This is a fault of ours. Send it again.")


def _aws_cause(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    return type(error).__name__


def _place(error: Exception) -> str:
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown place"
