"""Moment's API, as far as it is known: read one object, list objects, read a file that belongs to one.

Answers are the decoded JSON as it is, with Decimal for fractions: what its fields mean is the mapping's task.
A 404 on an object is an `EntityGoneError`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from accounting_sync.connections.moment_settings import MomentKind, MomentSettings
from accounting_sync.errors import EntityGoneError, NotFoundError, ParkedError
from accounting_sync.providers.http import Call, Transport
from accounting_sync.reasons.documents import GONE_AT_SOURCE
from accounting_sync.reasons.providers import ANSWER_UNREADABLE

BASE_PATH = "/api/1.0"
BASE_URL = f"https://app.moment.team{BASE_PATH}"
USER_NAME = "apikey"
"""The literal user name of HTTP Basic; the key is the password."""

COLLECTIONS = {
    "invoice": "invoices",
    "customer": "customers",
    "project": "projects",
    "offer": "offers",
    "claim": "claims",
}
"""Entity type to its part of the path. Moment's documentation shows invoices only; the rest follows suit."""

_MOST_PAGES = 1000
_USUAL = MomentSettings()


def path_of(entity_type: str, settings: MomentSettings) -> str:
    """Return the path of one object of a type, with `{id}`.

    Raises
    ------
    KeyError
        If the type is not one of `COLLECTIONS`.
    """
    usual = f"{COLLECTIONS[entity_type]}/{{id}}"
    return settings.moment_paths.get(cast("MomentKind", entity_type), usual)


class FileType(NamedTuple):
    """A kind of file."""

    name: str
    extension: str
    content_type: str
    begins: bytes


PDF_ALONE = (FileType("PDF", "pdf", "application/pdf", b"%PDF-"),)
IMAGES_TOO = (
    *PDF_ALONE,
    FileType("JPEG", "jpg", "image/jpeg", b"\xff\xd8\xff"),
    FileType("PNG", "png", "image/png", b"\x89PNG\r\n\x1a\n"),
)


class MomentFile(NamedTuple):
    """A file of Moment."""

    content: bytes
    extension: str
    content_type: str


class MomentClient:
    """One company."""

    def __init__(self, transport: Transport, company: str, settings: MomentSettings = _USUAL) -> None:
        self._transport = transport
        self._company = company
        self._settings = settings

    def fetch(self, entity_type: str, entity_id: str) -> dict[str, Any]:
        """Read an object.

        Raises
        ------
        EntityGoneError
            If Moment does not know it (any more).
        KeyError
            If the type is not one of `COLLECTIONS`.
        """
        query = self._settings.moment_queries.get(cast("MomentKind", entity_type), {})
        call = self._call(path_of(entity_type, self._settings), query=query, id=entity_id)
        try:
            body = self._transport.send(call).body
        except NotFoundError as error:
            raise EntityGoneError(GONE_AT_SOURCE(said=error)) from error
        if not isinstance(body, dict):
            raise _unreadable(call, "it is not an object")
        return body

    def get_invoice(self, invoice_id: str) -> dict[str, Any]:
        """Read an invoice."""
        return self.fetch("invoice", invoice_id)

    def get_customer(self, customer_id: str) -> dict[str, Any]:
        """Read a customer."""
        return self.fetch("customer", customer_id)

    def get_project(self, project_id: str) -> dict[str, Any]:
        """Read a project."""
        return self.fetch("project", project_id)

    def get_offer(self, offer_id: str) -> dict[str, Any]:
        """Read an offer."""
        return self.fetch("offer", offer_id)

    def get_claim(self, claim_id: str) -> dict[str, Any]:
        """Read a claim."""
        return self.fetch("claim", claim_id)

    def get_file(self, entity_id: str, template: str, types: Sequence[FileType]) -> MomentFile | None:
        """Read a file that belongs to an entity; None if Moment has none for it.

        Parameters
        ----------
        template
            Path below the company under which the file lies, with `{id}` for the entity's id, for example
            `invoices/{id}/pdf`: Moment documents none.
        types
            Which kinds of file are taken, known by how they begin.

        Raises
        ------
        ParkedError
            If what comes is another kind of file.
        """
        call = self._call(template, accept=", ".join(each.content_type for each in types), id=entity_id)
        try:
            content = self._transport.send(call).body
        except NotFoundError:
            return None
        found = next((each for each in types if content.startswith(each.begins)), None)
        if found is None:
            raise _unreadable(call, f"it is not a {' or '.join(each.name for each in types)}")
        return MomentFile(bytes(content), found.extension, found.content_type)

    def iterate(
        self, entity_type: str, size: int = 100, parameters: Mapping[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield all objects of a type, page by page.

        The first page is asked for without a number, and the number that it names is taken for the first:
        Moment's pages were seen to count from 0, and counting from 1 works as well.

        Parameters
        ----------
        parameters
            Further query parameters, such as `lastModifiedDateFrom` (seen in one client, not verified).
        """
        query = {**(parameters or {}), "size": str(size)}
        first, total, content = self._page(entity_type, query, None)
        yield from content
        for number in range(first + 1, first + total):
            _, _, content = self._page(entity_type, {**query, "page": str(number)}, number)
            yield from content

    def _page(
        self, entity_type: str, query: dict[str, str], wanted: int | None
    ) -> tuple[int, int, list[dict[str, Any]]]:
        """Return a page's number, the number of pages, and its content."""
        path = self._settings.moment_lists.get(cast("MomentKind", entity_type), COLLECTIONS[entity_type])
        call = self._call(path, query=query)
        body = self._transport.send(call).body
        try:
            number, total = int(body["page"]["number"]), int(body["page"]["totalPages"])
            content = list(body["content"])
        except (KeyError, TypeError, ValueError):
            raise _unreadable(call, "it is not a page of a list") from None
        if not all(isinstance(each, dict) for each in content):
            raise _unreadable(call, "it is not a list of objects")
        if wanted is not None and number != wanted:
            raise _unreadable(call, f"page {wanted} was asked for, page {number} came")
        if total > _MOST_PAGES:
            raise _unreadable(call, f"it has more than {_MOST_PAGES} pages")
        return number, total, content

    def _call(
        self, path: str, *, query: dict[str, str] | None = None, accept: str = "application/json", **ids: str
    ) -> Call:
        return Call("GET", path, ids, query or {}, accept=accept, root=("companies", self._company))


def _unreadable(call: Call, problem: str) -> ParkedError:
    called = f"{call.method} {call.template}"
    return ParkedError(ANSWER_UNREADABLE(provider="Moment", call=called, problem=problem))
