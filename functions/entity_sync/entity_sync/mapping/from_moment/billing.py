"""What Moment's invoices, offers and claims have in common: lines, totals, and that they must agree."""

from decimal import Decimal
from typing import Any

from accounting_sync.accounting.documents import Bookable, Estimate, Expense, Line, SalesInvoice
from accounting_sync.accounting.money import amount_text, quantize, total
from accounting_sync.connections.booking_settings import BookingSettings
from accounting_sync.errors import ParkedError
from accounting_sync.reasons.documents import LINE_DOES_NOT_ADD_UP, VAT_PERCENTAGE_DIFFERS
from entity_sync.booking_rules import applies
from entity_sync.mapping.fields import Fields
from entity_sync.mapping.from_moment.source import MomentObject
from entity_sync.mapping.reconcile_totals import line_net, settle


def header(source: MomentObject) -> dict[str, Any]:
    """Return what is known of a document before its lines are read: enough to tell whether it is booked."""
    fields = source.fields
    return {
        **source.common(),
        "source_state": fields.word("state"),
        "number": fields.text("number"),
        "date": fields.day("date"),
        "currency": fields.currency(),
        "lines": (),
        "prices_include_vat": fields.flag("prices_include_vat"),
        "total_net": fields.money("total_net"),
        "total_vat": fields.money("total_vat"),
        "total_gross": fields.money("total_gross"),
        "reference": fields.text("reference"),
        "project": source.parent("project"),
    }


def completed[D: (SalesInvoice, Estimate, Expense)](document: D, source: MomentObject) -> D:
    """Return the document with its lines, agreed to the cent.

    One that is not booked anyway (a draft, "do not transfer") is kept as far as it can be read.

    Raises
    ------
    ParkedError
        If anything is missing, or does not agree.
    """
    try:
        if not isinstance(document, Expense):
            source.fields.required(lambda _: document.customer, "customer_id")
        bill, vat_totals = settle(_bill(source), source.settings.rounding, source.entity.type)
    except ParkedError:
        if applies(document, source.settings) is None:
            raise
        return document
    values = {name: getattr(bill, name) for name in Bookable.model_fields}
    return type(document)(**{**dict(document), **values, "vat_totals": vat_totals})


def _bill(source: MomentObject) -> Bookable:
    fields = source.fields
    currency = fields.required(lambda _: fields.currency(), "currency")
    # Prices without VAT unless Moment says otherwise: if that is wrong, lines and totals do not agree.
    included = bool(fields.flag("prices_include_vat"))
    lines = fields.required(lambda _: source.lines() or None, "lines")
    return Bookable(
        date=fields.required(fields.day, "date"),
        currency=currency,
        prices_include_vat=included,
        lines=tuple(_line(line, currency, source.settings, included=included) for line in lines),
        **_totals(fields),
    )


def _totals(fields: Fields) -> dict[str, Decimal]:
    """Read the totals; the third of three follows from the other two."""
    net, vat, gross = (fields.money(name) for name in ("total_net", "total_vat", "total_gross"))
    if net is None and vat is not None and gross is not None:
        net = total((gross, -vat))
    if vat is None and net is not None and gross is not None:
        vat = total((gross, -net))
    if gross is None and net is not None and vat is not None:
        gross = total((net, vat))
    found = {"total_net": net, "total_vat": vat, "total_gross": gross}
    return {name: fields.required(found.__getitem__, name) for name in found}


def _line(fields: Fields, currency: str, settings: BookingSettings, *, included: bool) -> Line:
    vat_code = fields.required(fields.text, "vat_code")
    line = Line(
        description=fields.text("description") or "",
        **_price(fields),
        net=None,
        vat_code=vat_code,
        vat_percentage=_vat_percentage(fields, vat_code, settings),
        account=fields.text("account"),
        project_id=fields.text("project_id"),
    )
    return _with_net(line, fields, currency, included=included)


def _price(fields: Fields) -> dict[str, Decimal]:
    """Read quantity, price and discount; an amount alone is one piece of that amount."""
    amount = fields.money("net")
    if amount is not None and fields.money("quantity") is None and fields.money("unit_price") is None:
        return {"quantity": Decimal(1), "unit_price": amount}
    return {
        "quantity": fields.required(fields.money, "quantity"),
        "unit_price": fields.required(fields.money, "unit_price"),
        "discount_percentage": fields.money("discount_percentage") or Decimal(0),
    }


def _with_net(line: Line, fields: Fields, currency: str, *, included: bool) -> Line:
    net = line_net(line, currency, prices_include_vat=included)
    said = fields.money("net")
    if said is not None and quantize(said, currency) not in {net, line.amount(currency)}:
        ours, theirs = amount_text(line.amount(currency), currency), amount_text(said, currency)
        factors = {
            "quantity": f"{line.quantity:f}",
            "price": f"{line.unit_price:f}",
            "discount": f"{line.discount_percentage:f}",
        }
        raise ParkedError(
            LINE_DOES_NOT_ADD_UP(what=fields.what, ours=ours, theirs=theirs, currency=currency, **factors)
        )
    return line.model_copy(update={"net": net})


def _vat_percentage(fields: Fields, vat_code: str, settings: BookingSettings) -> Decimal:
    said = fields.money("vat_percentage")
    rate = settings.vat.get(vat_code)
    set_ = rate.percentage if rate else None
    if said is not None and set_ is not None and said != set_:
        raise ParkedError(VAT_PERCENTAGE_DIFFERS(vat_code=vat_code, said=f"{said:f}", set=f"{set_:f}"))
    percentage = said if said is not None else set_
    if percentage is None:
        raise fields.missing("vat_percentage", f" Or set vat.{vat_code}.percentage there.")
    return percentage
