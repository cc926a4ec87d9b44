"""Booking settings as they are written: read, told apart, and changed in what codes are booked as."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from accounting_sync.connections.booking_settings import BookingSettings, parse_settings
from operations.administration.credentials import ConnectionFiles
from operations.api.mapping import ChangeMapping

SALES, PURCHASE = "tax_rate_id", "purchase_tax_rate_id"
"""Keys of a VAT code's settings."""

type Settings = dict[str, Any]
"""Booking settings as they are written; `BookingSettings` says what they mean."""


def parsed(files: ConnectionFiles, connection: str, settings: Settings) -> BookingSettings:
    """Read settings as the sync does; raises ParkedError if they cannot be used."""
    return parse_settings(json.dumps(settings), files.settings_name(connection))


def fingerprint(settings: Settings) -> str:
    """Return what tells these settings from others; how the JSON is laid out does not matter."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def changed(settings: Settings, change: ChangeMapping) -> Settings:
    """Return settings with a change; what it does not name is as it was written."""
    result = dict(settings)
    _change_vat(result, SALES, change.vat)
    _change_vat(result, PURCHASE, change.purchase_vat)
    if change.ledger_accounts:
        accounts = dict(result.get("ledger_accounts", {}))
        for account, target in change.ledger_accounts.items():
            _put(accounts, account, target)
        result["ledger_accounts"] = accounts
    for key in ("default_ledger_account", "default_expense_account"):
        target = getattr(change, key)
        if target is not None:
            _put(result, key, target)
    return result


def _change_vat(settings: Settings, key: str, targets: Mapping[str, str]) -> None:
    if not targets:
        return
    codes = dict(settings.get("vat", {}))
    for code, target in targets.items():
        entry = _long_form(codes.get(code))
        _put(entry, key, target)
        if SALES in entry or PURCHASE in entry:
            codes[code] = entry
        else:  # what is left of it says nothing without a rate
            codes.pop(code, None)
    settings["vat"] = codes


def _long_form(entry: object) -> Settings:
    """Return a VAT code's settings by name; a rate alone is short for `{"tax_rate_id": rate}`."""
    if isinstance(entry, dict):
        return {name: value for name, value in entry.items() if value is not None}
    return {} if entry is None else {SALES: entry}


def _put(section: Settings, key: str, target: str) -> None:
    if target:
        section[key] = target
    else:
        section.pop(key, None)
