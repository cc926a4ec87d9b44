"""The demo connection: its secret and its booking settings, as a user would make them."""

import json
from typing import Any

from tests.local_stack.aws import LocalAws
from tests.local_stack.description import StackCredentials
from tests.simulators.moment import samples

NAME = "demo"
PREFIX = "accounting-sync/"
EMPLOYEES_CONTACT = {"id": "496081458090000001", "company_name": "Synthetic employees"}
"""The contact at Moneybird in whose name claims are booked."""
BOOKING_SETTINGS: dict[str, Any] = {
    "vat": {
        samples.VAT_HIGH: {"tax_rate_id": "496081347565061258", "purchase_tax_rate_id": "496081347580789901"},
        samples.VAT_LOW: {"tax_rate_id": "496081347576595595", "purchase_tax_rate_id": "496081347582887054"},
        samples.VAT_REVERSE: {"tax_rate_id": "496081347578692749"},
    },
    "ledger_accounts": {
        samples.ACCOUNT_SERVICES: "496081347348006011",
        samples.ACCOUNT_TRAVEL: "496081347348006012",
        samples.ACCOUNT_COSTS: "496081347348006005",
    },
    "expense": {"contact_id": EMPLOYEES_CONTACT["id"]},
    "attach_pdf": True,
    "moment_pdf_path": "invoices/{id}/pdf",
}
"""From the simulated Moment company's codes to the ids in the simulated administration."""


def put_secret(aws: LocalAws, credentials: StackCredentials) -> None:
    """Create or replace the connection's secret."""
    text = json.dumps(secret(credentials))
    try:
        aws.secrets.create_secret(Name=PREFIX + NAME, SecretString=text)
    except aws.secrets.exceptions.ResourceExistsException:
        aws.secrets.put_secret_value(SecretId=PREFIX + NAME, SecretString=text)


def put_booking_settings(aws: LocalAws, settings: dict[str, Any]) -> None:
    """Create or replace the connection's booking settings."""
    aws.ssm.put_parameter(Name=f"/{PREFIX}{NAME}", Type="String", Value=json.dumps(settings), Overwrite=True)


def secret(credentials: StackCredentials) -> dict[str, Any]:
    """Return what the secret holds; `accounting_sync.connections.ConnectionSecret` is its full shape."""
    basic_auth = [{"username": credentials.username, "password": credentials.password}]
    return {
        "moneybird": {
            "administration_id": credentials.administration_id,
            "api_token": credentials.moneybird_api_token,
            "basic_auth": basic_auth,
            "webhook_secrets": [credentials.moneybird_secret],
            "webhook_tokens": [credentials.moneybird_token],
        },
        "moment": {
            "company": credentials.moment_company,
            "api_key": credentials.moment_api_key,
            "basic_auth": basic_auth,
        },
    }
