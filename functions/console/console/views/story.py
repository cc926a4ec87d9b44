"""What happened to a document, in words: what webhooks told, what was done with it, and who did what here."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from accounting_sync.reasons.running import LEFT_ALONE
from accounting_sync.webhooks.events import Source
from console.audit import Action
from console.reasons import Explanation, explain
from console.texts import sections_of
from operations.api.answers import Moment, Timeline

PARTS_OF_THE_READING = frozenset({"version", "source_state", "source_url"})
"""Fields whose change tells a bookkeeper nothing."""

RECEIVED, VERSION, RESULT = 1, 2, 3
"""An action comes before what it leads to, and a result last."""

TOLD = (
    ("found", re.compile("reconciliation|backfill")),
    ("deleted", re.compile("delet|destroy|remov")),
    ("paid", re.compile("paid|payment")),
    ("accepted", re.compile("accept")),
    ("rejected", re.compile("reject")),
    ("created", re.compile("creat|new")),
    ("changed", re.compile("updat|chang|save|merge|activat|archiv|mark")),
)
"""What a provider says has happened, by what its word for it holds; the first that fits."""


class Entry(NamedTuple):
    """One thing that happened."""

    at: datetime
    title: str
    text: str = ""
    kind: str = ""
    """`person`, `needs`, `done`, or nothing: how it is marked."""
    original: str = ""
    """The reason as it was written down, where that says more."""
    due_at: datetime | None = None
    rank: int = 0
    """Order among what happened at the same time."""


@dataclass(frozen=True, slots=True)
class Story:
    """Tells a timeline in one language."""

    language: str
    timeline: Timeline

    def needs(self, event_ids: Collection[str]) -> list[Explanation]:
        """Return why events need a person, each reason once."""
        found = {
            moment.reason: self._explained(moment)
            for moment in self.timeline.moments
            if moment.event_id in event_ids and moment.reason
        }
        return list(found.values())

    def entries(self, actions: Iterable[Action]) -> list[Entry]:
        """Return everything that happened, newest first."""
        told = [*self._moments(), *(self._action(action) for action in actions)]
        return sorted(told, key=lambda entry: (entry.at, entry.rank), reverse=True)

    def _moments(self) -> Iterator[Entry]:
        source = self._words("providers").get(self.timeline.source, self.timeline.source)
        for moment in self.timeline.moments:
            match moment.what:
                case "received":
                    title = self._moment_words[_word_for(moment.action or "")].format(source=source)
                    yield Entry(moment.at, title, rank=RECEIVED)
                case "delivered again":
                    title = self._moment_words["delivered_again"].format(source=source)
                    yield Entry(moment.at, title, rank=RECEIVED)
                case "fetched":
                    continue  # of interest to whoever runs the software: the command line tells it
                case "version":
                    yield from self._version(moment)
                case _:
                    yield self._status(moment)

    def _version(self, moment: Moment) -> Iterator[Entry]:
        """Tell of a version; of one in which nothing changed that matters to a bookkeeper, nothing."""
        if moment.version == 1:
            yield Entry(moment.at, self._moment_words["recorded"], rank=VERSION)
            return
        words = self._words("changes")
        names = [change["field"].partition(".")[0] for change in moment.changes]
        changed = dict.fromkeys(words.get(name, name) for name in names if name not in PARTS_OF_THE_READING)
        if changed:
            yield Entry(moment.at, self._moment_words["changed"], ", ".join(changed), rank=VERSION)

    def _status(self, moment: Moment) -> Entry:
        why = self._explained(moment) if moment.reason else None
        word = "left_alone" if moment.reason_code == LEFT_ALONE.code else self._word_of(moment)
        kind = {"SYNCED": "done", "PARKED": "needs", "FAILED": "needs", "REJECTED": "needs"}
        return Entry(
            at=moment.at,
            title=self._moment_words[word],
            text=why.sentence if why else "",
            kind=kind.get(moment.what, ""),
            original=why.original if why and why.says_less else "",
            due_at=moment.due_at,
            rank=RESULT,
        )

    def _word_of(self, moment: Moment) -> str:
        """Say what a sync came to, by its outcome; else by the status alone."""
        if moment.what != "SYNCED":
            return moment.what
        booked = moment.outcome.get("destinations", {}).get("moneybird", {})
        if booked.get("status") == "SYNCED":
            return "booked" if _is_new(booked) else "updated"
        if moment.outcome.get("paid"):
            return "paid"
        if moment.outcome.get("echo"):
            return "confirmed"
        return "told" if self.timeline.source == Source.MONEYBIRD else "recorded_only"

    def _action(self, action: Action) -> Entry:
        return Entry(action.at, did(self.language, action), kind="person")

    def _explained(self, moment: Moment) -> Explanation:
        return explain(self.language, moment.reason_code, moment.reason_parameters, moment.reason)

    @property
    def _moment_words(self) -> Mapping[str, str]:
        return self._words("moments")

    def _words(self, section: str) -> Mapping[str, str]:
        return sections_of(self.language)[section]


def _word_for(action: str) -> str:
    """Return the name of the words for what a provider said."""
    said = next((name for name, pattern in TOLD if pattern.search(action.lower())), None)
    return f"received_{said}" if said else "received"


def _is_new(booked: Mapping[str, Any]) -> bool:
    """Whether a sync created the document, and not its contact alone: `external sales invoice created`."""
    name = re.sub(r"(?<=.)(?=[A-Z])", " ", booked.get("remote_type") or "").lower()
    return f"{name} created" in booked.get("steps", ())


def did(language: str, action: Action) -> str:
    """Say who did what: `Ada tried it again`. What has no words yet is named as it was written down."""
    words = sections_of(language)["actions"]
    name = action.what if action.document else f"{action.what}.all"
    said = words.get(name.replace(".", "_")) or words.get(action.what.replace(".", "_"))
    return said.format(person=action.person) if said else f"{action.person}: {action.what} {action.subject}"
