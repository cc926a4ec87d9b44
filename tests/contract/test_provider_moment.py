"""The Moment client against the simulator: what is documented of Moment, and what has to be survived."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import responses
from pydantic import SecretStr

from accounting_sync.connections.connection import Connection, MomentAccess
from accounting_sync.errors import AccessDeniedError, EntityGoneError, ParkedError, RetryableError
from accounting_sync.providers.clients import ProviderClients, ProviderSettings
from accounting_sync.providers.moment.client import COLLECTIONS, PDF_ALONE, MomentClient
from tests.simulators.moment import MomentSettings, MomentSimulator, moment_app
from tests.simulators.serving import running
from tests.unit.providers.fakes import CountingBreaker, RecordingThrottle

pytestmark = pytest.mark.enable_socket  # loopback only

INVOICES = "https://app.moment.team/api/1.0/companies/example/invoices"
PDF_TEMPLATE = "invoices/{id}/pdf"


@pytest.fixture
def simulator() -> MomentSimulator:
    return moment_app()


@pytest.fixture
def url(simulator: MomentSimulator) -> Iterator[str]:
    with running(simulator) as url:
        yield url


type ClientMaker = Callable[..., MomentClient]


@pytest.fixture
def client_for(simulator: MomentSimulator, url: str) -> ClientMaker:
    def make(api_key: str | None = None) -> MomentClient:
        settings = ProviderSettings(moment_url=url)
        access = MomentAccess(
            company=simulator.state.company, api_key=SecretStr(api_key or simulator.state.api_key)
        )
        clients = ProviderClients(settings, RecordingThrottle(), CountingBreaker())
        return clients.moment(Connection(name="demo", moment=access))

    return make


@pytest.fixture
def client(client_for: ClientMaker) -> MomentClient:
    return client_for()


@pytest.fixture
def real_client() -> MomentClient:
    """Give a client for Moment's own address, whose answers a test makes up."""
    access = MomentAccess(company="example", api_key=SecretStr("key"))
    clients = ProviderClients(ProviderSettings(), RecordingThrottle(), CountingBreaker())
    return clients.moment(Connection(name="demo", moment=access))


@pytest.mark.parametrize(("entity_type", "collection"), COLLECTIONS.items())
def test_every_kind_of_object_is_read_by_its_id(
    simulator: MomentSimulator, client: MomentClient, entity_type: str, collection: str
) -> None:
    entity_id = next(iter(simulator.state.collections()[collection]))

    entity = client.fetch(entity_type, str(entity_id))

    assert str(entity["id"]) == str(entity_id)
    (request,) = simulator.requests.matching()
    assert request.path == f"/api/1.0/companies/{simulator.state.company}/{collection}/{entity_id}"


def test_named_readers_read_their_kind(simulator: MomentSimulator, client: MomentClient) -> None:
    readers = {
        "invoices": client.get_invoice,
        "customers": client.get_customer,
        "projects": client.get_project,
        "offers": client.get_offer,
        "claims": client.get_claim,
    }
    for collection, read in readers.items():
        entity_id = str(next(iter(simulator.state.collections()[collection])))
        assert str(read(entity_id)["id"]) == entity_id


@responses.activate
def test_key_is_sent_as_the_password_of_apikey(real_client: MomentClient) -> None:
    sent = responses.get(
        f"{INVOICES}/1", json={"id": 1}, match=[responses.matchers.header_matcher({"Authorization": BASIC})]
    )

    real_client.get_invoice("1")

    assert sent.call_count == 1


BASIC = "Basic YXBpa2V5OmtleQ=="  # apikey:key


@pytest.mark.parametrize("entity_type", COLLECTIONS)
def test_unknown_object_is_gone(client: MomentClient, entity_type: str) -> None:
    with pytest.raises(EntityGoneError):
        client.fetch(entity_type, "999")


def test_wrong_key_is_denied(client_for: ClientMaker) -> None:
    with pytest.raises(AccessDeniedError):
        client_for(api_key="wrong").get_invoice("1")


@pytest.mark.parametrize("first_page", [0, 1])
@pytest.mark.parametrize("size", [1, 2, 100])
def test_list_has_every_object_once_wherever_pages_begin(
    simulator: MomentSimulator, client: MomentClient, first_page: int, size: int
) -> None:
    simulator.state.change_settings({"first_page": first_page})
    for number in range(3):
        simulator.state.put("customers", {"name": f"Voorbeeld {number}"}, None)

    listed = [str(entity["id"]) for entity in client.iterate("customer", size=size)]

    assert sorted(listed) == sorted(map(str, simulator.state.collections()["customers"]))


def test_list_may_be_narrowed_by_further_parameters(simulator: MomentSimulator, client: MomentClient) -> None:
    future = (simulator.clock.now() + timedelta(days=1)).isoformat()

    assert list(client.iterate("invoice", parameters={"lastModifiedDateFrom": future})) == []


def test_pdf_of_an_invoice_is_read(simulator: MomentSimulator, client: MomentClient) -> None:
    invoice_id = str(next(iter(simulator.state.collections()["invoices"])))

    file = client.get_file(invoice_id, PDF_TEMPLATE, PDF_ALONE)

    assert file is not None
    assert (file.extension, file.content[:5]) == ("pdf", b"%PDF-")


def test_invoice_without_a_pdf_has_none(simulator: MomentSimulator, client: MomentClient) -> None:
    simulator.state.change_settings(MomentSettings(pdf_path=None).model_dump(include={"pdf_path"}))

    assert client.get_file("1", PDF_TEMPLATE, PDF_ALONE) is None


@responses.activate
def test_what_is_no_pdf_is_not_passed_on_as_one(real_client: MomentClient) -> None:
    responses.get(f"{INVOICES}/1/pdf", body="<html>Sign in</html>")

    with pytest.raises(ParkedError, match="not a PDF"):
        real_client.get_file("1", PDF_TEMPLATE, PDF_ALONE)


@pytest.mark.parametrize("body", [[], None, 5, "text"])
@responses.activate
def test_answer_that_is_no_object_is_parked(real_client: MomentClient, body: object) -> None:
    responses.get(f"{INVOICES}/1", json=body)

    with pytest.raises(ParkedError, match="not an object"):
        real_client.get_invoice("1")


@responses.activate
def test_html_is_survived(real_client: MomentClient) -> None:
    responses.get(f"{INVOICES}/1", body="<html></html>", content_type="text/html")

    with pytest.raises(RetryableError, match="not with JSON"):
        real_client.get_invoice("1")


@pytest.mark.parametrize(
    "body",
    [
        [],
        None,
        {"content": []},
        {"content": [], "page": {"number": 0}},
        {"content": [], "page": {"number": "first", "totalPages": 1}},
        {"content": None, "page": {"number": 0, "totalPages": 1}},
        {"content": [1], "page": {"number": 0, "totalPages": 1}},
        {"content": [], "page": {"number": 0, "totalPages": 1_000_000}},
    ],
)
@responses.activate
def test_list_of_another_shape_is_parked(real_client: MomentClient, body: object) -> None:
    responses.get(INVOICES, json=body)

    with pytest.raises(ParkedError, match="cannot be read"):
        list(real_client.iterate("invoice"))


@responses.activate
def test_list_that_gives_another_page_than_asked_for_is_parked(real_client: MomentClient) -> None:
    responses.get(INVOICES, json={"content": [{"id": 1}], "page": {"number": 0, "totalPages": 2}})

    with pytest.raises(ParkedError, match="page 1 was asked for, page 0 came"):
        list(real_client.iterate("invoice"))
