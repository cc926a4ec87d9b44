"""The simulated Moment keeps to what Moment documents: paths, authentication, envelope, includes, payload."""

import json
from collections.abc import Iterator

import pytest
import requests

from tests.simulators.moment import MomentSettings, MomentSimulator, Spelling, moment_app, samples
from tests.simulators.serving import running

type Json = dict[str, object]


class Api:
    """A client of the simulated company."""

    def __init__(self, url: str, simulator: MomentSimulator) -> None:
        self.base = f"{url}/api/1.0/companies/{simulator.state.company}"
        self.session = requests.Session()
        self.session.auth = ("apikey", simulator.state.api_key)

    def get(self, path: str, **query: str) -> requests.Response:
        """Read."""
        return self.session.get(f"{self.base}/{path}", params=query, timeout=10)


@pytest.fixture
def simulator() -> MomentSimulator:
    return moment_app()


@pytest.fixture
def api(simulator: MomentSimulator) -> Iterator[Api]:
    with running(simulator) as url:
        yield Api(url, simulator)


def test_documented_invoice_is_found_under_the_documented_path(api: Api) -> None:
    answer = api.get("invoices/106939080")

    invoice = answer.json()
    assert answer.status_code == 200
    assert (invoice["id"], invoice["invoiceNumber"]) == (106939080, 1)
    assert (invoice["customer"]["id"], invoice["customer"]["customerNumber"]) == (62788973, "10001")
    assert (invoice["project"]["id"], invoice["project"]["projectNumber"]) == (62788980, "1")


@pytest.mark.parametrize("auth", [None, ("apikey", "wrong"), ("somebody", "simulated-api-key")])
def test_request_without_the_key_is_refused(api: Api, auth: tuple[str, str] | None) -> None:
    api.session.auth = auth

    assert api.get("invoices").status_code == 401


def test_unknown_object_and_unknown_company_are_not_found(api: Api) -> None:
    assert api.get("invoices/1").status_code == 404
    assert api.get("../another-company/invoices/106939080").status_code == 404


def test_list_has_the_envelope_and_counts_pages_from_zero(api: Api) -> None:
    total = len(samples.seed()["invoices"])

    first = api.get("invoices", size="10").json()
    last = api.get("invoices", size="10", page="2").json()

    assert first["page"] == {"number": 0, "size": 10, "totalElements": total, "totalPages": 3}
    assert len(first["content"]) == 10
    assert last["page"]["number"] == 2
    assert len(last["content"]) == total - 20


def test_include_selects_fields_and_flattens_inner_ones(api: Api) -> None:
    customers = api.get("customers/include/base+email").json()["content"]
    project = api.get("projects/62788980/include/base+customer.name").json()

    assert customers[0]["email"] == "synthetic@example.test"
    assert "address" not in customers[0]
    assert project["customerName"] == "Synthetic Client B.V."
    assert "customer" not in project


def test_flattened_spelling_has_no_inner_objects(api: Api, simulator: MomentSimulator) -> None:
    simulator.state.change_settings({"spelling": Spelling.FLATTENED})

    invoice = api.get("invoices/106939080").json()

    assert (invoice["customerId"], invoice["customerNumber"]) == (62788973, "10001")
    assert invoice["customerName"] == "Synthetic Client B.V."
    assert "customer" not in invoice


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_write_is_partial_and_moves_the_modification_time(api: Api, method: str) -> None:
    before = api.get("projects/62788980").json()

    answer = api.session.request(method, f"{api.base}/projects/62788980", json={"name": "New"}, timeout=10)

    after = api.get("projects/62788980").json()
    assert answer.json() == after
    assert after["name"] == "New"
    assert after["lastModifiedDate"] > before["lastModifiedDate"]
    assert after["projectNumber"] == before["projectNumber"]


def test_created_object_can_be_read_and_deleted(api: Api) -> None:
    created = api.session.post(f"{api.base}/customers", json={"name": "C"}, timeout=10).json()

    path = f"customers/{created['id']}"
    assert api.get(path).json()["name"] == "C"
    assert api.session.delete(f"{api.base}/{path}", timeout=10).status_code == 204
    assert api.get(path).status_code == 404


def test_pdf_of_an_invoice_is_a_pdf_under_the_path_that_is_set(api: Api, simulator: MomentSimulator) -> None:
    answer = api.get("invoices/106939080/pdf")

    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-1.4")
    assert answer.content.endswith(b"%%EOF\n")
    simulator.state.change_settings({"pdf_path": "documents/invoice-{id}.pdf"})
    assert api.get("invoices/106939080/pdf").status_code == 404
    assert api.get("documents/invoice-106939080.pdf").content.startswith(b"%PDF")
    assert api.get("documents/invoice-1.pdf").status_code == 404


def test_totals_of_the_samples_agree_except_where_meant_otherwise(api: Api) -> None:
    invoices = samples.seed()["invoices"]

    cents = {i["id"]: round(100 * (i["totalGross"] - i["totalNet"] - i["totalVat"])) for i in invoices}

    assert {invoice_id for invoice_id, off in cents.items() if off} == {samples.OFF_BY_A_CENT}
    assert cents[samples.OFF_BY_A_CENT] == 1


def test_settings_given_at_the_start_survive_a_reset() -> None:
    simulator = moment_app(settings=MomentSettings(pdf_path=None))

    simulator.state.change_settings({"pdf_path": "other/{id}"})
    simulator.reset()

    assert simulator.state.settings.pdf_path is None


def test_samples_are_json(api: Api) -> None:
    for collection in samples.seed():
        assert json.loads(api.get(collection, size="100").text)["content"]
