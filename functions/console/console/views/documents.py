"""Finding documents."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import Response

from console.pages import page
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import Stack
from operations.api.answers import Documents, FoundDocument


@dataclass(frozen=True, slots=True)
class DocumentList:
    """The documents that have a number; the search is in the address."""

    stack: Stack

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Find documents by the number that people know."""
        number = request.query.get("number", "").strip()
        found = self._found(session.connection, number) if number else ()
        return page("documents", request.language, session, number=number, found=found)

    def _found(self, connection: str, number: str) -> tuple[FoundDocument, ...]:
        return self.stack.look(Documents, "documents.find", connection=connection, number=number).documents
