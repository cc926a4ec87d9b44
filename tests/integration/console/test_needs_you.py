"""What needs a person, and sending it through once more."""

from tests.harness.console import ConsoleWorld
from tests.harness.world import CONNECTION


def test_what_parked_is_shown_with_its_reason_under_its_code(world: ConsoleWorld) -> None:
    world.parked()
    browser = world.browser()
    browser.sign_in()

    body = browser.get("needs-you").body

    assert 'id="vat_code_not_mapped"' in body
    assert "VAT code H21 is not mapped." in body
    assert "vat code not mapped</a>: 1" in browser.get("overview").body


def test_one_event_is_tried_again_and_the_trail_says_by_whom(world: ConsoleWorld) -> None:
    event_id = world.parked()
    browser = world.browser()
    browser.sign_in()
    token = browser.get("needs-you").form_token

    answer = browser.post("try-event", event=event_id, form_token=token)

    assert (answer.status, answer.headers["Location"]) == (303, "needs-you?done=1&complete=yes")
    assert world.functions.repairs == [{"task": "events.replay", "event_ids": [event_id]}]
    trail = browser.get("activity").body
    assert "Ada" in trail
    assert event_id in trail
    assert "Sent through once more: 1." in browser.get("needs-you", done="1", complete="yes").body


def test_all_of_a_reason_are_tried_again(world: ConsoleWorld) -> None:
    world.functions.complete = False
    browser = world.browser()
    browser.sign_in()
    token = browser.get("needs-you").form_token if world.parked() else ""

    answer = browser.post("try-reason", reason="vat_code_not_mapped", form_token=token)

    assert answer.headers["Location"] == "needs-you?done=2&complete=no"
    asked = {"task": "events.replay", "connection": CONNECTION, "reason_code": "vat_code_not_mapped"}
    assert world.functions.repairs == [asked]
