"""Goes on with checks: Moneybird's VAT report against the ledger, then document by document."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, islice

from aws_lambda_powertools import Logger

from accounting_sync.aws.observability import Counter
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.connections.booking_settings_store import BookingSettingsStore
from accounting_sync.connections.connection import ConnectionStore
from accounting_sync.errors import SyncError, WaitError
from accounting_sync.providers.clients import ProviderClients
from accounting_sync.providers.moneybird.client import MoneybirdClient
from accounting_sync.time import Clock
from accounting_sync.webhooks.events import EntityRef, Lane, Source
from operations.api.totals import CheckState, Finding, Other, RateTotals
from operations.kept import ChangedError
from operations.totals.amounts import NOTHING, added, differs
from operations.totals.booked import REPORTED, Found, found_of, reported
from operations.totals.checks import MOST_KEPT, REPORTS, Check, CheckStore, Rate
from operations.totals.debtors import differing_debtors
from operations.totals.findings import compare
from operations.totals.ledger import InLedger, LedgerSide
from operations.totals.month import Month

CHUNK = 100
"""Documents that are read and compared at once: as many as one call gives."""


@dataclass(frozen=True, slots=True)
class Checker:
    """Opens checks and goes on with them. Two at once do no harm: checks are written conditionally."""

    checks: CheckStore
    connections: ConnectionStore
    settings: BookingSettingsStore
    clients: ProviderClients
    ledger: LedgerSide
    clock: Clock
    counter: Counter
    logger: Logger

    def open(self, connection: str, month: Month) -> Check:
        """Open the check of a month, or return the one that is open already."""
        standing = self.checks.get(connection, month)
        if standing is not None and standing.state is CheckState.OPEN:
            return standing
        check = Check(
            connection=connection,
            month=str(month),
            started_at=self.clock(),
            revision=standing.revision if standing else 0,
        )
        try:
            return self.checks.put(check)
        except ChangedError:
            return self.checks.get(connection, month) or check  # another one was faster

    def go_on(self, check: Check, time_left: Callable[[], float]) -> Check:
        """Do steps until none is left or time is up; return the check as it stands."""
        try:
            for each in self._progress(check, time_left):
                check = self.checks.put(each)
            return self._finish(check) if check.state is CheckState.OPEN and not check.steps else check
        except ChangedError:
            return self.checks.get(check.connection, Month.parse(check.month)) or check
        except SyncError as error:
            about = {"connection": check.connection, "month": check.month, "cause": str(error)}
            self.logger.warning("a check of totals cannot go on", extra=about)
            if not isinstance(error, WaitError):
                self.counter.count(check.connection, {"StuckRuns": 1})
            return self._note(check, str(error))

    def _note(self, check: Check, problem: str) -> Check:
        try:
            return self.checks.put(check.model_copy(update={"problem": problem}))
        except ChangedError:
            return check

    def _progress(self, check: Check, time_left: Callable[[], float]) -> Iterator[Check]:
        """Yield the check after each step or chunk; each is to be written before the next one is begun."""
        if check.state is not CheckState.OPEN:
            return
        connection = self.connections.get(check.connection)
        client = self.clients.in_lane(Lane.BULK).moneybird(connection, time_left)
        if REPORTS in check.steps:
            check = self._compare_reports(check, client)
            yield check
            check = _written(check)
        in_ledger = self._in_ledger(check)
        for step in check.steps:
            for chunk in self._chunks(check, step, in_ledger, client):
                if time_left() <= 0:
                    return
                check = self._compare_documents(check, chunk, in_ledger, client)
                yield check
                check = _written(check)
            check = check.model_copy(update={"steps": check.steps[1:], "position": 0, "problem": None})
            yield check
            check = _written(check)

    def _compare_reports(self, check: Check, client: MoneybirdClient) -> Check:
        """Read the report; documents are to be read if a total differs, or only they tell one."""
        rates = {
            rate.id: Rate(name=rate.name, percentage=rate.percentage, type=rate.tax_rate_type)
            for rate in client.list_tax_rates()
        }
        administration = client.get_administration()
        currency = (administration.currency if administration else None) or check.currency
        check = check.model_copy(update={"rates": rates, "currency": currency, "problem": None})
        in_ledger = self._in_ledger(check)
        ours, others = (in_ledger.totals(currency, ours=whose) for whose in (True, False))
        report = reported(client.get_tax_report(Month.parse(check.month).first))
        foreign = any(each.currency != currency for each in in_ledger.expected.values())
        debtors = differing_debtors(
            self.ledger.index,
            check.connection,
            Month.parse(check.month),
            currency,
            client.list_debtors(Month.parse(check.month).first),
        )
        is_needed = foreign or differs(report, added(ours, others))
        return check.model_copy(
            update={
                "ours": ours,
                "others": others,
                "reported": report,
                "documents_read": is_needed,
                "debtors": tuple(islice(debtors, MOST_KEPT)),
                "steps": REPORTED if is_needed else (),
                **_not_ours(in_ledger),
            }
        )

    def _in_ledger(self, check: Check) -> InLedger:
        percentages = {rate: each.percentage for rate, each in check.rates.items() if each.percentage}
        settings = self.settings.get(check.connection) or BookingSettings()
        return self.ledger.of(check.connection, Month.parse(check.month), settings, percentages)

    def _chunks(
        self, check: Check, remote_type: str, in_ledger: InLedger, client: MoneybirdClient
    ) -> Iterator[Sequence[EntityRef]]:
        """Yield the documents of a type that either side has, in the order of their ids."""
        listed = client.list_versions(remote_type, Month.parse(check.month).period)
        ids = sorted(listed.keys() | in_ledger.of_type(remote_type), key=lambda each: (len(each), each))
        remotes = (EntityRef(check.connection, Source.MONEYBIRD, remote_type, each) for each in ids)
        yield from batched(islice(remotes, check.position, None), CHUNK, strict=False)

    def _compare_documents(
        self, check: Check, chunk: Sequence[EntityRef], in_ledger: InLedger, client: MoneybirdClient
    ) -> Check:
        percentages = {rate: each.percentage for rate, each in check.rates.items() if each.percentage}
        found = {
            record.id: found_of(record, percentages, check.currency)
            for record in client.read_many(chunk[0].type, [remote.id for remote in chunk])
        }
        origins = self.ledger.origins(chunk)
        for remote in chunk:
            check = _compared(check, remote, in_ledger, found.get(remote.id), origins.get(remote))
        return check.model_copy(update={"position": check.position + len(chunk), "problem": None})

    def _finish(self, check: Check) -> Check:
        totals = tuple(_totals(check, rate) for rate in sorted(_all_rates(check)))
        in_progress = ("rates", "ours", "others", "reported", "standing")
        finished = check.model_copy(
            update={
                "state": CheckState.FINISHED,
                "finished_at": self.clock(),
                "totals": totals,
                **{name: {} for name in in_progress},  # what is kept is read by each search for open checks
            }
        )
        written = self.checks.put(finished)
        self._tell(written)
        return written

    def _tell(self, check: Check) -> None:
        differing = [each.tax_rate_id for each in check.totals if each.differs]
        numbers = {
            "TotalsChecked": 1,
            "TotalsDiffering": 0 if check.agrees else 1,
            "DebtorsDiffering": len(check.debtors),
        }
        self.counter.count(check.connection, numbers)
        about = {
            "connection": check.connection,
            "month": check.month,
            "tax_rates": differing,
            "documents": check.found,
        }
        log = self.logger.info if check.agrees else self.logger.warning
        log("totals agree" if check.agrees else "totals differ", extra=about)


def _written(check: Check) -> Check:
    return check.model_copy(update={"revision": check.revision + 1})


def _compared(
    check: Check, remote: EntityRef, in_ledger: InLedger, found: Found | None, origin: EntityRef | None
) -> Check:
    """Return the check after one more document."""
    month, expected = Month.parse(check.month), in_ledger.expected.get(remote)
    finding = compare(remote, expected, found, origin, month)
    changes: dict[str, object] = _noted(check, finding) if finding else {}
    if found is not None and found.is_booked and found.day in month:
        changes["standing"] = added(check.standing, found.in_books)
        if expected is not None and expected.currency != check.currency:  # only Moneybird knows its rate
            side = "ours" if origin else "others"
            changes[side] = added(getattr(check, side), found.in_books)
    return check.model_copy(update=changes)


def _noted(check: Check, finding: Finding) -> dict[str, object]:
    return {"findings": (*check.findings, finding)[:MOST_KEPT], "found": check.found + 1}


def _not_ours(in_ledger: InLedger) -> dict[str, object]:
    others = [each for each in in_ledger.expected.values() if each.origin is None]
    named = (
        Other(remote_type=each.remote.type, remote_id=each.remote.id, number=each.number) for each in others
    )
    return {"not_ours": tuple(islice(named, MOST_KEPT)), "not_ours_count": len(others)}


def _all_rates(check: Check) -> set[str]:
    return {*check.ours, *check.others, *check.reported, *check.standing}


def _totals(check: Check, rate: str) -> RateTotals:
    ours, others, report, standing = (
        amounts.get(rate, NOTHING) for amounts in (check.ours, check.others, check.reported, check.standing)
    )
    known, expected = check.rates.get(rate), ours + others
    is_unreported = rate not in check.reported and not standing - expected
    difference = report - expected
    return RateTotals(
        tax_rate_id=rate,
        name=known.name if known else None,
        percentage=known.percentage if known else None,
        type=known.type if known else None,
        ours=ours,
        others=others,
        moneybird=report,
        difference=difference,
        unexplained=report - standing if check.documents_read else NOTHING,
        differs=bool(difference) and not is_unreported,
    )
