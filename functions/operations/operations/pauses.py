"""Ends the pauses of a connection when a person asks for it: after a repair at the provider, say."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools import Logger

from accounting_sync.providers.flow.throttle import Throttle
from accounting_sync.webhooks.events import Source

EXPECTED = 'expected "connection" (a text), and "provider" (moneybird or moment) if only one is meant'


@dataclass(frozen=True, slots=True)
class Pauses:
    """Lifts pauses; the waiting events follow with the next run of the dispatcher, within a minute."""

    throttle: Throttle
    logger: Logger

    def resume(self, task: Mapping[str, Any]) -> dict[str, Any]:
        """Lift the pauses of the connection that a task names.

        Parameters
        ----------
        task
            `{"connection": "acme"}`, with `"provider": "moneybird"` for that one alone.

        Returns
        -------
        dict
            `resumed`: provider to what was paused there, resource by resource.

        Raises
        ------
        ValueError
            If the task names no connection, or another provider.
        """
        connection, providers = _named(task)
        lifted = {provider.value: self._lift(connection, provider) for provider in providers}
        self.logger.info("resumed", extra={"connection": connection, "lifted": lifted})
        return {"resumed": lifted}

    def _lift(self, connection: str, provider: Source) -> dict[str, str]:
        before = self.throttle.resume(connection, provider)
        paused = {resource: denial.reason for resource, denial in before.denied.items()}
        return paused if before.paused_until is None else {**paused, "(all)": before.reason}


def _named(task: Mapping[str, Any]) -> tuple[str, tuple[Source, ...]]:
    match task:
        case {"connection": str(connection), "provider": str(provider)} if provider in set(Source):
            return connection, (Source(provider),)
        case {"connection": str(connection)} if connection and "provider" not in task:
            return connection, tuple(Source)
    raise ValueError(EXPECTED)
