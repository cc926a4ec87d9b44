"""What needs a person, and sending it through once more."""

from dataclasses import replace
from uuid import uuid4

from accounting_sync.reasons.settings import VAT_CODE_NOT_MAPPED
from accounting_sync.webhooks.events import EntityRef, Source, Status
from tests.harness.console import ConsoleWorld
from tests.harness.world import CONNECTION


def test_what_parked_is_shown_with_its_reason_and_what_to_do(world: ConsoleWorld) -> None:
    world.parked()
    browser = world.browser()
    browser.sign_in()

    shown = browser.get("needs-you")

    assert 'id="vat_code_not_mapped"' in shown.body
    assert (
        "VAT code without a VAT rate 1 document VAT code H21 is not mapped. What to do: Map the VAT code to a"
        " VAT rate of Moneybird. Then try again. Map VAT codes and accounts"
    ) in shown.text
    assert '<a href="mapping">' in shown.body
    assert "VAT code without a VAT rate</a>: 1" in browser.get("overview").body


def test_dutch_speaks_of_reasons_in_dutch(world: ConsoleWorld) -> None:
    world.parked()
    browser = world.browser("nl")
    browser.sign_in()

    said = browser.get("needs-you").text

    assert "Btw-code zonder btw-tarief 1 document Btw-code H21 is niet gekoppeld aan een btw-tarief." in said
    assert "Voor uw beheerder (Engels) VAT code H21 is not mapped." in said


def test_remedy_is_told_once_and_each_document_once_however_many_there_are(world: ConsoleWorld) -> None:
    template = world.sync.event(world.parked())
    for number in range(2, 41):
        entity = EntityRef(CONNECTION, Source.MOMENT, "invoice", str(number))
        code = "H21" if number % 2 else "L9"
        event = replace(
            template,
            event_id=f"{CONNECTION}#moment#{uuid4()}",
            entity=entity,
            number=str(number),
            reason=VAT_CODE_NOT_MAPPED(vat_code=code),
        )
        world.sync.events.add(event)
    browser = world.browser()
    browser.sign_in()

    said = browser.get("needs-you").text

    assert said.count("Map the VAT code to a VAT rate of Moneybird.") == 1
    assert "40 documents" in said
    assert "Show the other 30" in said
    assert [said.count(f"Invoice {number} ") for number in (1, 2, 40)] == [1, 1, 1]
    assert "VAT code L9 is not mapped." in said


def test_more_than_the_reason_says_can_be_read(world: ConsoleWorld) -> None:
    template = world.sync.event(world.parked())
    assert template.reason is not None
    longer = template.reason.after("Given up after 6 attempts:")
    event = replace(template, event_id=f"{CONNECTION}#moment#longer", status=Status.FAILED, reason=longer)
    world.sync.events.add(event)
    browser = world.browser("nl")
    browser.sign_in()

    assert "De hele melding (Engels) Given up after 6 attempts:" in browser.get("needs-you").text


def test_refused_message_can_be_tried_by_itself_alone(world: ConsoleWorld) -> None:
    template = world.sync.event(world.parked())
    for name, entity in (("known", template.entity), ("unknown", None)):
        refused = replace(
            template,
            event_id=f"{CONNECTION}#moment#{name}",
            entity=entity,
            status=Status.REJECTED,
            reason=None,
        )
        world.sync.events.add(refused)
    browser = world.browser()
    browser.sign_in()

    body = browser.get("needs-you").body

    assert "Another reason" in body
    assert 'value="uncoded"' not in body
    assert f'name="event" value="{CONNECTION}#moment#known"' in body
    assert f'name="event" value="{CONNECTION}#moment#unknown"' not in body


def test_one_event_is_tried_again_and_the_trail_says_by_whom(world: ConsoleWorld) -> None:
    event_id = world.parked()
    browser = world.browser()
    browser.sign_in()
    token = browser.get("needs-you").form_token

    answer = browser.post("try-event", event=event_id, form_token=token)

    assert (answer.status, answer.headers["Location"]) == (303, "needs-you?done=1&complete=yes")
    assert world.functions.repairs == [{"task": "events.replay", "event_ids": [event_id]}]
    assert "Ada tried it again Invoice 1" in browser.get("activity").text
    assert "Ada tried it again" in browser.get("document", event=event_id).body
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
    trail = browser.get("activity").text
    assert "Ada tried all of a reason again VAT code without a VAT rate" in trail
