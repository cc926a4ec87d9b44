"""Looks for all that keeps a connection from working, one check after the other; each says what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from accounting_sync.errors import SyncError
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.reasons.cause import UNCODED
from accounting_sync.time import booking_date
from accounting_sync.webhooks.event_store import EventStore
from accounting_sync.webhooks.events import EventSummary, Status
from operations.administration.connecting import Connecting
from operations.administration.credentials import ConnectionFiles, connection_of
from operations.administration.mapping import Mappings
from operations.administration.stack_health import StackHealth
from operations.api.administration import CheckConnection, Diagnose, Diagnosis, Finding
from operations.api.mapping import ShowMapping
from operations.api.serving import NotFoundError, RefusedRequestError
from operations.reconciliation.key_expiry import WARNED_DAYS
from operations.reconciliation.webhook_health import webhook_problems, webhooks_of

MOST_EVENTS = 1000
"""Of one status that are looked at."""

type Check = Callable[[Diagnose], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Doctor:
    """Runs the checks."""

    files: ConnectionFiles
    clients: ProviderClients
    connecting: Connecting
    mappings: Mappings
    events: EventStore
    health: StackHealth

    def run(self, request: Diagnose) -> Diagnosis:
        """Run all checks; one that cannot be made is a finding too."""
        findings = [found for name, check in self._checks() for found in _run(name, check, request)]
        findings += self.health.findings()
        return Diagnosis(connection=request.connection, findings=tuple(findings), at=self.health.clock())

    def _checks(self) -> tuple[tuple[str, Check], ...]:
        return (
            ("credentials", self._credentials),
            ("key", self._key),
            ("webhook", self._webhook),
            ("administration", self._administration),
            ("booking settings", self._settings),
            ("events", self._events),
        )

    def _credentials(self, request: Diagnose) -> Iterator[Finding]:
        asked = CheckConnection(task="connection.check", connection=request.connection)
        checked = self.connecting.check(asked)
        named = [checked.administration, checked.moment_company]
        accepted = ", ".join(name for name in named if name)
        yield Finding(check="credentials", ok=True, message=f"The providers accept them ({accepted}).")
        stored = self.files.secret(request.connection)
        for provider in sorted({"moneybird", "moment"} - set(stored)):
            yield Finding(
                check="credentials",
                ok=False,
                message=f"There are none for {provider.capitalize()}.",
                remedy=f"accounting-sync connection add {request.connection}",
            )

    def _key(self, request: Diagnose) -> Iterator[Finding]:
        """Moment's keys expire after two years at most (its documentation); it does not tell when."""
        section = self.files.secret(request.connection).get("moment")
        if section is None:
            return
        remedy = f"accounting-sync connection add {request.connection} --moment-key-expires DATE"
        expires_on = section.get("api_key_expires_on")
        if expires_on is None:
            said = "When Moment's API key expires is not noted, so nobody is warned."
            yield Finding(check="key", ok=False, message=said, remedy=remedy)
            return
        days = (date.fromisoformat(expires_on) - booking_date(self.health.clock())).days
        said = f"Moment's API key expires on {expires_on}, in {days} days."
        yield Finding(
            check="key", ok=days > WARNED_DAYS, message=said, remedy=None if days > WARNED_DAYS else remedy
        )

    def _webhook(self, request: Diagnose) -> Iterator[Finding]:
        client = self._moneybird(request.connection)
        ours = webhooks_of(client, request.connection)
        remedy = f"accounting-sync connection add {request.connection}"
        if not ours:
            yield Finding(
                check="webhook", ok=False, message="Moneybird has no webhook for it.", remedy=remedy
            )
        for webhook in ours:
            problems = list(webhook_problems(webhook))
            fixed = request.fix and webhook.deactivated_at is not None
            if fixed:
                client.activate_webhook(webhook.id)
            for problem in problems:
                yield Finding(check="webhook", ok=False, message=problem, remedy=remedy, fixed=fixed)
            if not problems:
                yield Finding(check="webhook", ok=True, message="Moneybird sends all events that are needed.")

    def _administration(self, request: Diagnose) -> Iterator[Finding]:
        found = self._moneybird(request.connection).get_administration()
        if found is None or found.suspended:
            yield Finding(
                check="administration",
                ok=False,
                message="It is suspended, or the API token no longer reaches it.",
                remedy="Lift the suspension in Moneybird, or give a token that reaches it.",
            )
        elif found.period_locked_until:
            yield Finding(
                check="administration",
                ok=True,
                message=f"Its books are locked up to {found.period_locked_until}: older documents park.",
            )
        else:
            yield Finding(check="administration", ok=True, message="It takes bookings of any date.")

    def _settings(self, request: Diagnose) -> Iterator[Finding]:
        name, remedy = request.connection, f"accounting-sync mapping suggest {request.connection} --store"
        written = self.files.settings(name)
        if written is None:
            said = "There are no booking settings: every document parks."
            yield Finding(check="booking settings", ok=False, message=said, remedy=remedy)
            return
        shown = self.mappings.show(ShowMapping(task="mapping.show", connection=name, fresh=True))
        unmapped = [f"VAT code {each.code}" for each in shown.vat_codes if not each.mapped_to]
        has_default = written.get("default_ledger_account")
        unmapped += [f"account {each.code}" for each in shown.accounts if not (each.mapped_to or has_default)]
        for problem in shown.problems:
            yield Finding(check="booking settings", ok=False, message=problem.message, remedy=remedy)
        for each in unmapped:
            yield Finding(check="booking settings", ok=False, message=f"{each} is not mapped.", remedy=remedy)
        if not shown.problems and not unmapped:
            yield Finding(check="booking settings", ok=True, message="They fit the administration.")

    def _events(self, request: Diagnose) -> Iterator[Finding]:
        """Say what stands PARKED or FAILED: one finding a reason, with an example of it."""
        standing: dict[str, list[EventSummary]] = {}
        for status in (Status.PARKED, Status.FAILED):
            for event in islice(self.events.list_by_connection(request.connection, status), MOST_EVENTS):
                standing.setdefault(event.reason.code if event.reason else UNCODED, []).append(event)
        for code, events in standing.items():
            example = events[0]
            named = f"{example.entity_type} {example.number or example.entity_id}"
            yield Finding(
                check="events",
                ok=False,
                message=f"{len(events)} not booked: {code}. {named}: {example.reason}",
                remedy="Then send them through again: accounting-sync events replay"
                f" -c {request.connection} --status {example.status} --reason {code}",
            )
        if not standing:
            yield Finding(check="events", ok=True, message="None needs a person.")

    def _moneybird(self, name: str) -> MoneybirdClient:
        return self.clients.moneybird(connection_of(name, self.files.secret(name)))


def _run(name: str, check: Check, request: Diagnose) -> Iterator[Finding]:
    try:
        yield from check(request)
    except (SyncError, NotFoundError, RefusedRequestError) as error:
        yield Finding(
            check=name, ok=False, message=str(error), remedy="Repair what it says, then look again."
        )
