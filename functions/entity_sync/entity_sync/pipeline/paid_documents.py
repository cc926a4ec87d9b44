"""Which entity a payment of Moneybird's belongs to."""

from collections.abc import Callable
from dataclasses import replace

from accounting_sync.webhooks.events import MONEYBIRD_ENTITY_TYPES, EntityRef

_KINDS_OF = {"Document": ("PurchaseInvoice", "Receipt")}
"""A payment's `invoice_type` to the entity types that it may stand for, where it is none itself (official
description: SalesInvoice, Document, ExternalSalesInvoice or VatDocument)."""


def paid_documents(named: EntityRef, is_known: Callable[[EntityRef], bool]) -> list[EntityRef]:
    """Return the entities that a payment may belong to; at most one of them exists.

    Parameters
    ----------
    named
        What the payment names: its `invoice_type` and `invoice_id`.
    is_known
        Whether the ledger has an entity: then that is the one, and no other one is asked for.
    """
    kinds = [kind for kind in _KINDS_OF.get(named.type, (named.type,)) if kind in MONEYBIRD_ENTITY_TYPES]
    candidates = [replace(named, type=kind) for kind in kinds]
    return [each for each in candidates if is_known(each)] or candidates
