"""Lines, VAT and totals must agree to the cent, before anything is booked.

VAT is customarily rounded once per line, or once per VAT code over the document. Either is accepted when it
comes to the source's own total; nothing else is. Whether the destination comes to the same is checked there,
before it is written to.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accounting_sync.accounting.documents import Bookable, Line, VatTotal
from accounting_sync.accounting.money import EXACT, amount_text, product, quantize, smallest_units, total
from accounting_sync.connections.booking_settings import Rounding, RoundingPolicy, VatRounding
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.documents import TOTALS_DIFFER

type _Group = tuple[str | None, Decimal]
"""VAT code and percentage."""


@dataclass(frozen=True)
class _Sums:
    """What a document's lines come to, by one way of rounding VAT."""

    net: Decimal
    vat: Decimal
    vat_totals: tuple[VatTotal, ...]

    @property
    def amounts(self) -> tuple[Decimal, Decimal, Decimal]:
        """Without VAT, VAT, and in all."""
        return self.net, self.vat, total((self.net, self.vat))


def line_net(line: Line, currency: str, *, prices_include_vat: bool) -> Decimal:
    """Return what a line comes to without VAT, rounded to the cent."""
    amount = line.amount(currency)
    if not prices_include_vat:
        return amount
    return total((amount, -_vat(amount, _percentage(line), currency, included=True)))


def settle(bill: Bookable, rounding: Rounding, what: str) -> tuple[Bookable, tuple[VatTotal, ...]]:
    """Return the bill with lines that come to its totals, and the VAT per code.

    VAT may be rounded in either way. By the policy `rounding_line` a difference of a few cents between what
    the source says and what the destination will compute from the lines becomes a line of its own.

    Raises
    ------
    ParkedError
        If lines, VAT and totals do not agree, and the policy does not allow for the difference.
    """
    said = (bill.total_net, bill.total_vat, bill.total_gross)
    booked_per_line = rounding.moneybird_vat is VatRounding.PER_LINE
    booked, other = (_sums(bill, per_line=way) for way in (booked_per_line, not booked_per_line))
    if booked.amounts != said and _may_be_rounded(bill, booked, rounding):
        return _with_rounding_line(bill, booked, rounding)
    for sums in (booked, other):
        if sums.amounts == said:
            return _with_totals(bill, *sums.amounts), sums.vat_totals
    lines, totals = _listed(booked.amounts, bill.currency), _listed(said, bill.currency)
    allowed = {"policy": rounding.policy, "max_cents": rounding.max_cents}
    raise ParkedError(TOTALS_DIFFER(what=what, lines=lines, totals=totals, currency=bill.currency, **allowed))


def vat_of(
    pieces: Iterable[tuple[str, Decimal, Decimal]], bill: Bookable, vat_rounding: VatRounding
) -> Decimal:
    """Return the VAT that a destination computes.

    Parameters
    ----------
    pieces
        Of each line there: the VAT rate's id, its percentage, and the line's amount.
    bill
        Says the currency, and whether amounts hold VAT.
    """
    groups: dict[object, tuple[Decimal, list[Decimal]]] = {}
    for number, (rate, percentage, amount) in enumerate(pieces):
        group = number if vat_rounding is VatRounding.PER_LINE else rate
        groups.setdefault(group, (percentage, []))[1].append(amount)
    return total(
        _vat(total(amounts), percentage, bill.currency, included=bill.prices_include_vat)
        for percentage, amounts in groups.values()
    )


def _may_be_rounded(bill: Bookable, sums: _Sums, rounding: Rounding) -> bool:
    said = (bill.total_net, bill.total_vat, bill.total_gross)
    limit = smallest_units(rounding.max_cents, bill.currency)
    near = all(abs(total((ours, -theirs))) <= limit for ours, theirs in zip(sums.amounts, said, strict=True))
    whole = all(amount == quantize(amount, bill.currency) for amount in said)
    return near and whole and rounding.policy is RoundingPolicy.ROUNDING_LINE


def _listed(amounts: Sequence[Decimal], currency: str) -> str:
    return ", ".join(amount_text(amount, currency) for amount in amounts)


def _with_rounding_line(
    bill: Bookable, sums: _Sums, rounding: Rounding
) -> tuple[Bookable, tuple[VatTotal, ...]]:
    difference = total((bill.total_gross, -sums.net, -sums.vat))
    net = total((sums.net, difference))
    settled = _with_totals(bill, net, sums.vat, total((net, sums.vat)))
    if not difference:
        return settled, sums.vat_totals
    line = _rounding_line(difference, rounding)
    base = VatTotal(vat_code=line.vat_code, percentage=Decimal(0), base=difference, vat=Decimal(0))
    return settled.model_copy(update={"lines": (*bill.lines, line)}), (*sums.vat_totals, base)


def _with_totals(bill: Bookable, net: Decimal, vat: Decimal, gross: Decimal) -> Bookable:
    """Write the totals with the currency's decimals: `1149.5` and `1149.50` are one version, not two."""
    return bill.model_copy(update={"total_net": net, "total_vat": vat, "total_gross": gross})


def _rounding_line(difference: Decimal, rounding: Rounding) -> Line:
    return Line(
        description=rounding.description,
        quantity=Decimal(1),
        unit_price=difference,
        net=difference,
        vat_code=rounding.vat_code,
        vat_percentage=Decimal(0),
        account=rounding.ledger_account,
    )


def _sums(bill: Bookable, *, per_line: bool) -> _Sums:
    amounts: dict[_Group, list[Decimal]] = defaultdict(list)
    for line in bill.lines:
        amounts[line.vat_code, _percentage(line)].append(line.amount(bill.currency))
    vat_totals = tuple(_vat_total(bill, group, found, per_line=per_line) for group, found in amounts.items())
    return _Sums(
        net=total(vat_total.base for vat_total in vat_totals),
        vat=total(vat_total.vat for vat_total in vat_totals),
        vat_totals=vat_totals,
    )


def _vat_total(bill: Bookable, group: _Group, amounts: Sequence[Decimal], *, per_line: bool) -> VatTotal:
    code, percentage = group
    pieces = amounts if per_line else (total(amounts),)
    included = bill.prices_include_vat
    vat = total(_vat(piece, percentage, bill.currency, included=included) for piece in pieces)
    base = total((*amounts, -vat)) if included else total(amounts)
    return VatTotal(vat_code=code, percentage=percentage, base=base, vat=vat)


def _vat(amount: Decimal, percentage: Decimal, currency: str, *, included: bool) -> Decimal:
    """Return the VAT on an amount without VAT, or (`included`) within an amount that holds it."""
    whole = EXACT.add(100, percentage) if included else Decimal(100)
    return quantize(EXACT.divide(product(amount, percentage), whole), currency)


def _percentage(line: Line) -> Decimal:
    assert line.vat_percentage is not None  # noqa: S101  # the mapping parks a line without one
    return line.vat_percentage
