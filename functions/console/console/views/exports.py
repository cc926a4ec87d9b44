"""The books of a year to take away.

Who may look may export: a file holds what the page shows document by document, without names of people, and
those who check the books are meant to change nothing. Moneybird's audit file holds the whole administration,
with names, so it takes the role `repair`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import TypeAdapter, ValidationError

from accounting_sync.time import Clock, booking_time
from console.audit import AuditTrail
from console.books import Books, Journal, TooLargeError, sendable
from console.pages import download, page
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import RefusedError, Stack
from console.views.view import problem
from operations.api.exports import AuditFile, AuditFileOrdered, Year
from operations.formats import files

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT = "text/plain; charset=utf-8"

VERSIONS = ("3.2", "4.0")
YEAR: TypeAdapter[int] = TypeAdapter(Year)


@dataclass(frozen=True, slots=True)
class Kind:
    """A file that can be taken away."""

    name: str
    suffix: str
    content_type: str
    command: str
    """That writes the same file: `accounting-sync export <command>`."""
    write: Callable[[Journal, str, int], bytes] | None = None
    """Of a journal; None: it is a reconciliation."""

    @property
    def task(self) -> str:
        """Return what ExportFunction is asked for."""
        return "exports.journal" if self.write else "exports.reconciliation"

    def filename(self, connection: str, year: int) -> str:
        """Return the name under which a browser keeps it; a connection's name needs no quoting."""
        return f"{self.name}-{connection}-{year}.{self.suffix}"


def _hledger(journal: Journal, _connection: str, _year: int) -> bytes:
    return files.hledger_journal(journal.entries, journal.chart)


def _beancount(journal: Journal, connection: str, year: int) -> bytes:
    return files.beancount_ledger(journal.entries, journal.chart, connection, year)


KINDS = {
    "csv": Kind("reconciliation", "csv", CSV, "reconciliation"),
    "xlsx": Kind("reconciliation", "xlsx", XLSX, "reconciliation --format xlsx"),
    "hledger": Kind("books", "journal", TEXT, "hledger", _hledger),
    "beancount": Kind("books", "beancount", TEXT, "beancount", _beancount),
}
"""By the value of the button."""


@dataclass(frozen=True, slots=True)
class Exports:
    """Files of a year, and Moneybird's audit file."""

    books: Books
    stack: Stack
    audit: AuditTrail
    clock: Clock

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show what can be taken away."""
        return self._page(request, session, booking_time(self.clock()).year)

    def export(self, request: BrowserRequest, session: Session) -> Response[Any]:
        """Answer with a file; or with words, where it would not be whole."""
        kind, year = KINDS.get(request.form.get("file", "")), _year(request)
        if kind is None or year is None:
            return problem(request, session, HTTPStatus.BAD_REQUEST, "no_such_export")
        self.audit.write(session, kind.task, f"{year} {kind.suffix}")
        try:
            content, left_out = self._content(kind, session.connection, year)
        except TooLargeError:
            return self._page(request, session, year, HTTPStatus.SERVICE_UNAVAILABLE, too_large=kind)
        if left_out and "incomplete" not in request.form:
            file = request.form["file"]
            return self._page(request, session, year, left_out=left_out, file=file)
        return download(content, kind.content_type, kind.filename(session.connection, year))

    def _content(self, kind: Kind, connection: str, year: int) -> tuple[bytes, list[str]]:
        """Return a file, and what it leaves out."""
        if kind.write is None:
            return self.books.reconciliation(connection, year, as_workbook=kind.suffix == "xlsx"), []
        journal = self.books.journal(connection, year)
        return sendable(kind.write(journal, connection, year)), journal.problems

    def _page(  # noqa: PLR0913  # what a template is told
        self,
        request: BrowserRequest,
        session: Session,
        year: int,
        code: HTTPStatus = HTTPStatus.OK,
        *,
        too_large: Kind | None = None,
        left_out: list[str] | None = None,
        file: str = "",
    ) -> Response[str]:
        return page(
            "exports",
            request.language,
            session,
            code,
            year=year,
            too_large=too_large,
            left_out=left_out,
            file=file,
            versions=VERSIONS,
        )

    def order_audit_file(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Have Moneybird make the audit file of a year."""
        version, year = request.form.get("version", ""), _year(request)
        if version not in VERSIONS or year is None:
            return problem(request, session, HTTPStatus.BAD_REQUEST, "no_such_export")
        self.audit.write(session, "exports.audit_file.order", f"{year} version {version}")
        ordered = self.stack.export(
            AuditFileOrdered,
            "exports.audit_file.order",
            connection=session.connection,
            year=year,
            version=version,
        )
        known = ",".join(ordered.known)
        return page("audit_file", request.language, session, known=known, url=None, asked=False)

    def fetch_audit_file(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Ask whether the audit file is ready, and link to it: Moneybird's address is good for 30 seconds."""
        known = request.form.get("known", "")
        found = self.stack.export(
            AuditFile,
            "exports.audit_file.fetch",
            connection=session.connection,
            known=known.split(",") if known else [],
        )
        if found.url:
            if not found.is_safe:
                raise RefusedError("Moneybird gave an address without https: it is not shown.")
            self.audit.write(session, "exports.audit_file.fetch", f"download {found.id}")
        return page("audit_file", request.language, session, known=known, url=found.url, asked=True)


def _year(request: BrowserRequest) -> int | None:
    try:
        return YEAR.validate_python(request.form.get("year", ""), strict=False)
    except ValidationError:
        return None
