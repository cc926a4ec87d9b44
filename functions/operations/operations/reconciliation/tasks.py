"""The tasks of the reconciliation function: what a schedule or a person asks of it."""

import random
from collections.abc import Callable, Mapping, MutableSequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger

from accounting_sync.aws.parameters import ParameterNames
from accounting_sync.connections.registry import ConnectionRegistry
from accounting_sync.errors import SyncError
from operations.reconciliation.key_expiry import KeyExpiry
from operations.reconciliation.runner import Runner
from operations.reconciliation.runs import Run, RunKind, RunState, RunStore
from operations.reconciliation.webhook_health import WebhookHealth
from operations.totals.tasks import TotalsTasks

EXPECTED = (
    'expected the task "reconcile", "backfill", "progress", "stop", "resume", "check_webhooks" or "totals"'
    ' with a "connection", or "reconcile_all", "totals_all" or "go_on"'
)


@dataclass(frozen=True, slots=True)
class Tasks:
    """Does one task, within the time that is left."""

    runner: Runner
    runs: RunStore
    registry: ConnectionRegistry
    configured: ParameterNames
    """The connections that have booking settings, whether or not a webhook has ever come for them."""
    health: WebhookHealth
    expiry: KeyExpiry
    totals: TotalsTasks
    logger: Logger
    shuffle: Callable[[MutableSequence[Run]], None] = random.shuffle

    def run(self, task: Mapping[str, Any], time_left: Callable[[], float]) -> dict[str, Any]:
        """Do what a task names.

        ======================  =================================================================
        task                    does
        ======================  =================================================================
        `reconcile_all`         opens a reconciliation for each connection, and checks its webhook
        `totals_all`            checks the totals of this month and the last one for each connection
        `go_on`                 goes on with all open runs and checks; the schedule asks for it
        `reconcile`, `backfill` opens a run of `connection`, from `from` to `to`, and begins it
        `progress`              tells how the runs of `connection` stand
        `stop`, `resume`        stops the run of a `kind`, or lets it go on
        `check_webhooks`        looks at Moneybird's webhook of `connection`
        `totals`                checks the totals of `connection` for a `month`, else for the last one
        ======================  =================================================================

        Raises
        ------
        ValueError
            If the task cannot be understood; the message says what is expected.
        SyncError
            If secret, settings or a provider of the one connection that is named cannot be read.
        """
        match task:
            case {"task": "reconcile_all"}:
                return self._reconcile_all(time_left)
            case {"task": "totals_all"}:
                return self.totals.check_all(self._connections(), time_left)
            case {"task": "go_on"}:
                for connection in self.registry.names():
                    self.runner.watch(connection)
                runs = [_shown(run) for run in self._go_on(time_left)]
                return {"runs": runs, "checks": self.totals.go_on(time_left)}
            case {"connection": str(connection)} if connection:
                return self._of_connection(connection, task, time_left)
        raise ValueError(EXPECTED)

    def _of_connection(
        self, connection: str, task: Mapping[str, Any], time_left: Callable[[], float]
    ) -> dict[str, Any]:
        match task:
            case {"task": "reconcile" | "backfill" as name}:
                return self._open(connection, _KINDS[name], task, time_left)
            case {"task": "progress"}:
                return {"runs": [_shown(run) for run in self._runs_of(connection)]}
            case {"task": "stop" | "resume" as name, "kind": str(kind)}:
                return self._set(connection, kind, _STATES[name])
            case {"task": "check_webhooks"}:
                return {"problems": self.health.check(connection, time_left)}
            case {"task": "totals"}:
                return self.totals.check(connection, task.get("month"), time_left)
        raise ValueError(EXPECTED)

    def _reconcile_all(self, time_left: Callable[[], float]) -> dict[str, Any]:
        """Open a run for each connection; whatever is wrong with one, the others are reconciled.

        Those that time does not suffice for are the first ones of the next schedule.
        """
        failed, connections = {}, self._longest_ago_first()
        while connections and time_left() > 0:
            connection = connections.pop(0)
            for work in (self._open_run, self.health.check, self.expiry.check):
                try:
                    work(connection, time_left)
                except SyncError as error:
                    about = {"connection": connection, "cause": str(error)}
                    self.logger.warning("not reconciled", extra=about)
                    failed[connection] = str(error)
        if connections:
            self.logger.warning("left for the next schedule", extra={"connections": len(connections)})
        runs = [_shown(run) for run in self._go_on(time_left)]
        return {"runs": runs, "failed": failed, "left": connections}

    def _longest_ago_first(self) -> list[str]:
        """Return all connections: first those without a reconciliation, then by when the last one began."""
        begun = {
            run.connection: run.started_at for run in self.runs.all() if run.kind is RunKind.RECONCILIATION
        }
        return sorted(self._connections(), key=lambda name: begun.get(name, _NEVER))

    def _connections(self) -> list[str]:
        """Return all connections that are known: those with webhooks, and those with booking settings."""
        try:
            configured = self.configured.list()
        except SyncError as error:
            self.logger.warning("connections without webhooks are left out", extra={"cause": str(error)})
            configured = []
        return sorted({*self.registry.names(), *configured})

    def _open_run(self, connection: str, _: Callable[[], float]) -> Run:
        return self.runner.open(connection, RunKind.RECONCILIATION, {})

    def _go_on(self, time_left: Callable[[], float]) -> list[Run]:
        """Go on with all open runs, in a random order: a long one does not keep the time from the others."""
        opened = [run for run in self.runs.all() if run.state is RunState.OPEN]
        self.shuffle(opened)
        return [self.runner.go_on(run, time_left) if time_left() > 0 else run for run in opened]

    def _open(
        self, connection: str, kind: RunKind, task: Mapping[str, Any], time_left: Callable[[], float]
    ) -> dict[str, Any]:
        if kind is RunKind.BACKFILL and "from" not in task:
            raise ValueError('a backfill needs "from": the first booking date, such as 2026-01-01')
        run = self.runner.open(connection, kind, task)
        return {"runs": [_shown(self.runner.go_on(run, time_left))]}

    def _runs_of(self, connection: str) -> list[Run]:
        found = (self.runs.get(connection, kind) for kind in RunKind)
        return [run for run in found if run is not None]

    def _set(self, connection: str, kind: str, state: RunState) -> dict[str, Any]:
        run = self.runs.get(connection, RunKind(kind)) if kind in set(RunKind) else None
        if run is None or run.state is RunState.FINISHED:
            raise ValueError(f'connection "{connection}" has no {kind} that is not finished')
        return {"runs": [_shown(self.runner.set_state(run, state))]}


_NEVER = datetime.min.replace(tzinfo=UTC)
_KINDS = {"reconcile": RunKind.RECONCILIATION, "backfill": RunKind.BACKFILL}
_STATES = {"stop": RunState.STOPPED, "resume": RunState.OPEN}


def _shown(run: Run) -> dict[str, Any]:
    return run.model_dump(mode="json", exclude={"revision"}, exclude_none=True)
