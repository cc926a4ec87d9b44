"""What a million webhooks and a month without any cost, at list prices, from counted calls.

Dollars in eu-central-1, without free tiers, as AWS published them in 2025 (DynamoDB on demand after its
prices were halved in November 2024). What is not counted is an estimate, and its name says so.
"""

from collections.abc import Mapping

from tests.benchmarks.calls import Calls

GATEWAY_REQUEST = 3.70 / 1e6
LAMBDA_GB_SECOND = 0.0000133334  # arm64
LAMBDA_REQUEST = 0.20 / 1e6
WRITE_UNIT = 0.7625 / 1e6
READ_UNIT = 0.1525 / 1e6
SQS_REQUEST = 0.50 / 1e6  # FIFO
BUS_EVENT = 1.00 / 1e6
TRACE = 5.00 / 1e6
LOG_GB = 0.63
ALARM = 0.10
SECRET = 0.40
DASHBOARD = 3.00

_MEMORY_GB = 0.5
RECEIVER_SECONDS = 0.05
SYNC_SECONDS = 3.0  # it waits for the providers
_LOG_BYTES = 3000
_MINUTES = 43_800
"""Of a month."""


def million_webhooks(sync: Calls) -> dict[str, float]:
    """Return the dollars by part for a million webhooks of one kind."""
    each = {
        "API Gateway": GATEWAY_REQUEST,
        "receiver, 50 ms (estimated)": LAMBDA_REQUEST + RECEIVER_SECONDS * _MEMORY_GB * LAMBDA_GB_SECOND,
        "sync, 3 s (estimated)": LAMBDA_REQUEST + SYNC_SECONDS * _MEMORY_GB * LAMBDA_GB_SECOND,
        "DynamoDB writes": sync.write_units * WRITE_UNIT,
        "DynamoDB reads": sync.reads * READ_UNIT,
        "SQS: sent, received, deleted": 3 * SQS_REQUEST,
        "event bus": sync.aws["events PutEvents"] * BUS_EVENT,
        "tracing": TRACE,
        "logs, 3 KB (estimated)": _LOG_BYTES / 1e9 * LOG_GB,
    }
    return {name: 1e6 * dollars for name, dollars in each.items()}


def idle_month(template: Mapping[str, int], connections: int) -> dict[str, float]:
    """Return the dollars by part for a month without webhooks; `template` counts its resources by type."""
    polls = template["AWS::Lambda::EventSourceMapping"] * 5 * _MINUTES * 3  # five pollers, 20 s long polls
    return {
        "alarms": template["AWS::CloudWatch::Alarm"] * ALARM,
        "secrets": connections * SECRET,
        "SQS polls": polls * SQS_REQUEST,
        "dashboard": template["AWS::CloudWatch::Dashboard"] * DASHBOARD,
        "sweep, each minute, 0.1 s (estimated)": _MINUTES
        * (LAMBDA_REQUEST + 0.1 * _MEMORY_GB * LAMBDA_GB_SECOND + 13 * 0.5 * READ_UNIT),
        "traces of the schedules": 61_500 * TRACE,
    }
