"""The words of notices: what, which numbers, why, what to do. No names, addresses or amounts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from accounting_sync.time import booking_time
from accounting_sync.webhooks.events import NEEDS_A_PERSON, EventSummary
from operations.notices.digest import Due, Kind

MOST_REASONS = 5
MOST_DOCUMENTS = 20
"""How many are named; the list of events has them all."""

SUBJECT_LIMIT = 99
"""Characters that a subject may have: printable ASCII, fewer than 100 (SNS)."""


class Message(NamedTuple):
    """What is sent."""

    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Wording:
    """Knows the stack, so that commands can be copied, and where people see a document."""

    stack: str
    link: str
    """Template of a document's address, with {connection}, {source}, {kind}, {id} and {number}; or empty."""

    def of(self, connection: str, notice: Due) -> Message:
        """Write a notice about one reason."""
        if notice.kind is Kind.ALL_CLEAR:
            return self._all_clear(connection, notice)
        return self._needs_you(connection, notice)

    def summary(
        self, connection: str, standing: Mapping[str, Sequence[EventSummary]], waiting: int
    ) -> Message:
        """Write the summary of a day: what stands open, reason by reason."""
        count = sum(len(events) for events in standing.values())
        lines = [
            f"{_documents(count)} of {connection} {_needs(count)} a person; {waiting} wait by themselves."
        ]
        for code, events in standing.items():
            lines += ["", f"{_documents(len(events))}: {code}", *_why(events)]
        if not count:
            lines = [f"Nothing of {connection} needs a person; {waiting} events wait by themselves."]
        lines += ["", "See them:", f"  {self._command('status', connection)}"]
        return Message(_subject(f"[{connection}] {_documents(count)} {_needs(count)} a person"), _text(lines))

    def _needs_you(self, connection: str, notice: Due) -> Message:
        count = len(notice.events)
        told = f" ({notice.new} since the last notice)" if notice.told else ""
        lines = [
            f"{_documents(count)} of {connection} could not be booked{told}.",
            "",
            "Why, and what to do:",
        ]
        lines += [*_why(notice.events), "", "Which:", *self._which(notice.events), ""]
        lines += self._afterwards(connection, notice)
        subject = _subject(f"[{connection}] {_documents(count)} not booked: {notice.code}")
        return Message(subject, _text(lines))

    def _afterwards(self, connection: str, notice: Due) -> Iterator[str]:
        """Say how it goes on once it is put right."""
        statuses = list(dict.fromkeys(event.status for event in notice.events))
        ended = [status for status in statuses if status in NEEDS_A_PERSON]
        if ended:
            yield "When it is put right, send them through again; nothing is booked twice:"
        for status in ended:
            options = f" --status {status} --reason {notice.code}"
            yield f"  {self._command('events replay', connection)}{options}"
        if len(ended) < len(statuses):
            yield "Those that wait are tried again by themselves; they need not be sent through again."

    def _all_clear(self, connection: str, notice: Due) -> Message:
        said = f"Nothing of {connection} is held up by {notice.code} any more."
        before = f"The last notice was about {_documents(notice.told)}. Nothing is to be done."
        return Message(_subject(f"[{connection}] all clear: {notice.code}"), _text([said, before]))

    def _which(self, events: Sequence[EventSummary]) -> Iterator[str]:
        for event in events[:MOST_DOCUMENTS]:
            since = f"{booking_time(event.updated_at):%Y-%m-%d %H:%M}"
            yield f"  {_named(event)}, since {since}{self._address(event)}"
        if len(events) > MOST_DOCUMENTS:
            yield f"  and {len(events) - MOST_DOCUMENTS} more."

    def _address(self, event: EventSummary) -> str:
        if not self.link:
            return ""
        known = {"connection": event.connection, "source": event.source, "kind": event.entity_type or ""}
        numbers = {"id": event.entity_id or "", "number": event.number or ""}
        return f": {self.link.format(**known, **numbers)}"

    def _command(self, words: str, connection: str) -> str:
        return f"accounting-sync --stack {self.stack} {words} -c {connection}"


def _why(events: Sequence[EventSummary]) -> Iterator[str]:
    """Give each text once: a code's parameters may differ (three VAT codes that are not mapped)."""
    texts = dict.fromkeys(event.reason.text if event.reason else "It is not known why." for event in events)
    yield from (f"  - {text}" for text in islice(texts, MOST_REASONS))
    if len(texts) > MOST_REASONS:
        yield f"  - and {len(texts) - MOST_REASONS} more reasons of this kind."


def _named(event: EventSummary) -> str:
    kind = event.entity_type or "delivery"
    return f"{kind} {event.number}" if event.number else f"{kind} with id {event.entity_id or event.event_id}"


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"


def _needs(count: int) -> str:
    return "needs" if count == 1 else "need"


def _subject(text: str) -> str:
    return "".join(each if each.isascii() and each.isprintable() else "?" for each in text)[:SUBJECT_LIMIT]


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines) + "\n"
