"""Finding a document, its timeline, and repairing it."""

from urllib.parse import quote, urlencode

from tests.harness.console import ConsoleWorld
from tests.harness.world import CONNECTION
from tests.simulators.moment import samples


def test_document_is_found_by_its_number_with_its_timeline(world: ConsoleWorld) -> None:
    event_id = world.parked()
    browser = world.browser()
    browser.sign_in()

    found = browser.get("documents", number="1").body
    shown = browser.get("document", event=event_id).body

    assert f'href="document?event={quote(event_id)}"' in found
    assert "VAT code H21 is not mapped." in shown
    assert "PARKED" in shown
    assert "No document has the number 2." in browser.get("documents", number="2").body


def test_document_of_another_connection_is_refused(world: ConsoleWorld) -> None:
    event_id = world.parked()
    browser = world.browser()
    browser.sign_in(connection="other")

    assert browser.get("document", event=event_id).status == 404
    assert "document?" not in browser.get("documents", number="1").body


def test_booked_document_is_unlinked_and_its_page_says_by_whom(world: ConsoleWorld) -> None:
    event = world.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    browser = world.browser()
    browser.sign_in()
    token = browser.get("overview").form_token

    answer = browser.post("unlink", event=event.event_id, form_token=token)

    assert answer.headers["Location"] == f"document?{urlencode({'event': event.event_id})}"
    (asked,) = world.functions.repairs
    assert event.entity is not None
    assert (asked["task"], asked["connection"], asked["entity_id"]) == (
        "unlink",
        CONNECTION,
        event.entity.id,
    )
    assert "Ada: unlink" in browser.get("document", event=event.event_id).body


def test_refused_repair_says_why(world: ConsoleWorld) -> None:
    event = world.sync.sync("invoice", samples.DOCUMENTED_INVOICE)
    world.functions.complete = False
    browser = world.browser()
    browser.sign_in()

    token = browser.get("overview").form_token
    answer = browser.post("unlink", event=event.event_id, form_token=token)

    assert answer.status == 503
    assert "it is being synced; try again" in answer.body
