"""Who did what on the page."""

from dataclasses import dataclass

from aws_lambda_powertools.event_handler import Response

from console.audit import AuditTrail
from console.pages import page
from console.requests import BrowserRequest
from console.sessions import Session


@dataclass(frozen=True, slots=True)
class Activity:
    """The audit trail."""

    audit: AuditTrail

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show who did what."""
        return page("activity", request.language, session, actions=self.audit.newest(session.connection))
