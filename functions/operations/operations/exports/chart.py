"""The names of Moneybird's accounts and VAT rates: the ledger holds their ids alone."""

from accounting_sync.providers.moneybird.client import MoneybirdClient
from operations.api.exports import Chart, NamedAccount, NamedRate

SALES = "sales_invoice"
"""Moneybird's type of the rates of invoices; purchase rates often have the same names."""


def chart_of(client: MoneybirdClient) -> Chart:
    """Read the names, in three calls or so.

    Raises
    ------
    SyncError
        If Moneybird cannot be asked now.
    """
    administration = client.get_administration()
    accounts = (
        NamedAccount(id=each.id, number=each.account_id, name=each.name)
        for each in client.list_ledger_accounts()
    )
    rates = (
        NamedRate(id=each.id, name=each.name, percentage=each.percentage)
        for each in client.list_tax_rates()
        if each.tax_rate_type in {None, SALES}
    )
    return Chart(
        currency=administration.currency if administration else None,
        accounts=tuple(sorted(accounts, key=lambda each: each.id)),
        rates=tuple(sorted(rates, key=lambda each: each.id)),
    )
