"""Reads what needs a person, connection by connection, and tells them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from accounting_sync.aws.observability import Counter
from accounting_sync.connections.registry import ConnectionRegistry, Known
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import EventSummary, Status, WaitingRoom
from operations.kept import ChangedError, KeptStore
from operations.look.event_list import WAITING, EventList
from operations.notices.digest import Due, Kind, NoticeState, by_code, due, is_held_up
from operations.notices.messages import Message, Wording

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

PARTITION = "NOTICES"

MOST_READ = 2000
"""Events of one status that are looked at for a connection; a notice says as many."""


@dataclass(frozen=True, slots=True)
class Topic:
    """Where notices go. Who wants those of one connection subscribes with a filter on its attributes."""

    client: "SNSClient"
    arn: str

    def publish(self, connection: str, kind: Kind, message: Message, code: str | None = None) -> None:
        """Send one message."""
        told = {"connection": connection, "kind": str(kind)} | ({"reason_code": code} if code else {})
        self.client.publish(
            TopicArn=self.arn,
            Subject=message.subject,
            Message=message.text,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in told.items()
            },
        )


@dataclass(frozen=True, slots=True)
class Notices:
    """Tells people what is news since they were told last."""

    registry: ConnectionRegistry
    events: EventList
    states: KeptStore[NoticeState]
    topic: Topic
    wording: Wording
    silent_after: timedelta
    clock: Clock
    counter: Counter
    logger: Logger

    def run(self, has_time: Callable[[], bool]) -> dict[str, Any]:
        """Send what is due for each connection; one that fails does not hold up the others."""
        self._watch_silence()
        return self._each(self._tell, has_time)

    def summarise(self, has_time: Callable[[], bool]) -> dict[str, Any]:
        """Send each connection's summary of the day."""
        return self._each(self._summarise, has_time)

    def _watch_silence(self) -> None:
        """Count for how long the most silent connection has had no webhook; an alarm watches it."""
        now = self.clock()
        silence = {each.connection: now - (each.event_at or each.since or now) for each in self._known()}
        for connection, lasted in silence.items():
            if lasted >= self.silent_after:
                hours = int(lasted.total_seconds() // 3600)
                about = {"connection": connection, "hours": hours}
                self.logger.warning("no webhook has come for a long time", extra=about)
        if silence:
            most = max(silence, key=lambda name: silence[name])
            self.counter.count(most, {"HoursSilent": int(silence[most].total_seconds() // 3600)})

    def _known(self) -> list[Known]:
        return [each for each in self.registry.known() if each.since is not None]

    def _each(self, tell: Callable[[str], int], has_time: Callable[[], bool]) -> dict[str, Any]:
        sent = 0
        failed: list[str] = []
        names = [each.connection for each in self._known()]
        for position, name in enumerate(names):
            if not has_time():
                return {"sent": sent, "failed": failed, "left": names[position:]}
            try:
                sent += tell(name)
            except (ClientError, BotoCoreError, ChangedError) as error:
                about = {"connection": name, "cause": type(error).__name__}
                self.logger.warning("notices not sent", extra=about)
                failed.append(name)
        return {"sent": sent, "failed": failed, "left": []}

    def _tell(self, connection: str) -> int:
        """Send first, then note it: a crash in between tells it twice, never not at all."""
        state = self.states.read(connection) or NoticeState(connection=connection)
        notices, known = due(state, by_code(self._standing(connection)), self.clock())
        for notice in notices:
            self._send(connection, notice)
        if known != state:
            self.states.put(known)
        return len(notices)

    def _summarise(self, connection: str) -> int:
        waiting = sum(1 for _ in islice(self.events.of_list(connection, WAITING), MOST_READ))
        message = self.wording.summary(connection, by_code(self._standing(connection)), waiting)
        self.topic.publish(connection, Kind.SUMMARY, message)
        return 1

    def _standing(self, connection: str) -> list[EventSummary]:
        """Return what needs a person, and what a provider holds up for longer than people should wait."""
        lists, now = self.events.events, self.clock()
        ended = (
            event
            for status in (Status.PARKED, Status.FAILED)
            for event in islice(lists.list_by_connection(connection, status), MOST_READ)
        )
        waiting = (
            event
            for room in (WaitingRoom.PAUSED, WaitingRoom.LATER)
            for event in islice(lists.list_by_connection(connection, room), MOST_READ)
        )
        return [*ended, *(event for event in waiting if is_held_up(event, now))]

    def _send(self, connection: str, notice: Due) -> None:
        self.topic.publish(connection, notice.kind, self.wording.of(connection, notice), notice.code)
        about = {"connection": connection, "kind": notice.kind, "reason_code": notice.code}
        self.logger.info("notice sent", extra=about)
