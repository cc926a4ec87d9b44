"""What all workers share about a provider, per connection: the rate plan and the pause (ControlTable).

One item holds both, so that one conditional write asks and takes at once. A call under a rate plan costs one
PutItem, and one more for each worker that was faster in the same moment (a refused write brings back the
item it should have known); the first call of a process costs a GetItem more. A call without a plan costs one
GetItem.

A pause after a 429 holds for the whole provider, and ends by itself. A pause after a 401 or 403 holds for one
resource, because Moneybird answers a missing scope with a 401 as well: what is allowed goes on beside it. It
ends by a test: one call is let through as soon as the credential is another than the one that was refused,
or else when the pause's time is over. Everybody else waits for the result. If the provider lets that call in,
the pause is lifted. So repaired credentials are noticed without anybody's help; `resume` does it at once.
"""

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.aws.items import Item, from_attributes, is_condition_failure, refused_item, to_attributes
from accounting_sync.errors import PausedError, RateLimitedError, WaitError
from accounting_sync.providers.flow.rate_plan import MONEYBIRD_PLAN, PATIENCE, SOON, RatePlan
from accounting_sync.reasons.providers import (
    ACCESS_PAUSED,
    ASKED_TO_WAIT,
    CROWDED,
    LIMIT_USED_UP,
    PAUSED_BY_PERSON,
)
from accounting_sync.time import utc_now
from accounting_sync.webhooks.events import Lane, Source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from accounting_sync.time import Clock

logger = logging.getLogger(__name__)

FIRST_ESTIMATE = 4.0
"""Calls that an event takes, until some have shown it: to look for the invoice, create it, attach its PDF."""

_LEARNING = 0.1
"""Weight of one more event in the moving average of calls per event."""

_SPARE = 0.5
"""What must be free besides an event's expected calls for it to begin, as a part of them: some events take
more than the average, and one that is cut off in the middle has to read everything again."""

_MANY = 1000
"""Events for which a provider without a plan has room."""

LIVE_RESERVE = 0.2
"""Part of a plan that bulk work leaves to live webhooks: a burst of them begins at once."""

BULK_SHARE = 0.05
"""Part of a plan that live webhooks leave to bulk work while there is any: it goes on, however slowly."""

_BULK_NOTED_FOR = 60
_NEWS = 1.5
"""Seconds for which what a provider said of its limit counts."""

_MOMENT = timedelta(seconds=1)
_HOLD = timedelta(minutes=1)
"""When a call that a person holds back asks again."""
_ATTEMPTS = 50
"""Refused writes before a worker gives way; each means that another worker got its call."""


@dataclass(frozen=True, slots=True)
class Denial:
    """A resource that the connection was refused (401, 403); the pause ends by a test.

    Attributes
    ----------
    until
        Seconds since the epoch.
    """

    until: int
    reason: str
    credential: str = ""
    """Mark of the credential that was refused; never the credential itself."""


@dataclass(frozen=True, slots=True)
class ThrottleState:
    """What is known about one provider of one connection.

    Attributes
    ----------
    version
        Counts the writes; 0 where there is no item yet.
    log
        Calls by bucket of the rate plan.
    bulk_log
        Those of them that were made for the bulk lane.
    bulk_at
        When the bulk lane last had work; seconds since the epoch.
    paused_until
        Seconds since the epoch; None when the provider has not asked us to wait.
    calls_per_event
        How many calls an event takes, as a moving average.
    answered_at
        When the provider last gave a proper answer, as far as workers have told; seconds since the epoch.
    denied
        Resource to what the provider said of it.
    held
        Why a person has paused all calls; empty: nobody has. It ends when a person resumes.
    """

    version: int = 0
    log: Mapping[int, int] = field(default_factory=dict)
    bulk_log: Mapping[int, int] = field(default_factory=dict)
    bulk_at: int | None = None
    paused_until: int | None = None
    reason: str = ""
    calls_per_event: float = FIRST_ESTIMATE
    answered_at: int | None = None
    denied: Mapping[str, Denial] = field(default_factory=dict)
    held: str = ""

    @classmethod
    def from_item(cls, item: Item | None) -> Self:
        """Read the item; None stands for no item."""
        if item is None:
            return cls()
        return cls(
            version=item["version"],
            log={int(bucket): calls for bucket, calls in item.get("calls", {}).items()},
            bulk_log={int(bucket): calls for bucket, calls in item.get("bulk_calls", {}).items()},
            bulk_at=item.get("bulk_at"),
            paused_until=item.get("paused_until"),
            reason=item.get("reason", ""),
            answered_at=item.get("answered_at"),
            calls_per_event=item.get("calls_per_1000_events", 1000 * FIRST_ESTIMATE) / 1000,
            denied={
                resource: Denial(denial["until"], denial["reason"], denial.get("credential", ""))
                for resource, denial in item.get("denied", {}).items()
            },
            held=item.get("held", ""),
        )

    def to_item(self, key: str, now: float) -> Item:
        """Write the item; it outlives everything it speaks of by a day, and stays while a person holds it."""
        last = max((now, self.paused_until or 0, *(denial.until for denial in self.denied.values())))
        return {
            "id": key,
            "version": self.version,
            "calls": {str(bucket): calls for bucket, calls in self.log.items()},
            "bulk_calls": {str(bucket): calls for bucket, calls in self.bulk_log.items()},
            "bulk_at": self.bulk_at,
            "paused_until": self.paused_until,
            "reason": self.reason or None,
            "answered_at": self.answered_at,
            "calls_per_1000_events": round(1000 * self.calls_per_event),
            "denied": {
                resource: {
                    "until": denial.until,
                    "reason": denial.reason,
                    "credential": denial.credential,
                }
                for resource, denial in self.denied.items()
            },
            "held": self.held or None,
            "expires_at": None if self.held else int(last + timedelta(days=1).total_seconds()),
        }


class CallsLeft(NamedTuple):
    """What a provider says is left of its limit."""

    calls: int
    until: float
    """Seconds since the epoch."""


class PauseListener(Protocol):
    """Is told of pauses, once for each."""

    def paused(self, connection: str, provider: Source, resource: str, reason: str) -> None:
        """Take note that a resource was refused."""

    def resumed(self, connection: str, provider: Source, resource: str) -> None:
        """Take note that a resource's pause is over."""


@dataclass(frozen=True, slots=True)
class ThrottleSettings:
    """How long and how much.

    Attributes
    ----------
    plans
        Rate plan by provider; a provider without one has no limit of ours, only pauses.
    denied_pause
        After a 401 or 403, until the next test call.
    test_lease
        How long the others wait for the result of a test call.
    """

    plans: Mapping[Source, RatePlan] = field(default_factory=lambda: {Source.MONEYBIRD: MONEYBIRD_PLAN})
    denied_pause: timedelta = timedelta(minutes=15)
    test_lease: timedelta = timedelta(minutes=1)


def settings_for(moneybird_rate: str, kept: int) -> ThrottleSettings:
    """Return the settings for Moneybird's limit as the deployment names it; see `RatePlan.from_text`."""
    return ThrottleSettings(plans={Source.MONEYBIRD: RatePlan.from_text(moneybird_rate, kept)})


class Throttle:
    """Asks and tells the ControlTable; keeps what it saw last, which every write checks."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        settings: ThrottleSettings | None = None,
        clock: "Clock" = utc_now,
        listener: PauseListener | None = None,
    ) -> None:
        self._client = client
        self._listener = listener
        self._table = table
        self._settings = settings or ThrottleSettings()
        self._clock = clock
        self._seen: dict[str, ThrottleState] = {}
        self._calls: dict[str, int] = {}
        self._samples: dict[str, list[int]] = {}
        self._answered: dict[str, int] = {}
        self._tallies: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._told: dict[str, tuple[float, CallsLeft]] = {}

    def before(
        self, connection: str, provider: Source, resource: str, credential: str = "", lane: Lane = Lane.LIVE
    ) -> bool:
        """Take one call's share of the rate plan; True if this call tests whether a pause may end.

        Parameters
        ----------
        credential
            Mark of the credential that the call carries: another than the refused one ends a pause.
        lane
            Whose share the call is taken from.

        Raises
        ------
        PausedError, RateLimitedError
            If the call must wait; `until` says how long.
        """
        plan, key = self._settings.plans.get(provider), _key(connection, provider)
        samples = tuple(self._samples.get(key, ()))

        def take(state: ThrottleState, now: float) -> ThrottleState:
            admitted = _admitted(state, _Call(resource, credential), self._settings.test_lease, now)
            learned = _learned(admitted, samples, self._answered.get(key))
            return _take(_lowered(learned, plan, now, self._told.get(key)), plan, now, lane)

        try:
            taken = self._change(key, take)
        except RateLimitedError:
            self._tallies[connection]["CallsRefused"] += 1
            raise
        self._tallies[connection]["CallsGranted"] += 1
        if plan is not None:
            self._tallies[connection]["PercentOfLimit"] = 100 * sum(taken.log.values()) // plan.calls
        self._samples.pop(key, None)
        self._calls[key] = self._calls.get(key, 0) + 1
        return resource in taken.denied

    def share_used(self, connection: str, provider: Source) -> float | None:
        """Return which part of the rate plan is used (0 to 1); None: the provider has no plan."""
        plan = self._settings.plans.get(provider)
        if plan is None:
            return None
        log = self.state(connection, provider).log
        return 1 - plan.free_by(log, self._clock().timestamp()) / plan.calls

    def check(self, connection: str, provider: Source, lane: Lane = Lane.LIVE) -> None:
        """Raise RateLimitedError or PausedError if an event could not call soon; takes no share of a plan."""
        state, now = self.state(connection, provider), self._clock().timestamp()
        plan = self._settings.plans.get(provider)
        state = _unpaused(state, now)
        if plan is not None:
            free_at = _free_at(state, plan, now, lane, _calls_to_begin(state, plan))
            _raise_if_later(free_at, now + PATIENCE.total_seconds())

    def event_done(self, connection: str, provider: Source, *, is_whole: bool) -> None:
        """Learn how many calls an event takes; told to the others with the next call.

        Parameters
        ----------
        is_whole
            Whether the event came to its end; one that was cut off says nothing about the others.
        """
        key = _key(connection, provider)
        calls = self._calls.pop(key, 0)
        if calls and is_whole and provider in self._settings.plans:
            self._samples.setdefault(key, []).append(calls)

    def room_for_events(self, connection: str, provider: Source, lane: Lane = Lane.LIVE) -> int:
        """Return how many events of a lane the plan has room for soon."""
        state, now = self.state(connection, provider), self._clock().timestamp()
        plan = self._settings.plans.get(provider)
        if plan is None:
            return _MANY
        soon = now + SOON.total_seconds()
        if state.paused_until and state.paused_until > soon:
            return 0
        left = _free_by(state, plan, soon, lane) - _calls_to_begin(state, plan)
        return 0 if left < 0 else 1 + int(left / state.calls_per_event)

    def note_bulk(self, connection: str, provider: Source) -> None:
        """Note that the bulk lane has work, so that live calls leave its share free; a write a minute."""
        state, now = self.state(connection, provider), int(self._clock().timestamp())
        if provider in self._settings.plans and (state.bulk_at or 0) < now - _BULK_NOTED_FOR:
            self._note(connection, provider, lambda state: replace(state, bulk_at=now))

    def tally(self, connection: str) -> dict[str, int]:
        """Return what became of this process's calls since it was last asked.

        `CallsGranted` and `CallsRefused` by the plan, `ProviderRefusals` (429), and `PercentOfLimit`, the
        part of the plan that all workers had used at the last call.
        """
        return dict(self._tallies.pop(connection, ()))

    def limited(self, connection: str, provider: Source, until: datetime, reason: str) -> None:
        """Note a 429: nobody calls before `until`."""
        self._tallies[connection]["ProviderRefusals"] += 1
        self._note(connection, provider, lambda state: _longer(state, _whole(until), reason))

    def denied(
        self, connection: str, provider: Source, resource: str, reason: str, credential: str = ""
    ) -> None:
        """Note a 401 or 403: nobody calls the resource, until a test call is let in or a person resumes."""
        denial = Denial(_whole(self._clock() + self._settings.denied_pause), reason, credential)
        before = self._note(
            connection, provider, lambda state: replace(state, denied={**state.denied, resource: denial})
        )
        if self._listener and before is not None and resource not in before.denied:
            self._listener.paused(connection, provider, resource, reason)

    def accepted(self, connection: str, provider: Source, resource: str) -> None:
        """Note that the test call was let in: the resource's pause is over."""
        before = self._note(connection, provider, lambda state: _without_denial(state, resource))
        if self._listener and before is not None and resource in before.denied:
            self._listener.resumed(connection, provider, resource)

    def answered(self, connection: str, provider: Source, left: CallsLeft | None = None) -> None:
        """Note a proper answer; told to the others with the next call, so it costs nothing of its own.

        Parameters
        ----------
        left
            What the provider says is left of its limit. It may lower what we take, because people use the
            same token, and never raises it.
        """
        key, now = _key(connection, provider), self._clock().timestamp()
        self._answered[key] = int(now)
        if left is not None:
            self._told[key] = (now, left)

    def hold(self, connection: str, provider: Source, reason: str) -> None:
        """Pause all calls because a person wants it, until a person resumes."""
        self._exchange(connection, provider, lambda state: replace(state, held=reason))

    def resume(self, connection: str, provider: Source) -> ThrottleState:
        """Lift all pauses, whatever they were for; return what was known before."""
        before = self._exchange(
            connection, provider, lambda state: replace(_without_pause(state), denied={}, held="")
        )
        if self._listener:
            for resource in before.denied:
                self._listener.resumed(connection, provider, resource)
        return before

    def state(self, connection: str, provider: Source) -> ThrottleState:
        """Read what is known now."""
        return self._read(_key(connection, provider))

    def _note(
        self, connection: str, provider: Source, change: "Callable[[ThrottleState], ThrottleState]"
    ) -> ThrottleState | None:
        """Tell the others, as far as possible: what the call itself brought must not be lost over it.

        Returns what was known before; None if the others could not be told.
        """
        try:
            return self._exchange(connection, provider, change)
        except (BotoCoreError, ClientError, WaitError):
            logger.warning("the other workers could not be told of %s's answer", provider, exc_info=True)
            return None

    def _exchange(
        self, connection: str, provider: Source, change: "Callable[[ThrottleState], ThrottleState]"
    ) -> ThrottleState:
        """Write the changed state; return what was known before."""
        known: list[ThrottleState] = []

        def noted(state: ThrottleState, _: float) -> ThrottleState:
            known.append(state)
            return change(state)

        self._change(_key(connection, provider), noted)
        return known[-1]

    def _change(self, key: str, change: "Callable[[ThrottleState, float], ThrottleState]") -> ThrottleState:
        state = self._remembered(key, change) or self._read(key)
        for _ in range(_ATTEMPTS):
            now = self._clock().timestamp()
            changed = change(state, now)
            if changed == state or self._write(key, state.version, changed, now):
                return changed
            state = self._seen[key]
        raise RateLimitedError(CROWDED(), self._clock() + _MOMENT)

    def _remembered(
        self, key: str, change: "Callable[[ThrottleState, float], ThrottleState]"
    ) -> ThrottleState | None:
        """Return what was seen last, if changing it will write: the write finds out whether it is old.

        Nothing else is believed of it: neither that there is nothing to change, nor that nobody may call.
        """
        state = self._seen.get(key)
        try:
            if state is None or change(state, self._clock().timestamp()) == state:
                return None
        except WaitError:
            return None
        return state

    def _read(self, key: str) -> ThrottleState:
        answer = self._client.get_item(TableName=self._table, Key={"id": {"S": key}}, ConsistentRead=True)
        item = answer.get("Item")
        self._seen[key] = ThrottleState.from_item(from_attributes(item) if item else None)
        return self._seen[key]

    def _write(self, key: str, version: int, changed: ThrottleState, now: float) -> bool:
        """Write if nobody else has written since `version`; either way, `_seen` is up to date then."""
        # not simply one more: a version must not come back after the item has expired and begun again
        changed = replace(changed, version=max(version + 1, int(now)))
        try:
            self._client.put_item(
                TableName=self._table,
                Item=to_attributes(changed.to_item(key, now)),
                ConditionExpression="attribute_not_exists(id) OR version = :version",
                ExpressionAttributeValues=to_attributes({":version": version}),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise
            self._seen[key] = ThrottleState.from_item(refused_item(error))
            return False
        self._seen[key] = changed
        return True


def _unpaused(state: ThrottleState, now: float) -> ThrottleState:
    """Return the state without a pause that is over, or raise if it is not."""
    if state.held:
        raise PausedError(PAUSED_BY_PERSON(said=state.held), _time(now) + _HOLD)
    if state.paused_until and now < state.paused_until:
        raise RateLimitedError(ASKED_TO_WAIT(said=state.reason), _time(state.paused_until))
    return _without_pause(state)


class _Call(NamedTuple):
    """What a denial may be about."""

    resource: str
    credential: str


def _admitted(state: ThrottleState, call: _Call, test_lease: timedelta, now: float) -> ThrottleState:
    """Return the state with a call let through, or raise the reason why it must wait."""
    state = _unpaused(state, now)
    denial = state.denied.get(call.resource)
    if denial is None:
        return state
    if now < denial.until and denial.credential == call.credential:
        raise PausedError(ACCESS_PAUSED(said=denial.reason), _time(denial.until))
    tested = Denial(math.ceil(now + test_lease.total_seconds()), denial.reason, call.credential)
    return replace(state, denied={**state.denied, call.resource: tested})


def _learned(state: ThrottleState, samples: Iterable[int], answered_at: int | None) -> ThrottleState:
    """Return the state with the calls of some more events in its moving average, and the latest answer."""
    average = state.calls_per_event
    for calls in samples:
        average += _LEARNING * (calls - average)
    latest = max((at for at in (state.answered_at, answered_at) if at is not None), default=None)
    return replace(state, calls_per_event=max(1.0, average), answered_at=latest)


def _lowered(
    state: ThrottleState, plan: RatePlan | None, now: float, told: tuple[float, CallsLeft] | None
) -> ThrottleState:
    """Return the state with the calls of others, as far as the provider's answer of just now tells of them.

    Our own calls are in the log before they are sent, so what is missing beyond them is somebody else's. An
    answer of a while ago says nothing, because calls have left the log since.
    """
    if plan is None or told is None or now - told[0] > _NEWS:
        return state
    left, log = told[1], plan.current(state.log, now)
    others = plan.calls - sum(log.values()) - left.calls
    if others <= 0:
        return state
    bucket = plan.bucket_leaving_at(left.until, now)
    return replace(state, log={**log, bucket: log.get(bucket, 0) + others})


def _take(state: ThrottleState, plan: RatePlan | None, now: float, lane: Lane) -> ThrottleState:
    """Return the state after one more call, or raise if the plan has no room for it now."""
    if plan is None:
        return state
    _raise_if_later(_free_at(state, plan, now, lane, 1), now)
    bucket = plan.bucket_of(now)
    log, bulk_log = plan.current(state.log, now), plan.current(state.bulk_log, now)
    log[bucket] = log.get(bucket, 0) + 1
    if lane is Lane.LIVE:
        return replace(state, log=log, bulk_log=bulk_log)
    bulk_log[bucket] = bulk_log.get(bucket, 0) + 1
    return replace(state, log=log, bulk_log=bulk_log, bulk_at=int(now))


def _free_at(state: ThrottleState, plan: RatePlan, now: float, lane: Lane, calls: int) -> float:
    """Return when a lane may make so many more calls."""
    log, kept = plan.current(state.log, now), _kept_from(state, plan, now, lane, calls)
    return plan.free_at(log, now, min(plan.calls, calls) + kept)


def _free_by(state: ThrottleState, plan: RatePlan, moment: float, lane: Lane) -> int:
    """Return how many calls a lane may make by a moment."""
    return max(0, plan.free_by(state.log, moment) - _kept_from(state, plan, moment, lane, 1))


def _kept_from(state: ThrottleState, plan: RatePlan, moment: float, lane: Lane, calls: int) -> int:
    """Return how many of the plan's calls are kept for the other lane.

    Bulk work leaves a reserve to live webhooks, unless it has had less than its own share. Live work leaves
    that share free, as far as it is not used, while there is bulk work.
    """
    share = int(BULK_SHARE * plan.calls)
    used = sum(plan.current(state.bulk_log, moment).values())
    if lane is Lane.BULK:
        return 0 if used + calls <= share else min(int(LIVE_RESERVE * plan.calls), plan.calls - 1)
    is_waiting = state.bulk_at is not None and state.bulk_at + plan.window.total_seconds() > moment
    return max(0, share - used) if is_waiting else 0


def _calls_to_begin(state: ThrottleState, plan: RatePlan) -> int:
    """Return how many calls must be free for an event to begin; never more than there are."""
    return min(plan.calls, math.ceil((1 + _SPARE) * state.calls_per_event))


def _raise_if_later(free_at: float, moment: float) -> None:
    if free_at > moment:
        raise RateLimitedError(LIMIT_USED_UP(), _time(free_at))


def _without_pause(state: ThrottleState) -> ThrottleState:
    return replace(state, paused_until=None, reason="")


def _without_denial(state: ThrottleState, resource: str) -> ThrottleState:
    others = {name: denial for name, denial in state.denied.items() if name != resource}
    return replace(state, denied=others)


def _longer(state: ThrottleState, until: int, reason: str) -> ThrottleState:
    """Return a state with a pause added: a longer one is never made shorter."""
    return replace(state, paused_until=max(state.paused_until or 0, until), reason=reason)


def _key(connection: str, provider: Source) -> str:
    return f"throttle#{connection}#{provider}"


def _time(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


def _whole(moment: datetime) -> int:
    """Return the whole second that is not before a moment."""
    return math.ceil(moment.timestamp())
