"""How Moneybird's REST API v2 is called and read: calls within an administration, pages, and answers."""

from collections.abc import Sequence

from pydantic import ValidationError

from accounting_sync.errors import NotFoundError, OutcomeUnknownError, ParkedError
from accounting_sync.model import ProviderModel
from accounting_sync.providers.http import Answer, Call, Json, Method, Transport, Upload
from accounting_sync.providers.moneybird.models import MoneybirdObject
from accounting_sync.reasons.providers import ANSWER_UNREADABLE, OUTCOME_UNKNOWN, TOO_MANY_PAGES

PER_PAGE = 100
"""The most that Moneybird gives: entries of a page, and records of one `POST .../synchronization`."""

MOST_PAGES = 100
WITH_ARCHIVED = {"include_archived": "true"}

PATHS = {
    "Contact": "contacts",
    "SalesInvoice": "sales_invoices",
    "ExternalSalesInvoice": "external_sales_invoices",
    "Estimate": "estimates",
    "Project": "projects",
    "Payment": "payments",
    "PurchaseInvoice": "documents/purchase_invoices",
    "Receipt": "documents/receipts",
}
"""Entity type, as webhooks name it, to the path under which the entity is fetched."""

VERSIONED = frozenset(PATHS) - {"Project", "Payment"}
"""Entity types whose ids and versions Moneybird lists (`synchronization`)."""


class MoneybirdApi:
    """One administration."""

    def __init__(self, transport: Transport, administration_id: str) -> None:
        self._transport = transport
        self._administration_id = administration_id

    def check_ready(self) -> None:
        """Raise WaitError if no call may be made now; makes none."""
        self._transport.check_ready()

    def _call(
        self,
        method: Method,
        resource: str,
        *,
        query: dict[str, str] | None = None,
        body: Json = None,
        upload: Upload | None = None,
        **ids: str,
    ) -> Call:
        return Call(
            method,
            f"{resource}.json",
            ids,
            query or {},
            body,
            upload,
            has_own_limit=resource.startswith("reports/"),
            root=(self._administration_id,),
        )

    def _read[Found: ProviderModel](self, model: type[Found], call: Call) -> Found:
        return _parsed(model, call, self._transport.send(call).body)

    def _find[Found: MoneybirdObject](self, model: type[Found], call: Call) -> Found | None:
        try:
            return self._read(model, call)
        except NotFoundError:
            return None

    def _read_all[Found: MoneybirdObject](self, model: type[Found], call: Call) -> list[Found]:
        return _all_parsed(model, call, self._transport.send(call))

    def _list[Found: MoneybirdObject](
        self, model: type[Found], resource: str, query: dict[str, str]
    ) -> list[Found]:
        """Read all pages. The `Link` header says whether there are more; without one, a full page does."""
        found: dict[str, Found] = {}
        for page in range(1, MOST_PAGES + 1):
            call = self._call("GET", resource, query={**query, "page": str(page), "per_page": str(PER_PAGE)})
            answer = self._transport.send(call)
            items = _all_parsed(model, call, answer)
            found |= {item.id: item for item in items}
            if not _goes_on(answer, items):
                return list(found.values())
        raise ParkedError(TOO_MANY_PAGES(resource=resource, most=MOST_PAGES))


def _goes_on(answer: Answer, items: Sequence[MoneybirdObject]) -> bool:
    if "Link" in answer.headers:
        return answer.has_next and bool(items)
    return len(items) >= PER_PAGE


def _all_parsed[Found: MoneybirdObject](model: type[Found], call: Call, answer: Answer) -> list[Found]:
    if not isinstance(answer.body, list):
        raise _unreadable(call, "it is not a list")
    return [_parsed(model, call, each) for each in answer.body]


def _parsed[Found: ProviderModel](model: type[Found], call: Call, data: Json) -> Found:
    if not isinstance(data, dict):
        raise _unreadable(call, "it is not an object")
    try:
        return model.model_validate({**data, "raw": data})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(str(part) for part in problem['loc'])}: {problem['msg']}"
            for problem in error.errors(include_input=False)
        )
        raise _unreadable(call, problems) from None  # its text would show what was in the answer


def _unreadable(call: Call, problems: str) -> ParkedError | OutcomeUnknownError:
    called = f"{call.method} {call.template}"
    reason = ANSWER_UNREADABLE(provider="Moneybird", call=called, problem=problems)
    creates = call.method == "POST" and not call.repeatable
    return OutcomeUnknownError(OUTCOME_UNKNOWN(said=reason)) if creates else ParkedError(reason)
