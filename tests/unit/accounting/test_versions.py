"""What is newer, by the rules that need no table."""

from datetime import UTC, datetime, timedelta

import pytest

from accounting_sync.accounting.versions import is_settled
from accounting_sync.webhooks.events import Source

SECOND = datetime(2026, 1, 31, 12, tzinfo=UTC)
VERSION = int(SECOND.timestamp())


@pytest.mark.parametrize(
    ("seconds", "settled"), [(-60, False), (0, False), (1.999, False), (2, True), (60, True)]
)
def test_reading_of_moneybird_saw_all_of_a_version_if_it_began_two_seconds_later(
    seconds: float, settled: bool
) -> None:
    assert is_settled(Source.MONEYBIRD, VERSION, SECOND + timedelta(seconds=seconds)) is settled


def test_reading_of_moneybird_at_an_unknown_time_may_have_missed_something() -> None:
    assert not is_settled(Source.MONEYBIRD, VERSION, None)


@pytest.mark.parametrize(("source", "version"), [(Source.MOMENT, VERSION), (Source.MONEYBIRD, None)])
def test_only_versions_of_moneybird_stand_for_a_whole_second(source: Source, version: int | None) -> None:
    assert is_settled(source, version, None)
