"""Logger and metrics, set up once for all functions: names, and one line per metric document (EMF)."""

import os
from collections.abc import Mapping
from typing import Protocol

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit


def make_logger() -> Logger:
    """Return the function's logger; name and level come from POWERTOOLS_SERVICE_NAME and _LOG_LEVEL."""
    return Logger(utc=True)


class Counter(Protocol):
    """Counts what happens; a function that keeps numbers, as seen by the code that has them."""

    def count(self, connection: str, numbers: Mapping[str, int], **dimensions: str) -> None:
        """Count numbers by connection, and by further dimensions of few values."""


class MetricCounter:
    """Counts in CloudWatch by service, which is what the alarms need.

    CloudWatch bills each combination of metric and dimensions that gets a value within an hour, 0.30 dollars
    a month each (prorated). By connection, fifty connections make over a thousand of them, so that is only
    done where METRICS_BY_CONNECTION is `true`. The log lines have the connection in any case. The namespace
    is POWERTOOLS_METRICS_NAMESPACE.
    """

    def __init__(self) -> None:
        self._metrics = Metrics(namespace=os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "AccountingSync"))
        self._by_connection = os.environ.get("METRICS_BY_CONNECTION") == "true"

    def count(self, connection: str, numbers: Mapping[str, int], **dimensions: str) -> None:
        """Write one metric document."""
        if self._by_connection:
            self._add_dimensions(connection, dimensions)
        for name, number in numbers.items():
            self._metrics.add_metric(name, MetricUnit.Count, number)
        self._metrics.flush_metrics()

    def _add_dimensions(self, connection: str, dimensions: Mapping[str, str]) -> None:
        by_connection = {"service": self._metrics.provider.service, "connection": connection}
        self._metrics.add_dimensions(**by_connection, **dimensions)
        if dimensions:
            self._metrics.add_dimensions(**by_connection)
