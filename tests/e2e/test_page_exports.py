"""Taking the books of a year away in a real browser, through the deployed stack and its rights."""

from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from typer.testing import CliRunner

from accounting_sync_cli.main import app
from accounting_sync_cli.stack import Function, Stack
from tests.e2e.pages import PHONE, WIDE, check, link_of, needs_chromium, signed_in
from tests.local_stack import connection
from tests.local_stack.samples.demonstration import Row
from tests.local_stack.samples.outcomes import eventually
from tests.local_stack.stack import LocalStack

pytestmark = needs_chromium

YEAR = "2026"
SIGN_IN = {"en": "Sign in", "nl": "Aanmelden"}
BUTTONS = {
    "CSV": (["reconciliation"], f"reconciliation-{connection.NAME}-{YEAR}.csv"),
    "Excel (XLSX)": (
        ["reconciliation", "--format", "xlsx"],
        f"reconciliation-{connection.NAME}-{YEAR}.xlsx",
    ),
    "hledger": (["hledger"], f"books-{connection.NAME}-{YEAR}.journal"),
    "Beancount": (["beancount"], f"books-{connection.NAME}-{YEAR}.beancount"),
}


@pytest.fixture
def exports(stack: LocalStack, demonstrated: list[Row], context: BrowserContext) -> Page:
    page = signed_in(context, link_of(stack, connection.NAME))
    page.get_by_role("link", name="Exports").click()
    expect(page.get_by_role("heading", name="Exports", level=1)).to_be_visible()
    return page


@pytest.mark.parametrize("button", BUTTONS)
def test_browser_keeps_the_bytes_of_the_command_line(
    stack: LocalStack, exports: Page, tmp_path: Path, button: str
) -> None:
    command, name = BUTTONS[button]
    written = tmp_path / "written"
    deployed = Stack(stack.aws.functions, {Function.EXPORT: stack.description.export_function})
    arguments = ["export", *command, "-c", connection.NAME, "--year", YEAR, "-o", str(written)]
    CliRunner().invoke(app, arguments, obj=deployed)
    for year in exports.get_by_label("Year").all():
        year.fill(YEAR)

    with exports.expect_download() as downloading:
        exports.get_by_role("button", name=button, exact=True).click()
        incomplete = exports.get_by_role("button", name="Take the file without them")
        if incomplete.is_visible():
            incomplete.click()

    kept = downloading.value
    assert kept.suggested_filename == name
    assert Path(kept.path()).read_bytes() == written.read_bytes()
    if button == "Excel (XLSX)":
        assert ZipFile(kept.path()).testzip() is None


def test_audit_file_is_ordered_and_fetched(exports: Page, context: BrowserContext) -> None:
    exports.get_by_label("Year").last.fill(YEAR)
    exports.get_by_role("button", name="Order the audit file").click()
    expect(exports.get_by_role("status")).to_have_text("Moneybird is making the audit file.")

    def asked() -> bool:
        exports.get_by_role("button").last.click()
        return exports.get_by_role("link", name="Fetch the audit file").is_visible()

    eventually(asked)
    address = exports.get_by_role("link", name="Fetch the audit file").get_attribute("href")
    assert address is not None
    assert context.request.get(address).body().startswith(b"<?xml")
    check(exports, "audit-file", PHONE)
    exports.get_by_role("link", name="Activity").click()
    expect(exports.get_by_role("rowheader", name="Ada fetched Moneybird's audit file").first).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("language", SIGN_IN)
def test_exports_fit_and_can_be_used_by_everybody(
    stack: LocalStack, browser: Browser, size: tuple[int, int], language: str
) -> None:
    with browser.new_context(locale=language) as made:
        page = made.new_page()
        page.goto(f"{stack.description.console_url}/sign-in")
        check(page, f"sign-in-without-link-{language}", size)
        page.goto(link_of(stack, connection.NAME))
        page.get_by_role("button", name=SIGN_IN[language]).click()
        page.goto(f"{stack.description.console_url}/exports")
        check(page, f"exports-{language}", size)
