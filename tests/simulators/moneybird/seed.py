"""Reference data of a fresh administration: VAT rates and ledger accounts of a small Dutch company."""

from typing import Any

TAX_RATES = {  # id -> name, percentage, type; the ids are fixed so that booking settings can name them
    "496081347565061258": ("21% btw", "21.0", "sales_invoice"),
    "496081347576595595": ("9% btw", "9.0", "sales_invoice"),
    "496081347578692748": ("0% btw", "0.0", "sales_invoice"),
    "496081347578692749": ("Btw verlegd", "0.0", "sales_invoice"),
    "496081347578692750": ("Export buiten de EU", "0.0", "sales_invoice"),
    "496081347578692751": ("Vrijgesteld van btw", "0.0", "sales_invoice"),
    "496081347580789901": ("21% btw", "21.0", "purchase_invoice"),
    "496081347582887054": ("9% btw", "9.0", "purchase_invoice"),
    "496081347582887055": ("0% btw", "0.0", "purchase_invoice"),
}
DEFAULT_TAX_RATES = {"sales_invoice": "496081347565061258", "purchase_invoice": "496081347580789901"}

_SALES = ["sales_invoice", "financial_mutation", "general_journal_document"]
_PURCHASE = ["purchase_invoice", "financial_mutation", "general_journal_document"]
LEDGER_ACCOUNTS: dict[str, tuple[str, str, str, list[str]]] = {
    # id -> name, account type, number, where it may be used. Two have the numbers of the simulated Moment.
    "496081347348006010": ("Omzet", "revenue", "80000", _SALES),
    "496081347348006011": ("Omzet diensten", "revenue", "8000", _SALES),
    "496081347348006012": ("Omzet reiskosten", "revenue", "8200", _SALES),
    "496081347348006005": ("Algemene kosten", "expenses", "46801.01", _PURCHASE),
    "496081347348006009": ("Reis- en verblijfkosten", "expenses", "45200", _PURCHASE),
    "496081347379463299": ("Debiteuren", "current_assets", "13000", ["general_journal_document", "payment"]),
}
DEFAULT_LEDGER_ACCOUNTS = {
    "sales_invoice": "496081347348006010",
    "purchase_invoice": "496081347348006005",
}
DEBTORS_LEDGER_ACCOUNT = "496081347379463299"


def reference_data(administration: int, now: str) -> dict[str, list[dict[str, Any]]]:
    """Give the seeded objects by collection."""
    common = {"administration_id": administration, "created_at": now, "updated_at": now}
    return {
        "tax_rates": [_tax_rate(rate_id) | common for rate_id in TAX_RATES],
        "ledger_accounts": [_ledger_account(account_id) | common for account_id in LEDGER_ACCOUNTS],
    }


def _tax_rate(rate_id: str) -> dict[str, Any]:
    name, percentage, kind = TAX_RATES[rate_id]
    return {
        "id": rate_id,
        "name": name,
        "percentage": percentage,
        "tax_rate_type": kind,
        "show_tax": True,
        "active": True,
        "country": None,
    }


def _ledger_account(account_id: str) -> dict[str, Any]:
    name, account_type, number, allowed = LEDGER_ACCOUNTS[account_id]
    return {
        "id": account_id,
        "name": name,
        "account_type": account_type,
        "account_id": number,
        "parent_id": None,
        "active": True,
        "allowed_document_types": allowed,
        "taxonomy_item": {
            "taxonomy_version": "3.5",
            "code": f"SIM{number}",
            "name": name,
            "name_english": None,
            "reference": number,
        },
        "financial_account_id": None,
    }
