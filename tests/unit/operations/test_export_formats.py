"""Exports as files: what a spreadsheet shows, and what an audit file is read as."""

import io
from datetime import date
from decimal import Decimal
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.accounting.documents import DocumentState
from operations.api.exports import (
    Chart,
    Entry,
    NamedAccount,
    Paid,
    ReconciliationRow,
    Revenue,
    Side,
    Vat,
    Verdict,
)
from operations.formats.audit_file import UnreadableError, compare, read_audit_file
from operations.formats.reconciliation_table import table_of, write_csv
from operations.formats.transactions import RECEIVABLE, Accounts, transactions_of
from operations.formats.workbook import workbook_of

DAY = date(2026, 1, 5)
CENTS = st.integers(-(10**9), 10**9).map(lambda cents: Decimal(cents) / 100)


def entry(number: str = "2026-1", gross: str = "121.00", currency: str = "EUR") -> Entry:
    return Entry(
        moneybird_type="ExternalSalesInvoice",
        moneybird_id=number,
        number=number,
        date=DAY,
        currency=currency,
        state=DocumentState.OPEN,
        gross=Decimal(gross),
        revenue=(),
        vat=(),
    )


def audit_file(number: str = "2026-1", amount: str = "121.00", *, container: bool = False) -> bytes:
    lines = "".join(
        f"<trLine><nr>{place}</nr><docRef>{number}</docRef><amnt>{amount}</amnt><amntTp>{kind}</amntTp></trLine>"
        for place, kind in enumerate("DC", start=1)
    )
    inner = f"<trLines>{lines}</trLines>" if container else lines
    return (
        '<auditfile xmlns="urn:any"><header><fiscalYear>2026</fiscalYear><curCode>EUR</curCode></header>'
        f"<transactions><journal><transaction><nr>7</nr>{inner}</transaction></journal></transactions>"
        "</auditfile>"
    ).encode()


@pytest.mark.parametrize("container", [False, True], ids=["3.2", "4.0"])
def test_an_audit_file_says_its_year_its_totals_and_who_is_named(container: bool) -> None:
    books = read_audit_file(io.BytesIO(audit_file(container=container)))

    assert (books.year, books.currency, books.transactions) == ("2026", "EUR", 1)
    assert books.debit == books.credit == Decimal("121.00")
    assert books.amounts["2026-1"] == {Decimal("121.00"), Decimal("-121.00")}


def test_entries_are_found_missing_differing_or_not_comparable() -> None:
    books = read_audit_file(io.BytesIO(audit_file()))

    assert compare([entry()], books).found == 1
    assert compare([entry("7")], books).missing == ("7",)  # the transaction's own number is no invoice's
    assert compare([entry(gross="121.01")], books).differing == ("2026-1",)
    assert compare([entry(currency="USD")], books).not_compared == ("2026-1",)


BOMB = (
    b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + each, b"&%c;" % (97 + each) * 20) for each in range(8))
    + b"]><auditfile>&i;</auditfile>"
)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not XML",
        b"<html></html>",
        audit_file(amount="much"),
        BOMB,
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><auditfile>&x;</auditfile>',
    ],
    ids=["empty", "text", "page", "amount", "bomb", "external"],
)
def test_what_is_no_audit_file_is_refused(content: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_audit_file(io.BytesIO(content))


def row(number: str, gross: str = "121", currency: str = "EUR") -> ReconciliationRow:
    side = Side(id=number, date=DAY, currency=currency, gross=Decimal(gross))
    return ReconciliationRow(
        number=number, moment=side, moneybird=side, difference=Decimal(0), verdict=Verdict.AGREES
    )


@pytest.mark.parametrize("number", ["=1+1", "+1", "-1", "@a", "\t=1"])
def test_a_text_is_never_a_formula(number: str) -> None:
    file = io.StringIO()
    write_csv(table_of([row(number)]), file)

    sheet = ZipFile(io.BytesIO(workbook_of(["number"], [(number,)]))).read("xl/worksheets/sheet1.xml")

    assert file.getvalue().splitlines()[1].lstrip('"').startswith(f"'{number}")
    assert b"<f>" not in sheet


@pytest.mark.parametrize(("currency", "said"), [("EUR", "121.00"), ("JPY", "121"), ("KWD", "121.000")])
def test_amounts_have_the_decimals_of_their_currency(currency: str, said: str) -> None:
    file = io.StringIO()
    write_csv(table_of([row("1", currency=currency)]), file)

    assert f",{said}," in file.getvalue()


@pytest.mark.parametrize("amount", ["9.95", "0.1", "-1234567890123.45", "12345678901234567.89"])
def test_amounts_in_a_workbook_are_exact(amount: str) -> None:
    book = ZipFile(io.BytesIO(workbook_of(["amount"], [(Decimal(amount),)])))

    sheet, texts = (book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "sharedStrings"))
    assert f"<v>{amount}</v>" in sheet or f"<t>{amount}</t>" in texts


@given(st.lists(CENTS, max_size=4), st.lists(CENTS, max_size=3), CENTS, st.lists(CENTS, max_size=3))
def test_every_transaction_adds_up_to_zero(
    revenue: list[Decimal], vat: list[Decimal], rounding: Decimal, paid: list[Decimal]
) -> None:
    gross = sum((*revenue, *vat, rounding), Decimal(0))
    made = entry().model_copy(
        update={
            "gross": gross,
            "rounding": rounding,
            "revenue": tuple(Revenue(ledger_account_id="1", tax_rate_id="2", net=each) for each in revenue),
            "vat": tuple(Vat(tax_rate_id=str(place), amount=each) for place, each in enumerate(vat)),
            "payments": tuple(Paid(id=str(place), date=DAY, amount=each) for place, each in enumerate(paid)),
        }
    )

    transactions = transactions_of([made], Accounts.of(Chart()))

    assert all(sum(posting.amount for posting in each.postings) == 0 for each in transactions)
    owed = [each.amount for made in transactions for each in made.postings if each.account == RECEIVABLE]
    assert sum(owed, Decimal(0)) == gross - sum(paid, Decimal(0))


def test_accounts_of_one_name_are_told_apart() -> None:
    same = tuple(NamedAccount(id=each, number="8000", name="Omzet") for each in ("1", "2"))
    accounts = Accounts.of(Chart(accounts=(*same, NamedAccount(id="3", number="8100", name="Réis & co"))))

    names = [accounts.of_revenue(each) for each in ("1", "2", "3", "4")]

    assert names == ["Income:8000-Omzet-1", "Income:8000-Omzet-2", "Income:8100-Reis-co", "Income:4"]
