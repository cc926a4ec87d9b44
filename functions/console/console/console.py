"""The page as a whole: the gate, and what is behind it."""

from dataclasses import dataclass
from typing import Self

from console.audit import AuditTrail
from console.gate import Gate
from console.sessions import Sessions
from console.stack import Stack
from console.views.activity import Activity
from console.views.document import DocumentPage
from console.views.documents import DocumentList
from console.views.mapping import MappingPage
from console.views.needs_you import NeedsYou
from console.views.overview import Overview


@dataclass(frozen=True, slots=True, eq=False)  # its routes are made once for each
class Console:
    """The gate, and the pages."""

    gate: Gate
    overview: Overview
    needs_you: NeedsYou
    documents: DocumentList
    document: DocumentPage
    mapping: MappingPage
    activity: Activity

    @classmethod
    def of(cls, sessions: Sessions, stack: Stack, audit: AuditTrail) -> Self:
        """Put the pages together."""
        return cls(
            gate=Gate(sessions),
            overview=Overview(stack),
            needs_you=NeedsYou(stack, audit),
            documents=DocumentList(stack),
            document=DocumentPage(stack, audit),
            mapping=MappingPage(stack, audit),
            activity=Activity(audit),
        )
