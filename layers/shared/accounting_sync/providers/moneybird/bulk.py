"""What Moneybird tells of many entities in one call: versions, records, and its own reports."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from itertools import batched
from typing import Any

from accounting_sync.errors import ParkedError
from accounting_sync.providers.moneybird.api import (
    MOST_PAGES,
    PATHS,
    PER_PAGE,
    WITH_ARCHIVED,
    MoneybirdApi,
)
from accounting_sync.providers.moneybird.filters import Period, list_filter
from accounting_sync.providers.moneybird.models import (
    MoneybirdDebtor,
    MoneybirdDebtorsReport,
    MoneybirdDownload,
    MoneybirdObject,
    MoneybirdRecord,
    MoneybirdTaxReport,
    MoneybirdTaxReportRow,
    MoneybirdVersion,
)
from accounting_sync.reasons.providers import ANSWER_UNREADABLE, TOO_MANY_PAGES


class MoneybirdBulkReads(MoneybirdApi):
    """Reads that save calls: Moneybird allows 150 requests in five minutes, 50 of them for reports."""

    def list_versions(self, entity_type: str, period: Period) -> dict[str, int]:
        """List the versions of all entities of a type by their ids, in one call without pages.

        Contacts have no date, so all of them are listed, archived ones too. A filter replaces Moneybird's
        defaults, which name this year only: the period is always said.

        Raises
        ------
        KeyError
            If the type is not one of `VERSIONED`.
        """
        query = WITH_ARCHIVED if entity_type == "Contact" else {"filter": list_filter(period)}
        call = self._call("GET", f"{PATHS[entity_type]}/synchronization", query=query)
        listed = self._read_all(MoneybirdVersion, call)
        return {entry.id: entry.version for entry in listed}

    def read_many(self, entity_type: str, ids: Sequence[str]) -> Iterator[MoneybirdRecord]:
        """Yield the records of entities, 100 in each call (`POST .../synchronization`).

        What Moneybird does not have any more is left out.

        Raises
        ------
        KeyError
            If the type is not one of `VERSIONED`.
        """
        return self._many(MoneybirdRecord, entity_type, ids)

    def fetch_many(self, entity_type: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Read entities as `fetch` does, 100 in each call; by id. See `read_many`."""
        return {found.id: found.raw for found in self._many(MoneybirdObject, entity_type, ids)}

    def _many[Found: MoneybirdObject](
        self, model: type[Found], entity_type: str, ids: Sequence[str]
    ) -> Iterator[Found]:
        for some in batched(ids, PER_PAGE, strict=False):
            call = self._call("POST", f"{PATHS[entity_type]}/synchronization", body={"ids": list(some)})
            yield from self._read_all(model, replace(call, repeatable=True))

    def get_tax_report(self, month: date) -> Sequence[MoneybirdTaxReportRow]:
        """Read the VAT report of the month that a day is in (`reports/tax`).

        Moneybird gives one month at the most. Its description does not say which documents count. By its
        help centre the invoice date does, and only rates that have a place in the VAT report are in it.
        """
        call = self._call("GET", "reports/tax", query={"period": f"{month:%Y%m}"})
        return self._read(MoneybirdTaxReport, call).tax_rates

    def list_debtors(self, month: date) -> Sequence[MoneybirdDebtor]:
        """Read the debtors report of the month that a day is in, all pages (`reports/debtors`)."""
        found: list[MoneybirdDebtor] = []
        for page in range(1, MOST_PAGES + 1):
            query = {"period": f"{month:%Y%m}", "page": str(page), "per_page": str(PER_PAGE)}
            debtors = self._read(
                MoneybirdDebtorsReport, self._call("GET", "reports/debtors", query=query)
            ).debtors
            found += debtors
            if len(debtors) < PER_PAGE:
                return found
        raise ParkedError(TOO_MANY_PAGES(resource="debtors", most=MOST_PAGES))

    def order_audit_file(self, year: int, version: str) -> None:
        """Have an audit file made (`reports/export/auditfile`); it is listed among the downloads when ready.

        May be sent twice: the same order is answered 204 while it is being prepared (official description).
        """
        body = {"year": str(year), "version": version}
        self._transport.send(
            replace(self._call("POST", "reports/export/auditfile", body=body), repeatable=True)
        )

    def list_downloads(self, download_type: str) -> list[MoneybirdDownload]:
        """List the downloads of a type that the token may see, all pages."""
        return self._list(MoneybirdDownload, "downloads", {"download_type": download_type})

    def get_download_url(self, download_id: str) -> str:
        """Return where to fetch a download within 30 seconds, without the token (`Location` of a 302).

        Raises
        ------
        ParkedError
            If Moneybird does not know the download, or does not say where it is.
        """
        call = self._call("POST", "downloads/{id}/download", id=download_id)
        answer = self._transport.send(replace(call, repeatable=True, redirects=True))
        if "Location" not in answer.headers:
            named = {"provider": "Moneybird", "call": f"{call.method} {call.template}"}
            raise ParkedError(ANSWER_UNREADABLE(problem="it has no Location", **named))
        return answer.headers["Location"]
