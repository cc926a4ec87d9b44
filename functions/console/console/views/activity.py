"""Who did what on the page."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from aws_lambda_powertools.event_handler import Response

from accounting_sync.reasons.catalogue import CATALOGUE
from console.audit import Action, AuditTrail
from console.pages import page
from console.reasons import title_of
from console.requests import BrowserRequest
from console.sessions import Session
from console.texts import sections_of
from console.views.document import DocumentAddress
from console.views.story import did


class Row(NamedTuple):
    """One action."""

    at: datetime
    what: str
    subject: str
    """What it was done to, in words."""
    address: str
    """Of the page about it, or empty."""


@dataclass(frozen=True, slots=True)
class Activity:
    """The audit trail."""

    audit: AuditTrail

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show who did what."""
        rows = [_row(request.language, action) for action in self.audit.newest(session.connection)]
        return page("activity", request.language, session, rows=rows)


def _row(language: str, action: Action) -> Row:
    said, document = did(language, action), action.document
    if document:
        kind = sections_of(language)["kinds"].get(document.kind, document.kind)
        named = f"{kind} {document.number or document.id}"
        return Row(action.at, said, named, DocumentAddress.of_document(document).with_words())
    if action.subject in CATALOGUE:
        subject = title_of(language, action.subject)
        return Row(action.at, said, subject, f"needs-you#{action.subject}")
    return Row(action.at, said, action.subject, "")
