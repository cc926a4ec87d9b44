"""What the simulators have in common: a state, an API, faults, a log, webhooks and their control."""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, NoReturn, Protocol
from wsgiref.types import WSGIApplication

from flask import Blueprint, Flask, g
from pydantic import BaseModel
from werkzeug.routing import Rule

from tests.simulators.clock import Clock
from tests.simulators.deliveries import DeliveryQueue
from tests.simulators.faults import FaultSwitch
from tests.simulators.gateway import Gateway
from tests.simulators.request_log import RequestLog

type Entity = dict[str, Any]
"""A stored object as the API shows it."""


class State(Protocol):
    """What the control routes need of a simulator's state."""

    lock: RLock

    @property
    def settings(self) -> BaseModel:
        """How the provider behaves; a test may change it."""

    def change_settings(self, changes: dict[str, Any]) -> None:
        """Change some of the settings."""

    def reset(self) -> None:
        """Return to the seeded state."""

    def collections(self) -> dict[str, dict[str, Entity]]:
        """Give all stored objects by kind and id."""

    def put(self, collection: str, entity: Entity, action: str | None) -> Entity:
        """Create or merge an object, and tell webhooks of it under `action` unless that is None."""

    def remove(self, collection: str, entity_id: str, action: str | None) -> bool:
        """Delete an object; False when there is none."""

    def tick(self) -> None:
        """Do what the provider does by itself when time passes."""


@dataclass
class Simulator[S: State]:
    """A simulated provider.

    Attributes
    ----------
    state : S
        Everything stored, directly reachable for tests in the same process; hold ``state.lock`` for
        compound changes while the simulator is serving.
    requests : RequestLog
        What was received.
    faults : FaultSwitch
        What goes wrong next.
    clock : Clock
        The simulated time.
    deliveries : DeliveryQueue
        Webhooks on their way out.
    """

    name: str
    state: S
    app: Flask
    clock: Clock
    deliveries: DeliveryQueue
    requests: RequestLog = field(default_factory=RequestLog)
    faults: FaultSwitch = field(default_factory=FaultSwitch)

    @property
    def wsgi(self) -> WSGIApplication:
        """The application to serve."""
        return Gateway(self.app, self.requests, self.faults, self.clock)

    def reset(self) -> None:
        """Return to the beginning: seeded state, real time, nothing logged, nothing to deliver."""
        self.faults.clear()
        self.deliveries.reset()
        with self.state.lock:
            self.clock.reset()
            self.state.reset()
        self.requests.clear()

    def close(self) -> None:
        """Let go of held connections and stop delivering."""
        self.faults.clear()
        self.deliveries.close()


class MatchingRule(Rule):
    """A route that only matches.

    To make what builds its URL takes longer than all else in making a simulator, and nobody asks for URLs.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        def refuse(*_: object, **__: object) -> NoReturn:
            raise LookupError("simulators build no URLs")

        return refuse


def simulator_app(name: str) -> Flask:
    """Make the application of a simulator."""
    app = Flask(name)
    app.url_rule_class = MatchingRule
    return app


def merged[M: BaseModel](settings: M, changes: dict[str, Any]) -> M:
    """Give settings with some values changed, validated."""
    return type(settings).model_validate(settings.model_dump() | changes)


def one_at_a_time(blueprint: Blueprint, lock: RLock) -> None:
    """Let the routes of a blueprint run one at a time, so that check-then-write is safe."""

    @blueprint.before_request
    def acquire() -> None:
        lock.acquire()
        g.held = lock

    @blueprint.teardown_request
    def release(_: BaseException | None) -> None:
        held = g.pop("held", None)
        if held is not None:
            held.release()
