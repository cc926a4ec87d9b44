"""Files that Moneybird makes in the background: the audit file, and the list of downloads.

Routes, statuses and the shape of a download are those of the official description. The file itself is
synthetic: the description says only that it is "XAF XML". It has the elements of XAF 3.2 that a reader of
totals needs, with what the stored sales invoices come to, in the administration's currency.
"""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as AnyResponse

from tests.simulators.gateway import CONTROL_PREFIX
from tests.simulators.moneybird.answers.errors import bad_request, not_found
from tests.simulators.moneybird.answers.listing import paginated
from tests.simulators.moneybird.answers.numbers import cents
from tests.simulators.moneybird.documents.kinds import EXTERNAL_SALES_INVOICE, SALES_INVOICE, DocumentKind
from tests.simulators.moneybird.documents.totals import base_rate
from tests.simulators.moneybird.state import MoneybirdState
from tests.simulators.simulator import Entity

_VERSIONS = {
    "3.2": "http://www.auditfiles.nl/XAF/3.2",
    "4.0": "http://www.odb.belastingdienst.nl/XAF/4.0",  # assumed
}
_UNBOOKED = {"draft", "scheduled", "new"}
_RECEIVABLE = "1300"


def add_download_routes(blueprint: Blueprint, state: MoneybirdState) -> None:
    """Add the order of an audit file, the list of downloads, and the way to a file."""

    @blueprint.post("/reports/export/auditfile.json")
    def order_audit_file() -> tuple[str, int]:
        body = request.get_json()
        year, version = str(body.get("year", "")), str(body.get("version", "3.2"))
        if version not in _VERSIONS:
            raise bad_request("version does not have a valid value")
        if not any(_of_year(state, year)):
            raise bad_request("Period contains no journal entries", {"period": "contains_no_journal_entries"})
        _add(state, f"auditfile-{year}.xaf", _audit_file(state, year, version))
        return "", 204

    @blueprint.get("/downloads.json")
    def list_downloads() -> Response:
        wanted = request.args.get("download_type")
        found = [
            each
            for each in state.all("downloads")
            if wanted in {None, each["download_type"]} and _is_ready(state, each)
        ]
        return paginated(found, _shown)

    @blueprint.post("/downloads/<entity_id>/download.json")
    def download(entity_id: str) -> AnyResponse:
        found = state.find("downloads", entity_id)
        if found is None or not _is_ready(state, found):
            raise not_found(message="Record not found for model name: Download")
        found["downloaded"] = True
        location = f"{request.host_url.rstrip('/')}{CONTROL_PREFIX}/files/{entity_id}"
        said = '{"message":"Use the Location header to download the file"}'
        return Response(said, 302, {"Location": location}, content_type="text/plain")


def _is_ready(state: MoneybirdState, download: Entity) -> bool:
    return bool(download["ready_at"] <= state.clock.now())


def _shown(download: Entity) -> Entity:
    return {name: value for name, value in download.items() if name != "ready_at"}


def _add(state: MoneybirdState, filename: str, content: bytes) -> None:
    now = state.now()
    download: Entity = {
        "id": state.new_id(),
        "user_id": None,
        "download_type": "auditfile",
        "filename": filename,
        "content_type": "application/xml",
        "failed": state.settings.download_fails,
        "downloaded": False,
        "created_at": now,
        "updated_at": now,
        "ready_at": state.clock.now() + timedelta(seconds=state.settings.download_delay_seconds),
    }
    state.collections()["downloads"][download["id"]] = download
    state.files[download["id"]] = content


def _of_year(state: MoneybirdState, year: str) -> Iterator[tuple[DocumentKind, Entity]]:
    for kind in (EXTERNAL_SALES_INVOICE, SALES_INVOICE):
        for document in state.all(kind.collection):
            if document["state"] not in _UNBOOKED and (document[kind.date_field] or "").startswith(year):
                yield kind, document


def _audit_file(state: MoneybirdState, year: str, version: str) -> bytes:
    root = Element("auditfile", {"xmlns": _VERSIONS[version]})
    header = SubElement(root, "header")
    _add_texts(header, fiscalYear=year, startDate=f"{year}-01-01", endDate=f"{year}-12-31", curCode="EUR")
    journal = SubElement(SubElement(SubElement(root, "company"), "transactions"), "journal")
    _add_texts(journal, jrnID="VRK", desc="Verkoop", jrnTp="S")
    for number, (kind, document) in enumerate(_of_year(state, year), start=1):
        _add_transaction(state, journal, number, document[kind.date_field], document)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _add_transaction(
    state: MoneybirdState, journal: Element, number: int, day: str, document: Entity
) -> None:
    transaction = SubElement(journal, "transaction")
    _add_texts(transaction, nr=str(number), desc=_reference(document), trDt=day)
    amounts = _amounts(state, document)
    for place, (account, amount) in enumerate(amounts, start=1):
        line = SubElement(transaction, "trLine")
        _add_texts(line, nr=str(place), accID=account, docRef=_reference(document), effDate=day)
        _add_texts(line, amnt=str(abs(amount)), amntTp="D" if amount >= 0 else "C")


def _amounts(state: MoneybirdState, document: Entity) -> list[tuple[str, Decimal]]:
    rate = base_rate(state, document["currency"])
    gross, net = (cents(Decimal(document[f"total_price_{kind}_tax"]) * rate) for kind in ("incl", "excl"))
    return [(_RECEIVABLE, gross), ("8000", -net), ("1500", net - gross)]


def _reference(document: Entity) -> str:
    return str(document.get("invoice_id") or document.get("reference") or document["id"])


def _add_texts(parent: Element, **texts: str) -> None:
    for name, text in texts.items():
        SubElement(parent, name).text = text
