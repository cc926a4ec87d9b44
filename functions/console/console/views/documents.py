"""Finding documents: the whole search is in the address, so that it can be kept and sent on."""

from dataclasses import dataclass
from typing import get_args
from urllib.parse import urlencode

from aws_lambda_powertools.event_handler import Response

from console.audit import Audited
from console.formats import month_name
from console.pages import page
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import Stack
from console.texts import words
from console.views.document import DocumentAddress
from console.views.view import month_of
from operations.api.documents import DocumentPage, ListedDocument
from operations.api.requests import DocumentFilter, DocumentKind

LISTED = 50
"""Documents on one page."""

STATES: tuple[str, ...] = get_args(DocumentFilter.__value__)
KINDS: tuple[str, ...] = get_args(DocumentKind.__value__)


@dataclass(frozen=True, slots=True)
class DocumentList:
    """The documents of a connection by date, newest first."""

    stack: Stack

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show a page of documents. Names of customers are shown: whoever signed in may see them."""
        search, after = _search(request), request.query.get("after") or None
        found = self.stack.look(
            DocumentPage,
            "documents.list",
            connection=session.connection,
            after=after,
            limit=LISTED,
            reveal=True,
            **search,
        )
        month = search.get("month")
        return page(
            "documents",
            request.language,
            session,
            search=search,
            states=STATES,
            kinds=KINDS,
            month_name=month_name(month, words(request.language, "calendar")) if month else None,
            found=found,
            address_of=address_of,
            begins_at=f"documents?{urlencode(search)}" if after else None,
            goes_on_at=f"documents?{urlencode(search | {'after': found.next})}" if found.next else None,
        )


def address_of(document: ListedDocument) -> str:
    """Return the address of a document's own page; by its entity, for events expire."""
    entity = Audited(document.source, document.entity_type, document.entity_id)
    return DocumentAddress.of_document(entity).with_words()


def _search(request: BrowserRequest) -> dict[str, str]:
    """Return what is searched for: a number alone, or what narrows the list; nothing that cannot be."""
    asked = {name: text.strip() for name, text in request.query.items() if text and text.strip()}
    if "number" in asked:
        return {"number": asked["number"]}
    month = month_of(request)
    search = {"month": month} if month else {}
    search |= {name: asked[name] for name in ("customer",) if name in asked}
    search |= {
        name: asked[name] for name, known in (("state", STATES), ("kind", KINDS)) if asked.get(name) in known
    }
    return search
