"""Which parts of a document at Moneybird differ from the wanted ones: the least that an update sends."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import chain, zip_longest
from typing import Any

from accounting_sync.providers.moneybird.requests import DetailFields, MoneybirdRequest

type Record = Mapping[str, Any]
"""An object as Moneybird answers with it."""

_NUMBERS = {"amount", "price"}


def fingerprint_of(fields: MoneybirdRequest, state: str | None) -> str:
    """Return a hash of what should stand at Moneybird: equal hashes, nothing to write."""
    content = {"fields": fields.to_json(), "state": state}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def changes[Fields: MoneybirdRequest](
    wanted: Fields, record: Record, cleared: Collection[str] = ()
) -> Fields | None:
    """Return the fields that differ, None if none does.

    Only the fields that we manage are compared: a field that we leave empty keeps what Moneybird has, because
    Moneybird may have filled it in. `cleared` names the fields of line items for which empty means empty.
    """
    differing: dict[str, Any] = {
        name: value
        for name, value in wanted
        if value is not None and name != "details_attributes" and not _same(name, value, record.get(name))
    }
    lines = getattr(wanted, "details_attributes", None) or ()
    details = detail_changes(lines, record.get("details") or (), cleared)
    if details:
        differing["details_attributes"] = details
    return type(wanted)(**differing) if differing else None


def detail_changes(
    wanted: Sequence[DetailFields], details: Sequence[Record], cleared: Collection[str] = ()
) -> tuple[DetailFields, ...]:
    """Return what makes the details of a record as they should be: changed, added and removed ones.

    Details are matched by their place. Moneybird keeps the id of a detail as long as it is not removed.
    """
    ordered = sorted(details, key=lambda detail: int(detail.get("row_order") or 0))
    pairs = zip_longest(wanted, ordered)
    return tuple(chain.from_iterable(_detail_changes(fields, record, cleared) for fields, record in pairs))


def standing(body: Record, record: Record) -> dict[str, Any]:
    """Return what a record holds where a body would change it, in the body's own shape.

    A line that would be added has nothing that stands; one that would be removed stands whole, as far as we
    manage it.
    """
    details = {str(detail["id"]): detail for detail in record.get("details") or ()}
    stands = {name: record.get(name) for name in body if name != "details_attributes"}
    lines = [_standing_line(line, details) for line in body.get("details_attributes", ())]
    return {**stands, "details_attributes": lines} if lines else stands


def _standing_line(line: Record, details: Mapping[str, Record]) -> dict[str, Any]:
    detail = details.get(line.get("id", ""))
    if detail is None:
        return {}
    names = DetailFields.model_fields.keys() if line.get("_destroy") else line
    return {name: _shown(detail, name) for name in names if name in detail}


def _detail_changes(
    wanted: DetailFields | None, record: Record | None, cleared: Collection[str]
) -> Sequence[DetailFields]:
    if record is None:
        assert wanted is not None  # noqa: S101  # zip_longest: one of both is there
        return (wanted,)
    removed = DetailFields(id=str(record["id"]), destroy=True)
    if wanted is None:
        return (removed,)
    if any(getattr(wanted, name) is None and record.get(name) for name in cleared):
        return (removed, wanted)  # an id cannot be cleared: Moneybird's description wants digits
    change = _detail_change(wanted, record)
    return () if change is None else (change,)


def _detail_change(wanted: DetailFields, record: Record) -> DetailFields | None:
    differing = {
        name: value
        for name, value in wanted
        if value is not None and name != "row_order" and not _same(name, value, _shown(record, name))
    }
    return DetailFields(id=str(record["id"]), **differing) if differing else None


def _shown(record: Record, name: str) -> Any:  # noqa: ANN401  # any JSON value
    """Return a detail's value; its quantity is a free text, and a number beside it."""
    if name == "amount" and record.get("amount_decimal") is not None:
        return record["amount_decimal"]
    return record.get(name)


def _same(name: str, wanted: object, shown: object) -> bool:
    if name in _NUMBERS:
        return _number(shown) == wanted
    if isinstance(wanted, bool):
        return shown is wanted
    return str(shown if shown is not None else "") == str(wanted)


def _number(shown: object) -> Decimal | None:
    try:
        return Decimal(str(shown).replace(",", "."))
    except InvalidOperation:
        return None
