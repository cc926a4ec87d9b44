"""A document's page: both sides of it, what happened to it, and repairing it."""

from urllib.parse import urlencode

import pytest

from accounting_sync.reasons.running import LEFT_ALONE
from accounting_sync.webhooks.events import Source, Status
from tests.harness.console import Browser, ConsoleWorld
from tests.harness.world import CONNECTION, SETTINGS
from tests.simulators.moment import samples

INVOICE = {"source": "moment", "kind": "invoice", "id": str(samples.DOCUMENTED_INVOICE)}


def signed_in(world: ConsoleWorld, language: str = "en", role: str = "repair") -> Browser:
    browser = world.browser(language)
    browser.sign_in(role)
    return browser


def token(browser: Browser) -> str:
    return browser.get("overview").form_token


def booked(world: ConsoleWorld) -> str:
    """Book an invoice, have Moneybird tell of it, and return its event."""
    event_id = world.sync.sync("invoice", samples.DOCUMENTED_INVOICE).event_id
    (invoice,) = world.sync.at_moneybird("external_sales_invoices")
    world.sync.pass_time(minutes=1)
    world.sync.sync("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)
    return event_id


def test_document_is_found_by_its_number_and_says_why_it_is_not_booked(world: ConsoleWorld) -> None:
    event_id = world.parked()
    browser = signed_in(world)

    found = browser.get("documents", number="1").body
    shown = browser.get("document", event=event_id).text

    assert f'href="document?source=moment&amp;kind=invoice&amp;id={samples.DOCUMENTED_INVOICE}"' in found
    assert "Invoice 1 Customer Synthetic Client B.V. Date 2026-01-05 Amount €1,149.50 State Open" in shown
    assert "VAT code without a VAT rate VAT code H21 is not mapped. What to do: Map the VAT code" in shown
    assert "It is not booked in Moneybird." in shown
    assert "No document has the number 2." in browser.get("documents", number="2").body


def test_page_works_by_the_entity_once_its_events_are_gone(world: ConsoleWorld) -> None:
    event_id = world.parked()
    table = world.sync.environment.events_table
    world.sync.aws.dynamodb.delete_item(TableName=table, Key={"event_id": {"S": event_id}})

    shown = signed_in(world).get("document", **INVOICE).body

    assert "<h1>Invoice 1</h1>" in shown
    assert "First recorded in the ledger" in shown
    assert 'action="try-document"' not in shown  # there is nothing left to send


def test_dutch_page_is_dutch_but_for_what_an_administrator_reads(world: ConsoleWorld) -> None:
    shown = signed_in(world, "nl").get("document", event=world.parked()).text

    assert "Factuur 1 Klant Synthetic Client B.V. Datum 2026-01-05 Bedrag € 1.149,50 Status Open" in shown
    assert "Btw-code H21 is niet gekoppeld aan een btw-tarief." in shown
    assert "De hele melding, voor uw beheerder (Engels) VAT code H21 is not mapped." in shown
    assert shown.count("VAT code H21") == 1


def test_both_sides_stand_beside_each_other_and_differences_are_marked_in_words(world: ConsoleWorld) -> None:
    event_id = booked(world)
    browser = signed_in(world)
    same = browser.get("document", event=event_id).text
    (invoice,) = world.sync.at_moneybird("external_sales_invoices")
    changed = {"id": invoice["id"], "date": "2026-01-09"}
    world.sync.moneybird.state.put("external_sales_invoices", changed, None)
    world.sync.pass_time(minutes=1)
    world.sync.sync("ExternalSalesInvoice", invoice["id"], Source.MONEYBIRD)

    shown = browser.get("document", event=event_id).text

    assert "Nothing differs between the two." in same
    assert "≠" not in same
    assert "VAT 21% €199.50 on €950.00 €199.50 on €950.00" in same
    assert "1 field differs. It is marked with ≠." in shown
    assert "Date ≠ differs 2026-01-05 2026-01-09" in shown
    theirs = {"source": "moneybird", "kind": "ExternalSalesInvoice", "id": invoice["id"]}
    assert "Date ≠ differs 2026-01-05 2026-01-09" in browser.get("document", **theirs).text


@pytest.mark.parametrize(
    ("url", "is_shown"), [("https://moment.example/invoices/1", True), ("javascript:alert(1)", False)]
)
def test_only_addresses_of_the_web_are_linked_and_hear_nothing_of_the_page(
    world: ConsoleWorld, url: str, *, is_shown: bool
) -> None:
    pattern = {"source_url": "https://moment.example/invoices/{number}"} if is_shown else {}
    world.sync.book_by({**SETTINGS, **pattern})
    if not is_shown:
        world.sync.moment.state.put("invoices", {"id": samples.DOCUMENTED_INVOICE, "webUrl": url}, None)

    shown = signed_in(world).get("document", event=booked(world)).body

    assert (f'<a href="{url}" rel="noreferrer">Open in Moment</a>' in shown) == is_shown
    assert "javascript:" not in shown


def test_timeline_is_told_in_words_with_what_people_did_newest_first(world: ConsoleWorld) -> None:
    event_id = booked(world)
    browser = signed_in(world)
    world.sync.pass_time(minutes=5)
    browser.post("try-document", event=event_id, form_token=token(browser))

    shown = browser.get("document", event=event_id).text
    story = shown[shown.index("Timeline") :]

    told = ["Ada tried it again", "Booked in Moneybird", "First recorded in the ledger", "Moment reported"]
    assert sorted(told, key=story.index) == told
    assert "SYNCED" not in shown
    assert "events.replay" not in shown


def test_document_of_another_connection_is_refused(world: ConsoleWorld) -> None:
    event_id = world.parked()
    browser = world.browser()
    browser.sign_in(connection="other")

    assert browser.get("document", event=event_id).status == 404
    assert "document?" not in browser.get("documents", number="1").body
    by_entity = browser.get("document", **INVOICE)
    assert "Nothing is known of this document." in by_entity.body
    assert "Synthetic Client" not in by_entity.body


def test_booked_document_is_unlinked_and_its_page_says_by_whom(world: ConsoleWorld) -> None:
    event_id = booked(world)
    browser = signed_in(world)

    answer = browser.post("unlink", event=event_id, form_token=token(browser))

    assert answer.headers["Location"] == f"document?{urlencode({'event': event_id, 'did': 'unlink'})}"
    (asked,) = world.functions.repairs
    expected = ("unlink", CONNECTION, str(samples.DOCUMENTED_INVOICE))
    assert (asked["task"], asked["connection"], asked["entity_id"]) == expected
    shown = browser.get("document", event=event_id, did="unlink").body
    assert "Ada unlinked it" in shown
    assert "Unlinked. To book it anew, try again." in shown


def test_parked_document_is_left_alone_with_all_its_events(world: ConsoleWorld) -> None:
    first, second = world.parked(), world.parked()
    browser = signed_in(world)

    answer = browser.post("leave-alone", **INVOICE, form_token=token(browser))

    assert answer.headers["Location"] == f"document?{urlencode({**INVOICE, 'did': 'skip'})}"
    (asked,) = world.functions.repairs
    assert (asked["task"], set(asked["event_ids"])) == ("events.skip", {first, second})
    assert "Ada left it alone" in browser.get("document", event=first).body
    assert '<a href="document?source=moment&amp;kind=invoice' in browser.get("activity").body


def test_trying_again_means_all_that_needs_a_person(world: ConsoleWorld) -> None:
    first, second = world.parked(), world.parked()
    browser = signed_in(world)

    browser.post("try-document", event=first, form_token=token(browser))

    (asked,) = world.functions.repairs
    assert (asked["task"], set(asked["event_ids"])) == ("events.replay", {first, second})


def test_what_needs_nobody_cannot_be_left_alone(world: ConsoleWorld) -> None:
    event_id = booked(world)
    browser = signed_in(world)

    answer = browser.post("leave-alone", event=event_id, form_token=token(browser))

    assert answer.status == 503
    assert world.functions.repairs == []
    assert "leave-alone" not in browser.get("document", event=event_id).body


def test_event_that_was_left_alone_is_told_in_words(world: ConsoleWorld) -> None:
    event_id = world.parked()
    event = world.sync.event(event_id)
    world.sync.events.leave_alone(
        event, world.sync.clock(), LEFT_ALONE(code=event.reason.code if event.reason else "")
    )

    shown = signed_in(world, "nl").get("document", event=event_id).text

    assert world.sync.event(event_id).status is Status.SKIPPED
    assert "Blijft rusten Iemand heeft besloten dit te laten rusten" in shown
    assert "Btw-code zonder btw-tarief" in shown
    assert "Dit document wacht op u" not in shown


def test_actions_of_a_document_do_not_depend_on_how_many_others_there_were(
    world: ConsoleWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.audit.SHOWN", 2)
    event_id = booked(world)
    browser = signed_in(world)
    browser.post("try-document", event=event_id, form_token=token(browser))
    world.parked()
    for _ in range(2):
        world.sync.pass_time(minutes=1)
        browser.post("try-reason", reason="vat_code_not_mapped", form_token=token(browser))

    assert "Ada tried it again" not in browser.get("activity").body
    assert "Ada tried it again" in browser.get("document", event=event_id).body


def test_refused_repair_says_why(world: ConsoleWorld) -> None:
    event_id = booked(world)
    world.functions.complete = False
    browser = signed_in(world)

    answer = browser.post("unlink", event=event_id, form_token=token(browser))

    assert answer.status == 503
    assert "it is being synced; try again" in answer.body
