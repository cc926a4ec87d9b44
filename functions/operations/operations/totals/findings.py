"""Why a total differs, down to the document: what the ledger expects against what Moneybird has."""

from accounting_sync.accounting.money import amount_text
from accounting_sync.webhooks.events import EntityRef
from operations.api.totals import Amounts, Finding, FindingKind, RateDifference
from operations.totals.amounts import NOTHING, ByRate, differs
from operations.totals.booked import Expected, Found
from operations.totals.month import Month


def compare(
    remote: EntityRef, expected: Expected | None, found: Found | None, origin: EntityRef | None, month: Month
) -> Finding | None:
    """Compare both sides of one document; None if they agree, or it is not in this month's report anyway.

    Parameters
    ----------
    expected, found
        None: the ledger, or Moneybird, has no such document dated in the month, or at all.
    origin
        The entity that it was booked from, whatever the month.
    """
    here = found is not None and found.is_booked and found.day in month
    if expected is None and not here:
        return None
    kind = _kind(expected, found, origin, month)
    if kind is None:
        return None
    number = (expected.number if expected else None) or (found.number if found else None)
    rates = _rates(expected, found if here else None)
    return Finding(
        kind=kind,
        remote_type=remote.type,
        remote_id=remote.id,
        number=number,
        is_ours=origin is not None,
        origin=f"{origin.type} {origin.id}" if origin else None,
        currency=expected.currency if expected else found.currency if found else None,
        rates=rates,
        message=f"{remote.type} {number or remote.id} {_SAID[kind]} {_TO_DO[kind, origin is not None]}",
    )


def _kind(
    expected: Expected | None, found: Found | None, origin: EntityRef | None, month: Month
) -> FindingKind | None:
    if found is None:
        return FindingKind.DELETED
    if expected is None:
        return FindingKind.MOVED if origin else FindingKind.UNKNOWN
    if not found.is_booked:
        return FindingKind.NOT_BOOKED
    if found.day not in month:
        return FindingKind.MOVED
    same = (found.currency or expected.currency) == expected.currency
    return None if same and not differs(expected.amounts, found.amounts) else FindingKind.CHANGED


def _rates(expected: Expected | None, found: Found | None) -> tuple[RateDifference, ...]:
    ledger: ByRate = expected.amounts if expected else {}
    moneybird: ByRate = found.amounts if found else {}
    pairs = {
        rate: (ledger.get(rate, NOTHING), moneybird.get(rate, NOTHING))
        for rate in sorted(ledger.keys() | moneybird.keys())
    }
    return tuple(
        RateDifference(tax_rate_id=rate, ledger=ours, moneybird=theirs)
        for rate, (ours, theirs) in pairs.items()
        if ours - theirs
    )


def amounts_said(amounts: Amounts, currency: str) -> str:
    """Write amounts for people: `100.00 and VAT 21.00 EUR`."""
    net, vat = (amount_text(each, currency) for each in (amounts.net, amounts.vat))
    return f"{net} and VAT {vat} {currency}"


_SAID = {
    FindingKind.CHANGED: "has other amounts at Moneybird than in the ledger.",
    FindingKind.MOVED: "is dated in another month at Moneybird than in the ledger.",
    FindingKind.DELETED: "is not at Moneybird any more.",
    FindingKind.NOT_BOOKED: "is a draft at Moneybird.",
    FindingKind.UNKNOWN: "is at Moneybird, and not in the ledger.",
}
_DECIDE = "Somebody changed one side by hand: correct it there, or in Moment, so that both agree."
_WAIT = "This software did not book it. Reconciliation will fetch it; nothing is to be done here."
_TO_DO = {(kind, ours): _DECIDE if ours else _WAIT for kind in FindingKind for ours in (True, False)} | {
    (FindingKind.DELETED, True): (
        "Send it again after an unlink if it is to be booked; else withdraw or credit it in Moment."
    )
}
