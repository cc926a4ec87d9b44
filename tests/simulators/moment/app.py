"""The simulated Moment: composition of its parts."""

import hmac

from flask import Blueprint, Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from tests.simulators.clock import Clock
from tests.simulators.control import add_control_routes
from tests.simulators.deliveries import DeliveryQueue, DeliverySettings
from tests.simulators.gateway import CONTROL_PREFIX
from tests.simulators.moment.routes import add_routes
from tests.simulators.moment.state import MomentSettings, MomentState
from tests.simulators.moment.webhooks import WebhookSender, add_webhook_routes
from tests.simulators.simulator import Simulator, one_at_a_time, simulator_app

type MomentSimulator = Simulator[MomentState]

COMPANY = "simulated-company"
API_KEY = "simulated-api-key"

_PREFIX = "/api/1.0"
_USER_NAME = "apikey"  # documented: the literal user name of HTTP Basic


def moment_app(
    company: str = COMPANY,
    api_key: str = API_KEY,
    *,
    settings: MomentSettings | None = None,
    delivery: DeliverySettings | None = None,
    clock: Clock | None = None,
) -> MomentSimulator:
    """Make a simulated Moment with one company.

    Parameters
    ----------
    company : str
        Its name in the path.
    api_key : str
        The key that it accepts.
    settings : MomentSettings | None
        How it behaves.
    delivery : DeliverySettings | None
        How it delivers webhooks; None stands for no retries, since none are documented.
    clock : Clock | None
        Its time; None stands for the real one.
    """
    clock = clock or Clock()
    state = MomentState(company, api_key, clock)
    state.start_with(settings or MomentSettings())
    queue = DeliveryQueue(delivery or DeliverySettings())
    state.listeners.append(WebhookSender(state, queue).tell)
    simulator = Simulator("moment", state, _flask(state), clock, queue)
    add_control_routes(simulator)
    return simulator


def _flask(state: MomentState) -> Flask:
    app = simulator_app("moment-simulator")
    _guard(app, state)
    api = Blueprint("api", __name__, url_prefix=f"{_PREFIX}/companies/{state.company}")
    one_at_a_time(api, state.lock)
    add_routes(api, state)
    app.register_blueprint(api)
    hooks = Blueprint("hooks", __name__, url_prefix=CONTROL_PREFIX)
    add_webhook_routes(hooks, state)
    app.register_blueprint(hooks)
    app.register_error_handler(HTTPException, _explained)
    return app


def _guard(app: Flask, state: MomentState) -> None:
    @app.before_request
    def admit() -> Response | None:
        if not request.path.startswith(_PREFIX) or _authorized(state.api_key):
            return None
        response = _error(401, "Unauthorized")
        response.headers["WWW-Authenticate"] = 'Basic realm="Moment"'
        return response


def _authorized(api_key: str) -> bool:
    given = request.authorization
    if given is None or given.type != "basic" or given.username != _USER_NAME:
        return False
    return hmac.compare_digest((given.password or "").encode(), api_key.encode())


def _explained(error: HTTPException) -> Response:
    return _error(error.code or 500, error.description or error.name)


def _error(status: int, message: str) -> Response:
    """Give an error answer. Its shape is assumed: Moment documents none."""
    response = jsonify({"status": status, "message": message})
    response.status_code = status
    return response
