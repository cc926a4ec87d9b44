"""Webhooks of the simulators: registration, signature, retries, duplicates, and waiting until all is done."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from accounting_sync.webhooks.signatures import sign_moneybird
from tests.simulators.clock import Clock
from tests.simulators.deliveries import DeliverySettings, DeliveryStatus
from tests.simulators.moment import moment_app
from tests.simulators.moneybird import MoneybirdSimulator, moneybird_app
from tests.simulators.moneybird.webhooks import subscribed
from tests.simulators.receiver import Receiver, receiving
from tests.simulators.serving import running

HEADERS = {"Authorization": "Bearer simulated-api-token"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


@pytest.fixture
def simulator() -> MoneybirdSimulator:
    return moneybird_app("123", delivery=DeliverySettings(retries=10, interval_scale=0))


@pytest.fixture
def base(simulator: MoneybirdSimulator) -> Iterator[str]:
    with running(simulator) as url:
        yield f"{url}/api/v2/123"


def call(method: str, url: str, body: dict[str, Any] | None = None) -> requests.Response:
    """Send a JSON request with the token."""
    return requests.request(method, url, json=body, headers=HEADERS, timeout=10)


def register(base: str, url: str, *events: str) -> dict[str, Any]:
    """Register a webhook."""
    answer = call("POST", f"{base}/webhooks.json", {"url": url, "enabled_events": list(events)})
    assert answer.status_code == 201, answer.text
    webhook: dict[str, Any] = answer.json()
    return webhook


def create_contact(base: str) -> dict[str, Any]:
    """Create a contact."""
    contact: dict[str, Any] = call(
        "POST", f"{base}/contacts.json", {"contact": {"company_name": "Acmé"}}
    ).json()
    return contact


def test_registration_probes_the_address_unsigned_and_shows_the_secret_once(
    base: str, receiver: Receiver
) -> None:
    webhook = register(base, receiver.url, "contact")

    [probe] = receiver.pushes
    assert probe.json == {"administration_id": "123", "action": "test_webhook", "token": webhook["token"]}
    assert "Moneybird-Signature" not in probe.headers
    assert webhook["secret"]
    [listed] = call("GET", f"{base}/webhooks.json").json()
    assert "secret" not in listed
    assert listed["token"] == webhook["token"]


def test_registration_of_an_address_that_does_not_answer_200_is_refused(
    base: str, receiver: Receiver
) -> None:
    receiver.statuses = [204]

    answer = call("POST", f"{base}/webhooks.json", {"url": receiver.url})

    assert answer.status_code == 422
    assert call("GET", f"{base}/webhooks.json").json() == []


def test_change_is_pushed_signed_with_key_and_full_entity(
    base: str, receiver: Receiver, simulator: MoneybirdSimulator
) -> None:
    webhook = register(base, receiver.url.replace("http://", "http://user:pass%20word@"), "contact")

    contact = create_contact(base)

    assert simulator.deliveries.idle(10)
    push = receiver.pushes[-1]
    signature = push.headers["Moneybird-Signature"]
    sent_at = int(signature.partition(",")[0].removeprefix("t="))
    assert signature == sign_moneybird(push.body, webhook["secret"], sent_at)
    assert abs(time.time() - sent_at) < 60
    assert push.headers["Idempotency-Key"]
    assert push.user == ("user", "pass word")
    assert push.json == {
        "administration_id": "123",
        "webhook_id": webhook["id"],
        "webhook_token": webhook["token"],
        "entity_type": "Contact",
        "entity_id": contact["id"],
        "state": None,
        "action": "contact_created",
        "entity": contact,
    }


def test_push_is_repeated_under_one_key_until_200(
    base: str, receiver: Receiver, simulator: MoneybirdSimulator
) -> None:
    register(base, receiver.url, "contact")
    receiver.statuses = [500, 503, 201]

    create_contact(base)

    assert simulator.deliveries.idle(10)
    [delivery] = simulator.deliveries.all()
    assert delivery.attempts == [500, 503, 201, 200]
    assert delivery.status is DeliveryStatus.DELIVERED
    assert len({push.headers["Idempotency-Key"] for push in receiver.pushes[1:]}) == 1
    [webhook] = call("GET", f"{base}/webhooks.json").json()
    assert (webhook["last_http_status"], webhook["last_http_body"]) == (200, "seen")


def test_push_is_given_up_after_ten_retries(
    base: str, receiver: Receiver, simulator: MoneybirdSimulator
) -> None:
    register(base, receiver.url, "contact")
    receiver.statuses = [500] * 20

    create_contact(base)

    assert simulator.deliveries.idle(10)
    [delivery] = simulator.deliveries.all()
    assert delivery.status is DeliveryStatus.FAILED
    assert len(delivery.attempts) == 11


def test_duplicates_follow_a_200_when_asked_for(
    base: str, receiver: Receiver, simulator: MoneybirdSimulator
) -> None:
    register(base, receiver.url, "contact")
    simulator.deliveries.settings = simulator.deliveries.settings.model_copy(update={"duplicates": 2})

    create_contact(base)

    assert simulator.deliveries.idle(10)
    assert len({push.headers["Idempotency-Key"] for push in receiver.pushes[1:]}) == 1
    assert len(receiver.pushes) == 4


def test_paused_delivery_waits_until_it_is_resumed(
    base: str, receiver: Receiver, simulator: MoneybirdSimulator
) -> None:
    control = base.replace("/api/v2/123", "/_simulator")
    register(base, receiver.url, "contact")
    call("POST", f"{control}/deliveries/pause")
    create_contact(base)

    assert call("GET", f"{control}/idle?timeout=0").json() == {"idle": False}
    call("POST", f"{control}/deliveries/resume")
    assert call("GET", f"{control}/idle?timeout=10").json() == {"idle": True}
    [delivery] = call("GET", f"{control}/deliveries").json()
    assert delivery["status"] == "delivered"
    assert delivery["payload"]["action"] == "contact_created"


def test_deactivated_and_deleted_webhooks_get_nothing(
    base: str, receiver: Receiver, simulator: MoneybirdSimulator
) -> None:
    one = f"{base}/webhooks/{register(base, receiver.url, 'contact')['id']}"

    assert call("PATCH", f"{one}/deactivate.json").json()["deactivated_at"]
    create_contact(base)
    assert call("PATCH", f"{one}/activate.json").json()["deactivated_at"] is None
    assert call("DELETE", f"{one}.json").status_code == 204
    create_contact(base)

    assert simulator.deliveries.all() == []
    assert call("PATCH", f"{one}/activate.json").status_code == 404


def test_payment_tells_of_the_payment_and_of_the_new_state(
    base: str, receiver: Receiver, simulator: MoneybirdSimulator
) -> None:
    contact = create_contact(base)
    line = {"description": "x", "price": "100"}
    body = {"contact_id": contact["id"], "reference": "1", "details_attributes": [line]}
    invoice = call("POST", f"{base}/external_sales_invoices.json", {"external_sales_invoice": body}).json()
    register(base, receiver.url, "external_sales_invoice_state_changed", "payment")

    payment = {"payment": {"payment_date": "2026-01-05", "price": "121.00"}}
    call("POST", f"{base}/external_sales_invoices/{invoice['id']}/payments.json", payment)

    assert simulator.deliveries.idle(10)
    told = {push.json["action"]: push.json for push in receiver.pushes[1:]}
    assert set(told) == {"external_sales_invoice_state_changed_to_paid", "payment_registered"}
    assert told["payment_registered"]["entity"]["invoice_id"] == invoice["id"]
    assert told["payment_registered"]["entity"]["invoice_type"] == "ExternalSalesInvoice"
    assert told["external_sales_invoice_state_changed_to_paid"]["state"] == "paid"


@pytest.mark.parametrize(
    ("enabled", "action", "wanted"),
    [
        (["contact"], "contact_changed", True),
        (["sales_invoice"], "external_sales_invoice_created", False),
        (["contact_created"], "contact_changed", False),
        ([], "sales_invoice_state_changed_to_late", True),
        ([], "contact_created", False),
    ],
)
def test_events_match_by_prefix(enabled: list[str], action: str, wanted: bool) -> None:
    assert subscribed(enabled, action) is wanted


def test_moment_tells_of_an_invoice_as_documented_and_of_a_decision_apart(receiver: Receiver) -> None:
    simulator = moment_app()
    with running(simulator) as url:
        for kind in ("invoices", "offers", "offer-decisions"):
            hook = {"kind": kind, "url": receiver.url}
            requests.post(f"{url}/_simulator/webhooks", json=hook, timeout=10).raise_for_status()

        created = f"{url}/_simulator/state/invoices?action=CREATE_NEW"
        requests.post(created, json={"id": 106939080}, timeout=10).raise_for_status()
        company = f"{url}/api/1.0/companies/{simulator.state.company}"
        auth = ("apikey", simulator.state.api_key)
        requests.patch(f"{company}/offers/71000001", json={"status": "ACCEPTED"}, auth=auth, timeout=10)
        assert simulator.deliveries.idle(10)

    told = [push.json for push in receiver.pushes]
    assert {
        "event": "CREATE_NEW",
        "invoice": {
            "id": 106939080,
            "invoiceNumber": 1,
            "customer": {"id": 62788973, "customerNumber": "10001"},
            "project": {"id": 62788980, "projectNumber": "1"},
        },
    } in told
    assert {"event": "UPDATE", "offer": {"id": 71000001}} in told
    assert {"event": "ACCEPTED", "offer": {"id": 71000001}} in told
    assert all("Idempotency-Key" not in push.headers for push in receiver.pushes)


def test_moment_does_not_repeat_what_failed(receiver: Receiver) -> None:
    simulator = moment_app()
    receiver.statuses = [500]
    with running(simulator) as url:
        hook = {"kind": "customers", "url": receiver.url}
        requests.post(f"{url}/_simulator/webhooks", json=hook, timeout=10)

        changed = f"{url}/_simulator/state/customers?action=UPDATE"
        requests.post(changed, json={"id": 62788973, "name": "N"}, timeout=10)
        assert simulator.deliveries.idle(10)

    assert [delivery.status for delivery in simulator.deliveries.all()] == [DeliveryStatus.FAILED]
    assert len(receiver.pushes) == 1


def test_webhook_that_is_told_once_is_neither_retried_nor_repeated(receiver: Receiver) -> None:
    simulator = moment_app(delivery=DeliverySettings(retries=10, interval_scale=0))
    receiver.statuses = [500]
    with running(simulator) as url:
        hook = {"kind": "customers", "url": receiver.url}
        requests.post(f"{url}/_simulator/webhooks", json=hook, timeout=10)

        requests.post(f"{url}/_simulator/once/customers/62788973?action=SAVED", json={}, timeout=10)
        assert simulator.deliveries.idle(10)

    assert not simulator.deliveries.repeat(0.0)
    assert [delivery.status for delivery in simulator.deliveries.all()] == [DeliveryStatus.FAILED]
    assert [push.json["event"] for push in receiver.pushes] == ["SAVED"]


def test_answers_leave_out_what_an_object_says_they_do() -> None:
    simulator = moment_app()
    simulator.state.put("customers", {"id": 7, "name": "N", "_absent": ["lastModifiedDate"]}, None)
    url, auth = f"/api/1.0/companies/{simulator.state.company}", ("apikey", simulator.state.api_key)

    with running(simulator) as root:
        answer = requests.get(f"{root}{url}/customers/7", auth=auth, timeout=10).json()

    assert answer == {"id": 7, "name": "N"}


def test_old_delivery_is_repeated_under_its_key_when_asked_to(
    base: str, receiver: Receiver, simulator: MoneybirdSimulator
) -> None:
    register(base, receiver.url, "contact")
    create_contact(base)
    assert simulator.deliveries.idle(10)

    assert simulator.deliveries.repeat(0.0)
    assert simulator.deliveries.idle(10)

    first, again = receiver.pushes[1:]
    assert first.headers["Idempotency-Key"] == again.headers["Idempotency-Key"]
    [delivery] = simulator.deliveries.all()
    assert (delivery.attempts, delivery.answers) == ([200, 200], ["seen", "seen"])
    assert simulator.deliveries.counts() == {"answered": 2, "waiting": 0}
    assert not simulator.deliveries.repeat(1.0)


def test_moment_falls_behind_for_one_read_and_tells_of_the_object() -> None:
    simulator = moment_app()
    changed = simulator.state.put("invoices", {"id": 106939080, "invoiceNumber": 9}, None)
    url, auth = f"/api/1.0/companies/{simulator.state.company}", ("apikey", simulator.state.api_key)

    with running(simulator) as root, receiving() as receiver:
        requests.post(
            f"{root}/_simulator/webhooks", json={"kind": "invoices", "url": receiver.url}, timeout=10
        )
        behind = f"{root}/_simulator/behind/invoices/106939080?action=UPDATE"
        assert requests.post(behind, json={}, timeout=10).json() == {"behind": True}
        seen = [requests.get(f"{root}{url}/invoices/106939080", auth=auth, timeout=10).json() for _ in "ab"]
        assert simulator.deliveries.idle(10)

    assert [one["invoiceNumber"] for one in seen] == [1, 9]
    assert seen[1] == changed
    assert len(receiver.pushes) == 1


def test_object_that_never_changed_does_not_fall_behind() -> None:
    assert not moment_app().state.fall_behind("invoices", "106939080", "UPDATE")


def test_clocks_that_began_together_show_the_same_faster_time() -> None:
    began = time.time() - 100
    one, other = Clock(speed=10, began=began), Clock(speed=10, began=began)

    assert abs((one.now() - other.now()).total_seconds()) < 1
    assert one.now().timestamp() - began == pytest.approx(1000, abs=20)


def test_collection_is_filtered_by_fields() -> None:
    with running(moment_app()) as root:
        found = requests.get(f"{root}/_simulator/state/customers?customerNumber=10002", timeout=10).json()

    assert [one["id"] for one in found] == [62788974]
