"""An invoice parks, its bookkeeper maps its codes on the page, and it is booked; and what is refused."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounting_sync.webhooks.events import Status
from tests.e2e.pages import PHONE, WIDE, check, link_of, needs_chromium, signed_in
from tests.local_stack import connection
from tests.local_stack.samples.outcomes import Outcomes
from tests.local_stack.samples.webhooks import WebhookSender, encoded
from tests.local_stack.stack import LocalStack
from tests.simulators.moment import samples

pytestmark = needs_chromium

NAME, SECONDS = "mapper", 30
INVOICE, NUMBER = 106991042, "1042"
HIGH, LOW, REVERSE = "496081347565061258", "496081347576595595", "496081347578692749"
PURCHASE_HIGH = "496081347580789901"
UNMAPPED = {
    code: rate for code, rate in connection.BOOKING_SETTINGS["vat"].items() if code == samples.VAT_LOW
}
"""What is left of the VAT codes: those of the invoice are not among them."""

type Settings = dict[str, Any]


@pytest.fixture(scope="module")
def parked(stack: LocalStack) -> str:
    """Return the event of invoice 1042, which waits for two VAT codes."""
    connection.put_connection(stack.aws, NAME, connection.demo_secret(stack.description.credentials))
    book_by(stack, vat=UNMAPPED)
    lines = [
        samples.Line("Synthetic: consultancy", "10", "95.00"),
        samples.Line("Synthetic: EU service", "1", "500.00", samples.VAT_REVERSE),
    ]
    place = f"{stack.moment.simulator_url}/_simulator/state/invoices"
    invoice = samples.invoice(INVOICE, int(NUMBER), lines)
    requests.post(place, json=invoice, timeout=SECONDS).raise_for_status()
    url = f"{stack.description.api_url}/webhooks/{NAME}/moment/invoices"
    body = encoded({"event": "UPDATE", "invoice": {"id": INVOICE}})
    event_id = str(WebhookSender(stack.description).post(url, body).json()["event_id"])
    assert Outcomes(stack).final_event(event_id).status == Status.PARKED
    return event_id


@pytest.fixture
def unmapped(stack: LocalStack, parked: str) -> Iterator[str]:
    """Have the invoice's codes unmapped, whatever a test before has saved."""
    book_by(stack, vat=UNMAPPED)
    yield parked


def book_by(stack: LocalStack, **changed: object) -> None:
    """Change the booking settings behind the page's back."""
    settings = json.dumps({**connection.BOOKING_SETTINGS, **changed})
    name = f"/{connection.PREFIX}{NAME}"
    stack.aws.ssm.put_parameter(Name=name, Type="String", Value=settings, Overwrite=True)


def settings_of(stack: LocalStack) -> Settings:
    stored = stack.aws.ssm.get_parameter(Name=f"/{connection.PREFIX}{NAME}")["Parameter"]["Value"]
    return dict(json.loads(stored))


def mapping_page(stack: LocalStack, context: BrowserContext) -> Page:
    """Sign in, and go to the mapping."""
    page = signed_in(context, link_of(stack, NAME))
    page.get_by_role("link", name="Mapping").click()
    expect(page.get_by_role("heading", name="Mapping", level=1)).to_be_visible()
    return page


def form_of(page: Page) -> dict[str, str | float | bool]:
    """Return what the browser would send of the form."""
    found = page.evaluate("Object.fromEntries(new FormData(document.querySelector('form.mapping')))")
    return dict(found)


def test_suggestion_is_chosen_and_not_stored(
    stack: LocalStack, context: BrowserContext, unmapped: str
) -> None:
    page = mapping_page(stack, context)

    select = page.get_by_label("VAT code H21, invoices and offers")
    expect(select).to_have_value(HIGH)
    expect(select).to_have_accessible_description("Suggested, not saved yet")
    expect(page.get_by_label("VAT code R0, invoices and offers")).to_have_value("")
    assert settings_of(stack)["vat"] == UNMAPPED


def test_who_looks_has_no_form_and_cannot_make_one(
    stack: LocalStack, context: BrowserContext, unmapped: str
) -> None:
    page = signed_in(context, link_of(stack, NAME, "look"))
    page.goto(f"{stack.description.console_url}/mapping")
    token = page.locator("input[name=form_token]").first.input_value()
    form: dict[str, str | float | bool] = {"form_token": token, "vat:H21": HIGH}

    answer = context.request.post(f"{stack.description.console_url}/mapping", form=form)

    expect(page.get_by_role("combobox")).to_have_count(0)
    assert answer.status == 403
    assert settings_of(stack)["vat"] == UNMAPPED


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"form_token": "0" * 64}, 403),
        ({"fingerprint": "0" * 64}, 409),
        ({"vat:R0": "1"}, 422),
        ({"vat:R0": PURCHASE_HIGH}, 422),
    ],
    ids=["forged", "stale", "no-such-rate", "rate-for-purchases"],
)
def test_form_that_must_not_be_saved_changes_nothing(
    stack: LocalStack, context: BrowserContext, unmapped: str, changed: dict[str, str], status: int
) -> None:
    form = form_of(mapping_page(stack, context)) | changed

    answer = context.request.post(f"{stack.description.console_url}/mapping", form=form)

    assert answer.status == status
    assert settings_of(stack)["vat"] == UNMAPPED


def test_form_of_another_connection_changes_nothing_there_or_here(
    stack: LocalStack, context: BrowserContext, browser: Browser, unmapped: str
) -> None:
    theirs = form_of(mapping_page(stack, context)) | {"connection": NAME}

    with browser.new_context() as elsewhere:
        page = signed_in(elsewhere, link_of(stack, connection.NAME))
        own = page.locator("input[name=form_token]").first.input_value()
        for token, status in ((theirs["form_token"], 403), (own, 409)):
            form = theirs | {"form_token": token}
            answer = elsewhere.request.post(f"{stack.description.console_url}/mapping", form=form)
            assert answer.status == status

    assert settings_of(stack)["vat"] == UNMAPPED


def test_settings_that_somebody_else_changed_meanwhile_stay(
    stack: LocalStack, context: BrowserContext, unmapped: str
) -> None:
    page = mapping_page(stack, context)
    book_by(stack, vat=UNMAPPED, dry_run=True)
    page.get_by_label("VAT code R0, invoices and offers").select_option(label="Btw verlegd · 0%")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text("somebody else has changed the settings meanwhile")
    check(page, "mapping-stale", WIDE)
    assert settings_of(stack) == {**connection.BOOKING_SETTINGS, "vat": UNMAPPED, "dry_run": True}


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_page_fits_and_can_be_used_by_everybody(
    stack: LocalStack,
    browser: Browser,
    unmapped: str,
    size: tuple[int, int],
    language: str,
) -> None:
    with browser.new_context(locale=language) as context:
        page = context.new_page()
        page.goto(link_of(stack, NAME))
        page.locator("main button").click()
        book_by(stack, vat=UNMAPPED | {"X7": "1"}, default_ledger_account="2")
        page.goto(f"{stack.description.console_url}/mapping")
        check(page, f"mapping-{language}", size)
        page.emulate_media(media="print")
        expect(page.locator("select").first).to_be_visible()
        page.emulate_media(media="screen")

        page.locator("select[name='purchase_vat:R0']").select_option(index=1)
        page.locator("form.mapping button").click()
        expect(page.get_by_role("alert")).to_be_visible()
        check(page, f"mapping-refused-{language}", size)


def test_bookkeeper_maps_what_an_invoice_waits_for_and_it_is_booked(
    stack: LocalStack, context: BrowserContext, unmapped: str, outcomes: Outcomes
) -> None:
    page = signed_in(context, link_of(stack, NAME))
    page.get_by_role("link", name="Needs you").click()
    waiting = page.locator(".card").filter(has_text=NUMBER)
    expect(waiting).to_contain_text("is not mapped")

    waiting.get_by_role("link", name="Map VAT codes and accounts").click()
    expect(page.get_by_text("Documents that wait for a mapping: 1.")).to_be_visible()
    by_keyboard(page, "VAT code R0, invoices and offers", "Btw verlegd")
    expect(page.get_by_label("VAT code R0, invoices and offers")).to_have_value(REVERSE)
    page.get_by_role("button", name="Save").press("Enter")
    expect(page.get_by_role("status")).to_have_text("Saved. Settings changed: 2.")
    check(page, "mapping-saved", PHONE)
    page.get_by_role("link", name="Try them again under Needs you").click()
    page.get_by_role("row").filter(has_text=NUMBER).get_by_role("button", name="Try again").click()

    expect(page.get_by_role("status")).to_have_text("Sent through once more: 1.")
    assert outcomes.final_event(unmapped).status == Status.SYNCED
    (booked,) = booked_as(stack, NUMBER)
    assert [line["tax_rate_id"] for line in booked["details"]] == [HIGH, REVERSE]
    mapped = {"H21": {"tax_rate_id": HIGH}, "R0": {"tax_rate_id": REVERSE}}
    assert settings_of(stack) == {**connection.BOOKING_SETTINGS, "vat": UNMAPPED | mapped}
    page.get_by_role("link", name="Activity").click()
    done = page.get_by_role("row").filter(has_text="Ada changed the mapping").first
    expect(done).to_contain_text(f"vat.R0.tax_rate_id: - → Btw verlegd · 0% ({REVERSE})")
    check(page, "activity-mapping", PHONE)


def by_keyboard(page: Page, label: str, typed: str) -> None:
    """Choose an option by typing how it begins, as people do who use no mouse."""
    page.get_by_label(label).focus()
    page.keyboard.type(typed)


def booked_as(stack: LocalStack, reference: str) -> list[dict[str, Any]]:
    """Return what the simulated Moneybird has under a reference."""
    url = f"{stack.moneybird.simulator_url}/_simulator/state/external_sales_invoices"
    found = requests.get(url, timeout=SECONDS).json()
    return [invoice for invoice in found if invoice["reference"] == reference]
