"""The fault switch of a served simulator: what the caller sees, and whether the call took effect."""

import json
import time
from collections.abc import Iterator
from threading import Thread

import pytest
import requests

from tests.simulators.faults import Fault, FaultKind
from tests.simulators.moment import moment_app
from tests.simulators.moneybird import MoneybirdSimulator, moneybird_app
from tests.simulators.serving import running

BODY = {"contact": {"company_name": "Acme"}}


@pytest.fixture
def simulator() -> MoneybirdSimulator:
    return moneybird_app("123")


@pytest.fixture
def url(simulator: MoneybirdSimulator) -> Iterator[str]:
    with running(simulator) as root:
        yield root


def create(url: str, timeout: float = 10) -> requests.Response:
    """Create a contact."""
    headers = {"Authorization": "Bearer simulated-api-token"}
    return requests.post(f"{url}/api/v2/123/contacts.json", json=BODY, headers=headers, timeout=timeout)


def arm(url: str, **fault: object) -> None:
    """Arm a fault through the control routes."""
    requests.post(f"{url}/_simulator/faults", json=fault, timeout=10).raise_for_status()


@pytest.mark.parametrize(
    ("kind", "status", "effects"),
    [("429", 429, 0), ("500", 500, 0), ("503", 503, 0), ("html_500", 500, 0), ("500_after", 500, 1)],
)
def test_call_is_answered_with_the_fault_and_the_next_one_is_not(
    url: str, simulator: MoneybirdSimulator, kind: str, status: int, effects: int
) -> None:
    arm(url, kind=kind)

    answer = create(url)

    assert answer.status_code == status
    assert len(simulator.state.all("contacts")) == effects
    assert create(url).status_code == 201
    assert [entry.effective for entry in simulator.requests.matching()] == [bool(effects), True]


@pytest.mark.parametrize(("kind", "effects"), [("reset_before", 0), ("reset_after", 1)])
def test_connection_is_reset_before_or_after_the_effect(
    url: str, simulator: MoneybirdSimulator, kind: str, effects: int
) -> None:
    arm(url, kind=kind)

    with pytest.raises(requests.ConnectionError):
        create(url)

    assert len(simulator.state.all("contacts")) == effects


@pytest.mark.parametrize(("kind", "effects"), [("timeout", 0), ("timeout_after", 1)])
def test_connection_is_held_until_the_caller_gives_up(
    url: str, simulator: MoneybirdSimulator, kind: str, effects: int
) -> None:
    arm(url, kind=kind, seconds=60)

    with pytest.raises(requests.ReadTimeout):
        create(url, timeout=0.3)

    assert len(simulator.state.all("contacts")) == effects


def test_held_connection_can_be_let_go(url: str) -> None:
    arm(url, kind="timeout", seconds=60)
    ended: list[float] = []

    def call() -> None:
        with pytest.raises(requests.ConnectionError):
            create(url, timeout=30)
        ended.append(time.monotonic())

    caller = Thread(target=call)
    caller.start()
    while not requests.get(f"{url}/_simulator/requests", timeout=10).json():
        pass  # the call has not arrived yet
    requests.post(f"{url}/_simulator/faults/release", timeout=10)
    caller.join(10)

    assert ended


def test_slow_answer_says_what_was_so_when_it_began() -> None:
    simulator = moment_app()
    entity = simulator.state.put("customers", {"id": 7, "name": "Before"}, None)
    path = f"/api/1.0/companies/{simulator.state.company}/customers/{entity['id']}"
    with running(simulator) as root:
        arm(root, kind="slow", seconds=60)
        auth = ("apikey", simulator.state.api_key)
        with requests.get(root + path, auth=auth, timeout=10, stream=True) as answer:
            drops = answer.iter_content(1)
            first = next(drops)
            simulator.state.put("customers", {"id": 7, "name": "After"}, None)
            requests.post(f"{root}/_simulator/faults/release", timeout=10)
            text = first + b"".join(drops)

    assert first == b" "
    assert json.loads(text)["name"] == "Before"


def test_fault_is_for_the_calls_that_match_only(url: str) -> None:
    arm(url, kind="500", method="GET", path=r"/contacts\.json$", times=2)

    assert create(url).status_code == 201
    assert requests.get(f"{url}/api/v2/123/contacts.json", timeout=10).status_code == 500
    assert requests.get(f"{url}/api/v2/123/projects.json", timeout=10).status_code == 401
    assert requests.get(f"{url}/api/v2/123/contacts.json", timeout=10).status_code == 500
    assert requests.get(f"{url}/api/v2/123/contacts.json", timeout=10).status_code == 401


def test_calls_can_be_skipped_before_the_fault(simulator: MoneybirdSimulator) -> None:
    simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, skip=2))

    taken = [simulator.faults.take("GET", "/x") is not None for _ in range(4)]

    assert taken == [False, False, True, False]


def test_unknown_fault_is_refused_with_an_explanation(url: str) -> None:
    answer = requests.post(f"{url}/_simulator/faults", json={"kind": "nonsense"}, timeout=10)

    assert answer.status_code == 422
    assert answer.json()[0]["loc"] == ["kind"]


def test_retry_after_of_a_429_is_an_epoch_to_come(url: str) -> None:
    arm(url, kind="429", retry_after=30)

    answer = create(url)

    assert answer.json() == "Retry later"
    assert 0 < int(answer.headers["Retry-After"]) - time.time() <= 31
