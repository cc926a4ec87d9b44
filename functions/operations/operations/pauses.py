"""Pauses a connection, and ends its pauses, when a person asks for it: around a repair at a provider, say."""

from dataclasses import dataclass

from aws_lambda_powertools import Logger

from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.webhooks.events import Source
from operations.api.answers import Paused, Resumed
from operations.api.requests import Pause, Resume


@dataclass(frozen=True, slots=True)
class Pauses:
    """Makes and lifts pauses; waiting events follow with the next run of the dispatcher, within a minute."""

    throttle: Throttle
    logger: Logger

    def pause(self, request: Pause) -> Paused:
        """Let no more calls go to the providers until a person resumes; a call under way is finished."""
        providers = _meant(request.provider)
        for provider in providers:
            self.throttle.hold(request.connection, provider, request.reason)
        self.logger.info("paused", extra={"connection": request.connection, "providers": providers})
        return Paused(paused=providers)

    def resume(self, request: Resume) -> Resumed:
        """Lift the pauses of a connection."""
        lifted = {provider: self._lift(request.connection, provider) for provider in _meant(request.provider)}
        self.logger.info("resumed", extra={"connection": request.connection, "lifted": lifted})
        return Resumed(resumed=lifted)

    def _lift(self, connection: str, provider: Source) -> dict[str, str]:
        before = self.throttle.resume(connection, provider)
        paused = {resource: denial.reason for resource, denial in before.denied.items()}
        if before.paused_until is not None:
            paused["(all)"] = before.reason
        return paused | {"(by a person)": before.held} if before.held else paused


def _meant(provider: Source | None) -> tuple[Source, ...]:
    return tuple(Source) if provider is None else (provider,)
