"""Which codes are known from what is parked."""

from accounting_sync.reasons.settings import (
    LEDGER_ACCOUNT_NOT_MAPPED,
    PURCHASE_VAT_NOT_MAPPED,
    VAT_CODE_NOT_MAPPED,
)
from operations.administration.seen_codes import Seen


def test_codes_that_events_wait_for_are_known_and_counted() -> None:
    parked = (
        VAT_CODE_NOT_MAPPED(vat_code="X7"),
        VAT_CODE_NOT_MAPPED(vat_code="X7"),
        PURCHASE_VAT_NOT_MAPPED(vat_code="L9"),
        LEDGER_ACCOUNT_NOT_MAPPED(account="8000", default="default_ledger_account"),
    )
    seen = Seen((), parked)

    assert seen.percentages() == {"X7": None, "L9": None}
    assert (seen.waiting(VAT_CODE_NOT_MAPPED), seen.in_claims()) == ({"X7": 2}, {"L9"})
    assert seen.accounts() == {"8000"}
    assert not seen.explains_itself()


def test_line_without_a_vat_code_has_none_to_map() -> None:
    seen = Seen((), (VAT_CODE_NOT_MAPPED(vat_code=None),))

    assert seen.percentages() == {}
    assert seen.explains_itself()
