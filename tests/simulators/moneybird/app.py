"""The simulated Moneybird: composition of its parts."""

import hmac
from functools import partial

from flask import Blueprint, Flask, Response, g, jsonify, request

from tests.simulators.clock import Clock
from tests.simulators.control import add_control_routes
from tests.simulators.deliveries import DeliveryQueue, DeliverySettings
from tests.simulators.gateway import CONTROL_PREFIX
from tests.simulators.moneybird.answers.errors import handle_errors, not_found, unauthorized
from tests.simulators.moneybird.answers.rate_limit import RateLimit
from tests.simulators.moneybird.contacts import add_contact_routes
from tests.simulators.moneybird.documents.attachments import add_file_route
from tests.simulators.moneybird.documents.documents import mark_late
from tests.simulators.moneybird.documents.estimates import add_estimate_routes
from tests.simulators.moneybird.documents.external_sales_invoices import add_external_sales_invoice_routes
from tests.simulators.moneybird.documents.kinds import ESTIMATE, EXTERNAL_SALES_INVOICE, SALES_INVOICE
from tests.simulators.moneybird.documents.purchase_documents import add_purchase_document_routes
from tests.simulators.moneybird.documents.sales_invoices import add_sales_invoice_routes
from tests.simulators.moneybird.downloads import add_download_routes
from tests.simulators.moneybird.projects import add_project_routes
from tests.simulators.moneybird.reference_routes import add_reference_routes, administrations
from tests.simulators.moneybird.reports import add_report_routes
from tests.simulators.moneybird.state import MoneybirdSettings, MoneybirdState
from tests.simulators.moneybird.webhooks import WebhookSender, add_webhook_routes
from tests.simulators.simulator import Simulator, one_at_a_time, simulator_app

type MoneybirdSimulator = Simulator[MoneybirdState]

ADMINISTRATION_ID = "123456789012345678"
API_TOKEN = "simulated-api-token"

_PREFIX = "/api/v2"
_RETRIES = 10  # documented


def moneybird_app(
    administration_id: str = ADMINISTRATION_ID,
    api_token: str = API_TOKEN,
    *,
    settings: MoneybirdSettings | None = None,
    delivery: DeliverySettings | None = None,
    clock: Clock | None = None,
) -> MoneybirdSimulator:
    """Make a simulated Moneybird with one administration.

    Parameters
    ----------
    administration_id : str
        Digits.
    api_token : str
        The bearer token that it accepts.
    settings : MoneybirdSettings | None
        How it behaves; None stands for the behaviour documented.
    delivery : DeliverySettings | None
        How it delivers webhooks; None stands for ten retries at growing intervals of real length.
    clock : Clock | None
        Its time; None stands for the real one.
    """
    clock = clock or Clock()
    state = MoneybirdState(administration_id, api_token, clock)
    state.start_with(settings or MoneybirdSettings())
    queue = DeliveryQueue(delivery or DeliverySettings(retries=_RETRIES))
    state.listeners.append(WebhookSender(state, queue).tell)
    state.on_tick.extend(
        partial(mark_late, state, kind) for kind in (EXTERNAL_SALES_INVOICE, SALES_INVOICE, ESTIMATE)
    )
    app = _flask(state)
    simulator = Simulator("moneybird", state, app, clock, queue)
    add_control_routes(simulator)
    return simulator


def _flask(state: MoneybirdState) -> Flask:
    app = simulator_app("moneybird-simulator")
    app.json.sort_keys = False  # type: ignore[attr-defined] # DefaultJSONProvider has it
    handle_errors(app)
    _guard(app, state)
    app.register_blueprint(_resources(state))
    app.register_blueprint(_webhooks(state))
    files = Blueprint("files", __name__, url_prefix=CONTROL_PREFIX)
    add_file_route(files, state)
    app.register_blueprint(files)

    @app.get(f"{_PREFIX}/administrations.json")
    def list_administrations() -> Response:
        return jsonify(administrations(state))

    return app


def _resources(state: MoneybirdState) -> Blueprint:
    blueprint = Blueprint("resources", __name__, url_prefix=f"{_PREFIX}/{state.administration_id}")
    one_at_a_time(blueprint, state.lock)
    add_contact_routes(blueprint, state)
    add_external_sales_invoice_routes(blueprint, state)
    add_sales_invoice_routes(blueprint, state)
    add_estimate_routes(blueprint, state)
    add_purchase_document_routes(blueprint, state)
    add_project_routes(blueprint, state)
    add_reference_routes(blueprint, state)
    add_report_routes(blueprint, state)
    add_download_routes(blueprint, state)
    return blueprint


def _webhooks(state: MoneybirdState) -> Blueprint:
    """Apart from the other resources: registration waits for the receiver, and must not hold the lock."""
    blueprint = Blueprint("webhooks", __name__, url_prefix=f"{_PREFIX}/{state.administration_id}")
    add_webhook_routes(blueprint, state)
    return blueprint


def _guard(app: Flask, state: MoneybirdState) -> None:
    """Check the token, then the rate limit, then the path."""
    limit = RateLimit(state)
    state.on_reset.append(limit.reset)

    @app.before_request
    def admit() -> None:
        if not request.path.startswith(_PREFIX):
            return
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(token.encode(), state.api_token.encode()):
            raise unauthorized()
        with state.lock:
            g.rate_headers = limit.count(token, reports="/reports/" in request.path)
        if request.url_rule is None:
            raise not_found()

    @app.after_request
    def add_headers(response: Response) -> Response:
        response.headers.update(g.get("rate_headers", {}))
        return response
