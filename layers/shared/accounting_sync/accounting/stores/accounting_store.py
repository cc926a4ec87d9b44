"""AccountingTable: documents with their versions, links to destinations, and claims.

Everything about one source entity lies in one partition (`pk` = the entity's key):

===================  =================================================================================
`sk`                 what
===================  =================================================================================
`DOCUMENT`           the newest version of the document, and what its destination knows of it (paid?)
`VERSION#00000001`   each version as it was, and what changed
`LINK#moneybird`     the link to the document at a destination: INTENT, then CONFIRMED, a record per step
`LINKED_FROM`        the way back: which entity a destination's document was booked from
`CLAIM`              who is working on the entity right now; `fence` grows with each claim
===================  =================================================================================

The index `by_state` (`state_key` = `<connection>#<source>#<document type>#<state>`, sorted by `state_date`,
all attributes) answers "which of my Moment invoices are paid?" in one query; `by_date` (`date_index`) answers
"what was invoiced in November?".
"""

from accounting_sync.accounting.stores.claim_store import Claim, StateConflictError
from accounting_sync.accounting.stores.document_store import DocumentStore
from accounting_sync.accounting.stores.link_store import Link, LinkState, LinkStore
from accounting_sync.accounting.versions import Booking, StoredDocument, Upserted

__all__ = [
    "AccountingStore",
    "Booking",
    "Claim",
    "Link",
    "LinkState",
    "StateConflictError",
    "StoredDocument",
    "Upserted",
]


class AccountingStore(LinkStore, DocumentStore):
    """The whole table: claims, links and documents, by the sections of this module's table."""
