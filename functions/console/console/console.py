"""The page as a whole: the gate, and what is behind it."""

from dataclasses import dataclass
from typing import Self

from accounting_sync.time import Clock
from console.audit import AuditTrail
from console.books import Books
from console.cognito import Cognito
from console.cognito_gate import CognitoGate
from console.gate import Gate
from console.sessions import Sessions
from console.stack import Stack
from console.views.activity import Activity
from console.views.document import DocumentPage
from console.views.documents import DocumentList
from console.views.exports import Exports
from console.views.mapping import MappingPage
from console.views.needs_you import NeedsYou
from console.views.overview import Overview


@dataclass(frozen=True, slots=True, eq=False)  # its routes are made once for each
class Console:
    """The gate, and the pages."""

    gate: Gate
    cognito: CognitoGate
    overview: Overview
    needs_you: NeedsYou
    documents: DocumentList
    document: DocumentPage
    mapping: MappingPage
    activity: Activity
    exports: Exports

    @classmethod
    def of(cls, sessions: Sessions, stack: Stack, audit: AuditTrail, clock: Clock) -> Self:
        """Put the pages together."""
        return cls(
            gate=Gate(sessions),
            cognito=CognitoGate(Cognito(sessions.tickets), sessions),
            overview=Overview(stack),
            needs_you=NeedsYou(stack, audit),
            documents=DocumentList(stack),
            document=DocumentPage(stack, audit),
            mapping=MappingPage(stack, audit),
            activity=Activity(audit),
            exports=Exports(Books(stack, clock), stack, audit, clock),
        )
