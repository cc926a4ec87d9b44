"""What lies between the SDK and AWS by moto: it counts calls, and breaks them as AWS does."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber

from tests.harness.boundaries import DIED, Killed, current_worker


class Fault(StrEnum):
    """What can happen to an AWS call."""

    THROTTLE = "throttle"
    DENIED = "access denied"
    SERVER_ERROR = "5xx"
    TIMEOUT_BEFORE = "time-out before the effect"
    TIMEOUT_AFTER = "time-out after the effect"
    CONFLICT = "conflict with a transaction"
    CRASH_BEFORE = "crash before the effect"
    CRASH_AFTER = "crash after the effect"


class Request(NamedTuple):
    """A request as it went over the network, or another thing that somebody did."""

    worker: str
    what: str
    """An operation of AWS, `died`, or `answered`."""
    body: bytes = b""
    had_effect: bool = False
    status: int | None = None
    """None: there was no answer."""


@dataclass
class Network:
    """What lies between the SDK and AWS: counts calls, lets things happen before them, and breaks them."""

    history: list[Request] = field(default_factory=list, repr=False)
    calls: Counter[str] = field(default_factory=Counter)
    faults: dict[str, Fault] = field(default_factory=dict)
    """Operation to what happens to each of its calls."""
    before: Callable[[str], None] | None = None
    """Called with the operation of each call that is about to be made."""

    def process(self, request: AWSPreparedRequest) -> Any:  # noqa: ANN401  # moto's own type
        """Stand in for what moto does with a request, and mostly let it do that."""
        target: Any = request.headers.get("X-Amz-Target", request.method)
        operation = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        self.calls[operation] += 1
        if self.before:
            self.before(operation)
        fault = self.faults.get(operation)
        try:
            answer = self._break(fault, request, operation) if fault else _moto(request)
        except Killed:
            self.note(DIED)
            raise
        if not fault:
            self._note_request(operation, request, answer, is_answered=True)
        return answer

    def note(self, what: str, status: int | None = None) -> None:
        """Note in the history what somebody did beside requests."""
        self.history.append(Request(current_worker(), what, status=status))

    def _note_request(
        self,
        operation: str,
        request: AWSPreparedRequest,
        answer: Sequence[Any],
        *,
        is_answered: bool,
    ) -> None:
        body = request.body if isinstance(request.body, bytes) else str(request.body).encode()
        status = int(answer[0])
        self.history.append(
            Request(current_worker(), operation, body, status < 300, status if is_answered else None)
        )

    def _break(
        self, fault: Fault, request: AWSPreparedRequest, operation: str
    ) -> tuple[int, dict[str, str], str]:
        if fault in {Fault.TIMEOUT_AFTER, Fault.CRASH_AFTER}:
            self._note_request(operation, request, _moto(request), is_answered=False)
        elif fault is not Fault.CRASH_BEFORE:
            self._note_request(operation, request, (500,), is_answered=False)
        match fault:
            case Fault.CRASH_BEFORE | Fault.CRASH_AFTER:
                raise Killed
            case Fault.TIMEOUT_BEFORE:
                raise ConnectTimeoutError(endpoint_url=request.url)
            case Fault.TIMEOUT_AFTER:
                raise ReadTimeoutError(endpoint_url=request.url)
            case Fault.THROTTLE:
                return _error(400, "ThrottlingException")
            case Fault.DENIED:
                return _error(400, "AccessDeniedException")
            case Fault.CONFLICT:
                reasons = [{"Code": "TransactionConflict"}, {"Code": "None"}]
                return _error(400, "TransactionCanceledException", CancellationReasons=reasons)
            case Fault.SERVER_ERROR:
                return _error(500, "InternalServerError")

    @contextmanager
    def overtaken(self, operation: str, by: Callable[[], object]) -> Iterator[None]:
        """Let something else be done whole before the first call of an operation."""
        others = iter([by])

        def overtake(called: str) -> None:
            if called == operation:
                for other in others:
                    other()

        self.before = overtake
        yield
        self.before = None

    @contextmanager
    def broken(self, operations: tuple[str, ...], fault: Fault) -> Iterator[None]:
        """Break all calls of some operations for a while."""
        self.faults = dict.fromkeys(operations, fault)
        yield
        self.faults = {}


@contextmanager
def simulated_aws() -> Iterator[Network]:
    """AWS by moto, with a network that a test can break, for as long as a module's tests run."""
    with pytest.MonkeyPatch.context() as environment, mock_aws(), patch("botocore.endpoint.time.sleep"):
        environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        environment.setenv("POWERTOOLS_SERVICE_NAME", "receiver")
        network = Network()
        environment.setattr(botocore_stubber, "process_request", network.process)
        environment.setattr(
            boto3, "client", cache(boto3.Session().client)
        )  # making one takes longer than a test
        yield network


def _moto(request: AWSPreparedRequest) -> Any:  # noqa: ANN401
    return BotocoreStubber.process_request(botocore_stubber, request)


def _error(status: int, code: str, **details: object) -> tuple[int, dict[str, str], str]:
    return status, {"x-amzn-errortype": code}, json.dumps({"__type": code, **details})
