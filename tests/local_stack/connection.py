"""The connections of the local stack: secret and booking settings, as a user would make them."""

import json
from typing import Any

from tests.local_stack.aws.local_aws import LocalAws
from tests.local_stack.description import StackCredentials
from tests.local_stack.samples import envelopes
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


def put_connection(aws: LocalAws, name: str, secret: dict[str, Any]) -> None:
    """Create or replace a connection: its secret and its booking settings."""
    text = json.dumps(secret)
    try:
        aws.secrets.create_secret(Name=PREFIX + name, SecretString=text)
    except aws.secrets.exceptions.ResourceExistsException:
        aws.secrets.put_secret_value(SecretId=PREFIX + name, SecretString=text)
    settings = json.dumps(BOOKING_SETTINGS)
    aws.ssm.put_parameter(Name=f"/{PREFIX}{name}", Type="String", Value=settings, Overwrite=True)


def demo_secret(credentials: StackCredentials) -> dict[str, Any]:
    """Return a secret with all that webhooks can be checked by; `ConnectionSecret` is its full shape."""
    secret = _secret(credentials, credentials.username, credentials.password)
    secret["moneybird"] |= {
        "webhook_secrets": [credentials.moneybird_secret],
        "webhook_tokens": [credentials.moneybird_token],
    }
    return secret


def sample_secret(credentials: StackCredentials) -> dict[str, Any]:
    """Return the secret of the connection that the files in `events/sam-local` are for: HTTP Basic alone."""
    return _secret(credentials, envelopes.USERNAME, envelopes.PASSWORD)


def _secret(credentials: StackCredentials, username: str, password: str) -> dict[str, Any]:
    basic_auth = [{"username": username, "password": password}]
    return {
        "moneybird": {
            "administration_id": credentials.administration_id,
            "api_token": credentials.moneybird_api_token,
            "basic_auth": basic_auth,
        },
        "moment": {
            "company": credentials.moment_company,
            "api_key": credentials.moment_api_key,
            "basic_auth": basic_auth,
        },
    }
