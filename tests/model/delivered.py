"""What receiver, sweep and dispatcher did about one event, as a run of the model `events`."""

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from tests.harness.boundaries import DIED
from tests.harness.network import Request
from tests.model.replay import Step

_NUMBERS = {
    "receiver": 0,
    "sweep": 2,
    "second sweep": 3,
    "worker": 4,
    "dispatcher": 6,
    "second dispatcher": 7,
}


def run_of(history: Sequence[Request]) -> tuple[Step, ...]:
    """Return what was done about the event; what the SDK repeats by itself is one action."""
    ours = (request for request in history if request.worker in _NUMBERS)
    steps: list[Step] = []
    for (worker, what, _), requests in groupby(ours, key=lambda each: (each.worker, each.what, each.body)):
        actions = _dispatchers_actions if "dispatcher" in worker else _actions
        steps += ((_NUMBERS[worker], action) for action in actions(worker, what, list(requests)))
    return tuple(steps)


def _actions(worker: str, what: str, requests: Sequence[Request]) -> Iterator[str]:
    had_effect, last = any(request.had_effect for request in requests), requests[-1].status
    match what:
        case "answered":
            yield "ACCEPTED" if last == 200 else "REFUSED"
        case _ if what == DIED:
            yield "DIED"
        case "TransactWriteItems" | "PutItem" if worker == "receiver" and _is_about_event(requests[0].body):
            yield _outcome(had_effect, last, ("PUT", "PUT_KNOWN", "PUT_FAILED", "PUT_UNKNOWN"))
        case "UpdateItem" if worker == "worker":
            yield "CLAIMED" if b":claim_owner" in requests[0].body else "WAITS_IN_A_ROOM"
        case "SendMessage":
            if worker != "receiver":
                yield "READ"
            yield _outcome(had_effect, last, ("SENT", "SEND_FAILED", "SEND_FAILED", "SEND_UNKNOWN"))
        case "UpdateItem" if worker != "receiver":
            yield _outcome(had_effect, last, ("REQUEUED", "REQUEUE_REFUSED", "REQUEUE_FAILED", "REQUEUED"))


def _dispatchers_actions(_: str, what: str, requests: Sequence[Request]) -> Iterator[str]:
    had_effect, last = any(request.had_effect for request in requests), requests[-1].status
    match what:
        case _ if what == DIED:
            yield "DIED"
        case "UpdateItem" if had_effect and _is_about_event(requests[0].body):
            yield "DISPATCHED"
            if last is None or last >= 300:  # what it was answered says that another one was faster
                yield "LEFT"
        case "SendMessage":
            yield _outcome(had_effect, last, ("SENT", "SEND_FAILED", "SEND_FAILED", "SEND_UNKNOWN"))


def _outcome(had_effect: bool, answer: int | None, names: tuple[str, str, str, str]) -> str:
    """Name what a call came to: done, refused by its condition, failed, or done without an answer."""
    done, refused, failed, unknown = names
    if had_effect:
        return unknown if answer is None else done
    return failed if answer is None else refused


def _is_about_event(body: bytes) -> bool:
    asked: dict[str, Any] = json.loads(body)
    writes = [part["Put"] for part in asked["TransactItems"]] if "TransactItems" in asked else [asked]
    return any("event_id" in (write.get("Item") or write["Key"]) for write in writes)
