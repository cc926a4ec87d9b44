"""A recorded run is a path of the model, and is none once its order or the code is wrong."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING

import boto3
import pytest

from accounting_sync.accounting.stores import document_store
from accounting_sync.accounting.stores.claim_store import Claim
from accounting_sync.accounting.stores.link_store import Link, LinkStore
from accounting_sync.aws.items import to_attributes
from accounting_sync.providers.flow import throttle
from accounting_sync.providers.flow.rate_plan import RatePlan
from accounting_sync.providers.flow.throttle import Throttle, ThrottleState
from accounting_sync.webhooks import event_store
from accounting_sync.webhooks.event_items import work_key
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.event_table import connection_of
from accounting_sync.webhooks.events import EventSummary, Status, WaitingRoom, WebhookEvent
from accounting_sync.webhooks.prefetched import Prefetched
from entity_sync.destinations.moneybird.writing import upsert
from operations.dispatcher import Dispatcher
from operations.sweep import Sweep
from tests.harness.boundaries import watch_aws
from tests.harness.changing_contact import CONTACT, CONTENTS, ChangingContact
from tests.harness.receiver_function import ReceiverFunction, wait_in_a_room
from tests.harness.sync_workers import SyncWorkers
from tests.harness.world import entity
from tests.model.delivered import run_of
from tests.model.read import run_of_versions
from tests.model.recorded import Runs, runs_of
from tests.model.replay import Step, actions_of, rejected
from tests.model.spin import MISSING
from tests.model.turns import BOUNDS, PLAN, PLAN_WITH_SHARE, TICK, Turns
from tests.model.worked import runs_of_events
from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import samples

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

type Break = Callable[[pytest.MonkeyPatch], None]


def names_of_rejected(runs: Runs) -> list[str]:
    """Return the entities of the runs that are no paths, by type."""
    found = rejected("document", runs, STEPS=None, WORKERS=12)
    return sorted({each.name.split("#")[2] for each in found})


def book(workers: SyncWorkers) -> Runs:
    workers.run(workers.receive("invoice", samples.DOCUMENTED_INVOICE))
    return runs_of(workers.boundaries.history or [])


def lose_the_answer(workers: SyncWorkers, path: str, kind: FaultKind = FaultKind.TIMEOUT) -> None:
    workers.moneybird.faults.add(Fault(kind=kind, method="POST", path=path, seconds=0))


def test_booking_of_an_invoice_is_a_path(workers: SyncWorkers) -> None:
    runs = book(workers)

    assert names_of_rejected(runs) == []
    assert {name.split("#")[2] for name in runs} == {"invoice", "project", "customer"}


ORDER = [
    ("INTENDED", "CREATED"),
    ("CREATED", "LINKED"),
    ("LINKED", "MARKED"),
    ("STEP_BEGUN", "STEPPED"),
    ("ACQUIRED", "INTENDED"),
]


@pytest.mark.parametrize(("first", "second"), ORDER)
def test_two_steps_in_the_wrong_order_are_no_path(workers: SyncWorkers, first: str, second: str) -> None:
    (name, steps), *_ = [(name, run) for name, run in book(workers).items() if "invoice" in name]
    actions = [action for _, action in steps]
    one, other = actions.index(first), actions.index(second)
    swapped = list[Step](steps)
    swapped[one], swapped[other] = swapped[other], swapped[one]

    assert names_of_rejected({name: tuple(swapped)}) == ["invoice"]


@pytest.mark.parametrize("left_out", ["INTENDED", "LOOKED", "SETTLED", "ACQUIRED", "LINKED"])
def test_run_in_which_a_step_is_left_out_is_no_path(workers: SyncWorkers, left_out: str) -> None:
    lose_the_answer(workers, r"external_sales_invoices\.json$")
    (name, steps), *_ = [(name, run) for name, run in book(workers).items() if "invoice" in name]
    assert names_of_rejected({name: steps}) == []

    rest = tuple(step for step in steps if step[1] != left_out)

    assert len(rest) < len(steps)
    assert names_of_rejected({name: rest}) == ["invoice"]


def intent_after_create(patch: pytest.MonkeyPatch) -> None:
    """Write the intent only after the create."""
    save_intent, confirm = LinkStore.save_intent, LinkStore.confirm

    def late(store: LinkStore, claim: Claim, link: Link, remote_id: str, fingerprint: str | None) -> Link:
        return confirm(store, claim, save_intent(store, claim, link), remote_id, fingerprint)

    patch.setattr(LinkStore, "save_intent", lambda _, claim, link: replace_fence(link, claim))
    patch.setattr(LinkStore, "confirm", late)


def replace_fence(link: Link, claim: Claim) -> Link:
    return link.model_copy(update={"fence": claim.fence})


def no_settling(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(upsert, "SETTLING", timedelta(0))


def no_look(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(upsert, "find_unlinked", lambda target, link: None)


def no_record_of_steps(patch: pytest.MonkeyPatch) -> None:
    def record(store: LinkStore, claim: Claim, link: Link, step: str, value: str) -> Link:
        return record_step(store, claim, link, step, value) if value == "DONE" else link

    record_step = LinkStore.record_step
    patch.setattr(LinkStore, "record_step", record)


@pytest.mark.parametrize("guard", [intent_after_create, no_settling, no_look, no_record_of_steps])
def test_code_without_a_guard_leaves_the_paths(
    workers: SyncWorkers, monkeypatch: pytest.MonkeyPatch, guard: Break
) -> None:
    lose_the_answer(workers, r"external_sales_invoices\.json$")
    guard(monkeypatch)

    assert "invoice" in names_of_rejected(book(workers))


def older_versions_too(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(document_store, "is_stale", lambda *_: False)


@pytest.mark.parametrize(("guard", "is_path"), [(None, True), (older_versions_too, False)])
def test_ledger_that_takes_an_older_version_leaves_the_paths(
    workers: SyncWorkers, monkeypatch: pytest.MonkeyPatch, guard: Break | None, is_path: bool
) -> None:
    if guard:
        guard(monkeypatch)
    for version in (2, 1, 2):
        customers = workers.moment.state.collections()["customers"]
        changed = {"name": f"Client {version}", "lastModifiedDate": f"2026-01-05T09:00:0{version}.000Z"}
        customers[str(samples.DOCUMENTED_CUSTOMER)].update(changed)
        workers.run(workers.receive("customer", samples.DOCUMENTED_CUSTOMER))

    key = entity("customer", samples.DOCUMENTED_CUSTOMER).key
    run = run_of_versions(workers.boundaries.history or [], key)
    assert (rejected("ledger", {"versions": run}, CHANGES=3) == []) is is_path


def read_too_early(workers: SyncWorkers) -> tuple[Step, ...]:
    """Let a contact change in the second in which reconciliation has read it, and be synced before that."""
    contact = ChangingContact.of_unseen_change(workers)
    contact.reconcile()
    (copy,) = contact.messages()
    contact.change(is_told=True)
    workers.run(*contact.messages()[:1])
    workers.run(copy)
    return run_of_versions(workers.boundaries.history or [], CONTACT.key, CONTENTS)


def test_what_reconciliation_read_is_asked_for_again_once_somebody_has_read_it_since(
    workers: SyncWorkers,
) -> None:
    run = read_too_early(workers)

    assert rejected("ledger", {"as it was": run}, CHANGES=3) == []
    actions = [action for _, action in run]
    assert actions.index("COPIED+2") < actions.index("WRITTEN+3")
    assert "BELIEVED" not in actions


def test_what_reconciliation_read_is_used_where_nothing_is_newer(workers: SyncWorkers) -> None:
    contact = ChangingContact.of_unseen_change(workers)
    contact.settle()
    run = run_of_versions(workers.boundaries.history or [], CONTACT.key, CONTENTS)

    assert rejected("ledger", {"as it was": run}, CHANGES=3) == []
    assert [action for _, action in run][-5:-1] == ["COPIED+2", "ACQUIRED_SINCE", "BELIEVED", "WRITTEN+2"]


def test_worker_that_believes_every_copy_leaves_the_paths(
    workers: SyncWorkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Prefetched, "is_newest", lambda *_: True)

    (found,) = rejected("ledger", {"broken": read_too_early(workers)}, CHANGES=3)

    assert found.steps[found.followed][1] == "BELIEVED"


def test_delivery_is_a_path_of_the_events_and_none_in_another_order(receiver: ReceiverFunction) -> None:
    receiver.moneybird()
    run = run_of(receiver.network.history)

    assert [action for _, action in run] == ["PUT", "SENT", "ACCEPTED"]
    assert rejected("events", {"as it was": run}, SWEEPS=2) == []
    for order in set(permutations(run)) - {run}:
        assert len(rejected("events", {"another order": order}, SWEEPS=2)) == 1


def test_sweep_that_notes_before_it_sends_leaves_the_paths(
    receiver: ReceiverFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forward(sweep: Sweep, event: WebhookEvent) -> bool:
        sweep.events.requeue(event, sweep.clock())
        sweep.queue.send(event)
        return True

    receiver.moneybird()
    receiver.clear_queue()
    receiver.clock.advance(timedelta(minutes=3))
    monkeypatch.setattr(Sweep, "_forward", forward)
    receiver.sweep()

    (found,) = rejected("events", {"broken": run_of(receiver.network.history)}, SWEEPS=2)
    assert found.steps[found.followed] == (2, "REQUEUED")


def dispatch(receiver: ReceiverFunction) -> tuple[Step, ...]:
    wait_in_a_room(receiver)
    receiver.dispatch()
    return run_of(receiver.network.history)


def test_dispatcher_takes_an_event_out_before_it_sends_it(receiver: ReceiverFunction) -> None:
    run = dispatch(receiver)

    assert run[-2:] == ((6, "DISPATCHED"), (6, "SENT"))
    assert rejected("events", {"as it was": run}, SWEEPS=2) == []
    swapped = (*run[:-2], run[-1], run[-2])
    assert len(rejected("events", {"swapped": swapped}, SWEEPS=2)) == 1


def test_dispatcher_that_sends_what_it_has_not_taken_out_leaves_the_paths(
    receiver: ReceiverFunction, monkeypatch: pytest.MonkeyPatch
) -> None:
    def send(dispatcher: Dispatcher, event: EventSummary, *_: object) -> int:
        dispatcher.queue.send(receiver.event(event.event_id))
        return 1

    monkeypatch.setattr(Dispatcher, "_dispatch", send)

    (found,) = rejected("events", {"broken": dispatch(receiver)}, SWEEPS=2)
    assert found.steps[found.followed] == (6, "SENT")


def deliver_late(workers: SyncWorkers) -> Runs:
    """Let a second worker have the message while the first has its event, and again once that waits."""
    message = workers.receive("invoice", samples.DOCUMENTED_INVOICE)
    first, second = workers.new_worker(), workers.new_worker()
    workers.moneybird.faults.add(Fault(kind=FaultKind.TOO_MANY_REQUESTS))

    def cut_in(name: str) -> None:
        if name.startswith("before GET"):
            workers.boundaries.listeners.remove(cut_in)
            second.deliver(message)

    workers.boundaries.listeners.append(cut_in)
    first.deliver(message)
    second.deliver(message)
    workers.run(message)
    return runs_of_events(workers.boundaries.history or [])


def test_work_on_an_event_whose_message_is_had_twice_is_a_path(workers: SyncWorkers) -> None:
    runs = deliver_late(workers)

    assert rejected("events", runs) == []
    ((*_, last),) = runs.values()
    actions = [action for run in runs.values() for _, action in run]
    assert (actions.count("CLAIM_REFUSED"), last) == (2, (4, "FINISHED"))
    assert {"CLAIMED", "READING", "WAITS_IN_A_ROOM", "DISPATCHED"} <= set(actions)


def claim_out_of_rooms(patch: pytest.MonkeyPatch) -> None:
    def rooms(event_id: str) -> dict[str, str]:
        connection = connection_of(event_id)
        received, line = work_key(connection, Status.RECEIVED), work_key(connection, WaitingRoom.LIMIT)
        return {":received": received, ":queued": line}

    patch.setattr(event_store, "_in_no_room", rooms)


def claim_what_another_has(patch: pytest.MonkeyPatch) -> None:
    claim = EventStore.claim

    def at_once(store: EventStore, event_id: str, owner: str, now: datetime, _: timedelta) -> WebhookEvent:
        return claim(store, event_id, owner, now, timedelta(seconds=-1))

    patch.setattr(EventStore, "claim", at_once)


@pytest.mark.parametrize("guard", [claim_out_of_rooms, claim_what_another_has])
def test_worker_without_a_guard_leaves_the_paths(
    workers: SyncWorkers, monkeypatch: pytest.MonkeyPatch, guard: Break
) -> None:
    guard(monkeypatch)

    assert len(rejected("events", deliver_late(workers))) == 1


ACTIONS = {
    *("READ", "WROTE", "WRITE_REFUSED", "NOTED", "NOTE_REFUSED"),
    *("CALLED", "REFUSED", "PASSED", "DIED"),
}


def turns(plan: RatePlan, orders: int = 3) -> tuple[Runs, int]:
    """Return what workers did under a rate plan, in so many orders, and the most calls in two ticks."""
    client: DynamoDBClient = boto3.session.Session().client("dynamodb", "eu-west-1")
    watch_aws(client)
    runs, most = {}, 0
    for seed in range(orders):
        rig = Turns(client, seed, plan)
        runs[str(seed)] = rig.run()
        most = max(most, *(rig.arrived[tick] + rig.arrived[tick + 1] for tick in rig.arrived))
    return runs, most


@pytest.mark.parametrize(
    ("plan", "orders", "least"),
    [(PLAN, 8, PLAN.calls), (PLAN_WITH_SHARE, 4, PLAN_WITH_SHARE.calls - 1)],  # few runs take the share whole
)
def test_turns_of_workers_under_one_rate_plan_are_paths(
    aws: None, plan: RatePlan, orders: int, least: int
) -> None:
    runs, most = turns(plan, orders)

    assert rejected("throttle", runs, **BOUNDS[plan]) == []
    assert {action for run in runs.values() for _, action in run} == ACTIONS
    assert least <= most <= plan.calls


def test_call_that_is_made_before_its_turn_is_written_down_is_no_path(aws: None) -> None:
    runs, _ = turns(PLAN)
    pairs = {(0, "WROTE"), (0, "CALLED")}
    (run, at), *_ = [
        (run, at) for run in runs.values() for at in range(len(run)) if set(run[at : at + 2]) == pairs
    ]

    swapped = (*run[:at], run[at + 1], run[at], *run[at + 2 :])

    assert len(rejected("throttle", {"swapped": swapped}, **BOUNDS[PLAN])) == 1


def turns_over_old_writes(patch: pytest.MonkeyPatch) -> None:
    def write(self: Throttle, key: str, version: int, changed: ThrottleState, now: float) -> bool:
        self._client.put_item(TableName=self._table, Item=to_attributes(changed.to_item(key, now)))
        self._seen[key] = changed
        return True

    patch.setattr(Throttle, "_write", write)


def turns_without_room(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(throttle, "_raise_if_later", lambda free_at, moment: None)


def refusals_by_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Throttle, "_remembered", lambda self, key, change: self._seen.get(key))


def no_share_of_bulk_work(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(throttle, "BULK_SHARE", 0)


def no_reserve_of_live_work(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(throttle, "LIVE_RESERVE", 0)


GUARDS = [
    (PLAN, turns_over_old_writes),
    (PLAN, turns_without_room),
    (PLAN, refusals_by_memory),
    (PLAN_WITH_SHARE, no_share_of_bulk_work),
    (PLAN_WITH_SHARE, no_reserve_of_live_work),
]


@pytest.mark.parametrize(("plan", "guard"), GUARDS)
def test_throttle_without_a_guard_leaves_the_paths(
    aws: None, monkeypatch: pytest.MonkeyPatch, plan: RatePlan, guard: Break
) -> None:
    guard(monkeypatch)

    assert rejected("throttle", turns(plan)[0], **BOUNDS[plan]) != []


def test_plan_without_its_margin_leaves_the_paths(aws: None) -> None:
    assert rejected("throttle", turns(replace(PLAN, window=TICK))[0], **BOUNDS[PLAN]) != []


def test_model_knows_each_action_by_one_number() -> None:
    for model in ("document", "events", "throttle"):
        numbers = list(actions_of(model).values())
        assert len(numbers) >= 7
