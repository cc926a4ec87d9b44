"""Environment: what the template gives is what the function reads."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from entity_sync.environment import Environment

ENVIRONMENT = {
    "STAGE": "production",
    "EVENTS_TABLE": "events",
    "ACCOUNTING_TABLE": "accounting",
    "CONTROL_TABLE": "control",
    "SYNC_QUEUE_URL": "https://sqs.test/sync.fifo",
    "BULK_QUEUE_URL": "https://sqs.test/bulk.fifo",
    "EVENT_BUS_NAME": "accounting",
    "CONNECTION_PREFIX": "accounting-sync/",
    "MONEYBIRD_BASE_URL": "https://moneybird.com/api/v2",
    "MOMENT_BASE_URL": "https://app.moment.team/api/1.0",
    "EVENT_RETENTION_DAYS": "90",
    "SOMETHING_ELSE": "of AWS",
}


def test_settings_are_read_from_the_environment() -> None:
    settings = Environment.from_environment(ENVIRONMENT)

    assert settings.accounting_table == "accounting"
    assert settings.retention == timedelta(days=90)
    assert settings.max_unfinished == 6


def test_patience_can_be_changed() -> None:
    settings = Environment.from_environment(ENVIRONMENT | {"MAX_UNFINISHED": "3", "RETRY_MIN_SECONDS": "0.5"})

    assert (settings.max_unfinished, settings.retry_min_seconds) == (3, 0.5)


@pytest.mark.parametrize("name", [name for name in ENVIRONMENT if name != "SOMETHING_ELSE"])
def test_missing_setting_is_named(name: str) -> None:
    environment = {key: value for key, value in ENVIRONMENT.items() if key != name}

    with pytest.raises(ValidationError, match=name.lower()):
        Environment.from_environment(environment)


@pytest.mark.parametrize(("name", "value"), [("EVENT_RETENTION_DAYS", "0"), ("MAX_UNFINISHED", "many")])
def test_unusable_setting_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Environment.from_environment(ENVIRONMENT | {name: value})
