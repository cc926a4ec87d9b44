"""Taking the books of a year away: the bytes of the command line, or words that say why not."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from console import books
from operations.exports import year_pages
from tests.harness.console import Answer, Browser, ConsoleWorld
from tests.harness.exports import CREDIT, INVOICE, Exporting
from tests.harness.world import CONNECTION
from tests.simulators.moment import samples

COMMANDS = {
    "csv": ["reconciliation"],
    "xlsx": ["reconciliation", "--format", "xlsx"],
    "hledger": ["hledger"],
    "beancount": ["beancount"],
}
NAMES = {
    "csv": f"reconciliation-{CONNECTION}-2026.csv",
    "xlsx": f"reconciliation-{CONNECTION}-2026.xlsx",
    "hledger": f"books-{CONNECTION}-2026.journal",
    "beancount": f"books-{CONNECTION}-2026.beancount",
}


@pytest.fixture(scope="module")
def booked() -> Iterator[ConsoleWorld]:
    """An invoice of two VAT rates and a credit note are booked; no test here changes that."""
    with mock_aws():
        world = ConsoleWorld.made()
        for invoice in (samples.TWO_VAT_RATES, samples.CREDIT_NOTE):
            world.sync.sync("invoice", invoice)
        yield world


def export(browser: Browser, **form: str) -> Answer:
    token = browser.get("exports").form_token
    return browser.post("export", **{"year": "2026", "form_token": token, **form})


def signed_in(world: ConsoleWorld, role: str = "look") -> Browser:
    browser = world.browser()
    browser.sign_in(role=role)
    return browser


@pytest.mark.parametrize("file", COMMANDS)
def test_page_gives_the_bytes_of_the_command_line(booked: ConsoleWorld, tmp_path: Path, file: str) -> None:
    written = tmp_path / "written"
    said = Exporting(booked.sync).run(*COMMANDS[file], "--output", str(written))
    assert said.exit_code == 0, said.output

    answer = export(signed_in(booked), file=file)

    assert answer.status == 200
    assert answer.content == written.read_bytes()
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{NAMES[file]}"'
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_file_says_what_it_is(booked: ConsoleWorld) -> None:
    browser = signed_in(booked)

    types = {file: export(browser, file=file).headers["Content-Type"].partition(";")[0] for file in COMMANDS}

    assert types == {
        "csv": "text/csv",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "hledger": "text/plain",
        "beancount": "text/plain",
    }


def test_every_export_is_in_the_audit_trail(booked: ConsoleWorld) -> None:
    browser = signed_in(booked)

    export(browser, file="csv")

    assert "Ada exported the reconciliation" in browser.get("activity").body
    assert "2026 csv" in browser.get("activity").body


@pytest.mark.parametrize(
    "form", [{"file": "pdf"}, {"file": "csv", "year": "1999"}, {"file": "csv", "year": "x"}, {"file": ""}]
)
def test_what_cannot_be_exported_is_refused_and_not_asked(booked: ConsoleWorld, form: dict[str, str]) -> None:
    before = booked.sync.moneybird.requests.matching()

    answer = export(signed_in(booked), **form)

    assert answer.status == 400
    assert "There is no such export" in answer.body
    assert len(booked.sync.moneybird.requests.matching()) == len(before)


@pytest.mark.parametrize("action", ["export", "order-audit-file", "fetch-audit-file"])
def test_forged_forms_export_nothing(booked: ConsoleWorld, action: str) -> None:
    browser = signed_in(booked, "repair")
    form = {"file": "csv", "year": "2026", "version": "3.2", "known": ""}

    assert browser.post(action, **form, form_token="0" * 64).status == 403
    assert booked.browser().post(action, **form).status == 401


def test_another_connection_gets_its_own_books(booked: ConsoleWorld) -> None:
    browser = booked.browser()
    browser.sign_in(connection="other")

    rows = export(browser, file="csv", connection=CONNECTION).content.decode().splitlines()

    assert len(rows) == 1  # the columns' names


def test_year_that_takes_too_long_names_the_command_that_can(
    booked: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(year_pages, "AT_ONCE", 1)
    asked = booked.functions.exporting

    def slow(request: dict[str, Any]) -> dict[str, Any]:
        booked.sync.clock.advance(timedelta(seconds=10))
        return asked(request)

    monkeypatch.setattr(booked.functions, "exporting", slow)

    answer = export(signed_in(booked), file="xlsx")

    assert (answer.status, answer.is_base64) == (503, False)
    command = f"accounting-sync export reconciliation --format xlsx -c {CONNECTION} --year 2026"
    assert command in answer.body


def test_names_of_accounts_are_not_asked_for_when_time_is_up(
    booked: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, tasks = booked.functions.exporting, []

    def slow(request: dict[str, Any]) -> dict[str, Any]:
        tasks.append(request["task"])
        booked.sync.clock.advance(books.TIME)
        return asked(request)

    monkeypatch.setattr(booked.functions, "exporting", slow)

    assert export(signed_in(booked), file="hledger").status == 503
    assert set(tasks) == {"exports.journal"}


@pytest.mark.parametrize("file", COMMANDS)
def test_file_that_is_too_large_for_an_answer_is_not_cut_off(
    booked: ConsoleWorld, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    monkeypatch.setattr(books, "LARGEST", 100)

    answer = export(signed_in(booked), file=file)

    assert answer.status == 503
    assert "--year 2026" in answer.body


def test_largest_file_fits_into_what_lambda_may_answer() -> None:
    assert books.LARGEST * 4 / 3 < 6_291_556 - 10_000  # Lambda's limit, less headers


def test_what_a_journal_leaves_out_is_told_before_it_is_taken(
    booked: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = booked.functions.exporting

    def incomplete(request: dict[str, Any]) -> dict[str, Any]:
        answer = asked(request)
        return answer | {"problems": ["Invoice 9 has no <date>."]} if "entries" in answer else answer

    monkeypatch.setattr(booked.functions, "exporting", incomplete)
    browser = signed_in(booked)

    told = export(browser, file="beancount")
    taken = export(browser, file="beancount", incomplete="yes")

    assert (told.status, told.is_base64) == (200, False)
    assert "Invoice 9 has no &lt;date&gt;." in told.body
    assert INVOICE in taken.content.decode()
    assert CREDIT in taken.content.decode()


def test_moneybirds_limit_is_told_and_nothing_is_given(
    booked: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = signed_in(booked)
    refusal = {"error": "unavailable", "message": "Its limit is used up. Try again."}
    monkeypatch.setattr(booked.functions, "exporting", lambda _: refusal)

    answer = export(browser, file="csv")

    assert (answer.status, answer.is_base64) == (503, False)
    assert "Its limit is used up. Try again." in answer.body


def test_audit_file_is_ordered_asked_for_and_linked_to(
    booked: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    Exporting(booked.sync).fetch_from_simulator(monkeypatch)
    booked.sync.moneybird.state.change_settings({"download_delay_seconds": 40})
    browser = signed_in(booked, "repair")
    token = browser.get("exports").form_token

    ordered = browser.post("order-audit-file", year="2026", version="4.0", form_token=token)
    known = ordered.body.partition('name="known" value="')[2].partition('"')[0]
    early = browser.post("fetch-audit-file", known=known, form_token=token)
    booked.sync.pass_time(seconds=60)
    ready = browser.post("fetch-audit-file", known=known, form_token=token)

    assert "Moneybird is making the audit file." in ordered.body
    assert "not ready yet" in early.body
    assert 'rel="noreferrer">Fetch the audit file</a>' in ready.body
    trail = browser.get("activity").body
    assert "Ada ordered Moneybird&#39;s audit file" in trail
    assert trail.count("Ada fetched Moneybird&#39;s audit file") == 1
    booked.sync.moneybird.state.change_settings({"download_delay_seconds": 0})


def test_address_of_an_audit_file_that_is_no_https_is_not_shown(
    booked: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {"ready": True, "id": "1", "url": "javascript:alert(1)"}
    monkeypatch.setattr(booked.functions, "exporting", lambda _: found)
    browser = signed_in(booked, "repair")

    answer = browser.post("fetch-audit-file", known="", form_token=browser.get("overview").form_token)

    assert answer.status == 503
    assert "javascript" not in answer.body


def test_who_only_looks_exports_and_orders_no_audit_file(booked: ConsoleWorld) -> None:
    browser = signed_in(booked)
    token = browser.get("exports").form_token

    assert "order-audit-file" not in browser.get("exports").body
    assert "order-audit-file" in signed_in(booked, "repair").get("exports").body
    for action in ("order-audit-file", "fetch-audit-file"):
        assert browser.post(action, year="2026", version="3.2", known="", form_token=token).status == 403


def test_files_hold_no_names(booked: ConsoleWorld) -> None:
    browser = signed_in(booked)
    contacts = booked.sync.moneybird.state.all("contacts")
    names = {contact["company_name"] or contact["lastname"] for contact in contacts}
    assert names

    for file in ("csv", "hledger", "beancount"):
        written = export(browser, file=file).content.decode()
        assert [name for name in names if name in written] == []
