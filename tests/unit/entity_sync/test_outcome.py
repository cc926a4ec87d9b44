"""What an event's item keeps of an outcome."""

import pytest

from accounting_sync.accounting.trials import PlannedWrite
from accounting_sync.webhooks.events import Status
from entity_sync.destinations.port import Booked
from entity_sync.pipeline.result import PLAN_LIMIT, Outcome


@pytest.mark.parametrize(("size", "is_whole"), [(1, True), (PLAN_LIMIT, False)])
def test_plan_that_is_too_large_is_kept_without_its_fields(size: int, is_whole: bool) -> None:
    write = PlannedWrite(action="create contact", path="POST contacts", fields={"firstname": "x" * size})
    booked = Booked(status=Status.SKIPPED, plan=(write,))

    (kept,) = Outcome(destinations={"moneybird": booked}).to_item()["destinations"]["moneybird"]["plan"]

    assert (kept["action"], kept["path"]) == ("create contact", "POST contacts")
    assert ("fields" in kept) is is_whole
