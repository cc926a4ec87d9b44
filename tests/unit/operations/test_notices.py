"""Which notices are due, and what they say."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from accounting_sync.reasons.cause import Reason
from accounting_sync.reasons.settings import VAT_CODE_NOT_MAPPED
from accounting_sync.webhooks.events import EventSummary, Source, Status
from operations.notices.digest import OVER_AFTER, QUIET, Due, Kind, NoticeState, by_code, due
from operations.notices.messages import MOST_DOCUMENTS, Wording

NOW = datetime(2026, 1, 6, 12, tzinfo=UTC)
CODE = VAT_CODE_NOT_MAPPED.code
WORDING = Wording("books", "")


def parked(
    number: int, at: datetime = NOW, code: str = "H21", status: Status = Status.PARKED
) -> EventSummary:
    return EventSummary(
        event_id=f"acme#moment#key-{number}",
        connection="acme",
        source=Source.MOMENT,
        entity_type="invoice",
        entity_id=str(number),
        status=status,
        attempts=1,
        received_at=at,
        updated_at=at,
        number=str(1000 + number),
        reason=VAT_CODE_NOT_MAPPED(vat_code=code),
    )


def after(*moments: tuple[timedelta, list[EventSummary]]) -> list[tuple[Kind, int, int]]:
    """Return the notices that a connection's people get: kind, how many stand, and how many are new."""
    state, told = NoticeState(connection="acme"), []
    for passed, standing in moments:
        notices, state = due(state, by_code(standing), NOW + passed)
        told += [(notice.kind, len(notice.events), notice.new) for notice in notices]
    return told


def minutes(number: int) -> timedelta:
    return timedelta(minutes=number)


def test_hundred_events_of_one_reason_are_one_notice() -> None:
    assert after((minutes(0), [parked(each) for each in range(100)])) == [(Kind.NEEDS_YOU, 100, 100)]


def test_what_was_told_is_not_told_again() -> None:
    standing = [parked(1)]

    assert after((minutes(0), standing), (minutes(5), standing), (QUIET * 30, standing)) == [
        (Kind.NEEDS_YOU, 1, 1)
    ]


def test_what_follows_within_the_hour_is_told_together_after_it() -> None:
    later = [parked(1), parked(2, NOW + minutes(5)), parked(3, NOW + minutes(30))]

    told = after((minutes(0), later[:1]), (minutes(6), later[:2]), (minutes(31), later), (QUIET, later))

    assert told == [(Kind.NEEDS_YOU, 1, 1), (Kind.NEEDS_YOU, 3, 2)]


def test_all_clear_comes_once_nothing_stood_for_ten_minutes() -> None:
    told = after((minutes(0), [parked(1)]), (minutes(5), []), (minutes(10), []), (minutes(15), []))

    assert told == [(Kind.NEEDS_YOU, 1, 1), (Kind.ALL_CLEAR, 0, 0)]


def test_event_that_is_replayed_and_parks_again_brings_no_all_clear() -> None:
    again = parked(1, NOW + minutes(7))

    told = after((minutes(0), [parked(1)]), (minutes(5), []), (minutes(10), [again]), (minutes(20), [again]))

    assert told == [(Kind.NEEDS_YOU, 1, 1)]


def test_reason_that_comes_back_after_the_all_clear_is_told_at_once() -> None:
    told = after((minutes(0), [parked(1)]), (minutes(5), []), (minutes(15), []), (minutes(20), [parked(2)]))

    assert [kind for kind, _, _ in told] == [Kind.NEEDS_YOU, Kind.ALL_CLEAR, Kind.NEEDS_YOU]


@given(st.lists(st.sets(st.integers(1, 6)), max_size=30))
def test_nobody_is_left_in_the_dark_and_nobody_is_flooded(standing: list[set[int]]) -> None:
    """Whatever parks and is repaired, checked every 5 minutes: told within QUIET, and not more often."""
    state, told_at = NoticeState(connection="acme"), []
    since: dict[int, datetime] = {}
    for step, numbers in enumerate(standing):
        now = NOW + minutes(5 * step)
        since = {number: since.get(number, now) for number in numbers}
        events = [parked(number, at) for number, at in since.items()]
        notices, state = due(state, by_code(events), now)
        told_at += [now for notice in notices if notice.kind is Kind.NEEDS_YOU]
        told = state.told.get(CODE)
        assert all(now - at < QUIET or (told and at <= told.through) for at in since.values())
        cleared = any(notice.kind is Kind.ALL_CLEAR for notice in notices)
        assert not (cleared and events)
        if cleared:
            told_at = []
    assert all(later - earlier >= QUIET for earlier, later in pairwise(told_at))
    assert OVER_AFTER < QUIET


def test_notice_says_what_which_number_why_and_what_to_do() -> None:
    events = [parked(1), parked(2, code="L9"), parked(42, status=Status.FAILED)]

    message = WORDING.of("acme", Due(Kind.NEEDS_YOU, CODE, events, 3, 0))

    assert message.subject == "[acme] 3 documents not booked: vat_code_not_mapped"
    assert "3 documents of acme could not be booked." in message.text
    assert message.text.count("is not mapped. Add it under vat in the booking settings") == 2
    assert "  invoice 1001, since 2026-01-06 13:00\n" in message.text
    command = "accounting-sync --stack books events replay -c acme --status"
    assert f"  {command} PARKED --reason vat_code_not_mapped\n" in message.text
    assert f"  {command} FAILED --reason vat_code_not_mapped\n" in message.text


def test_long_notice_names_the_first_documents_and_counts_the_others() -> None:
    events = [parked(number) for number in range(100)]

    text = WORDING.of("acme", Due(Kind.NEEDS_YOU, CODE, events, 100, 0)).text

    assert text.count("  invoice ") == MOST_DOCUMENTS
    assert "  and 80 more.\n" in text


def test_notice_leads_to_where_people_see_the_document() -> None:
    wording = Wording("books", "https://books.test/{connection}/{kind}/{id}?number={number}")

    assert (
        ": https://books.test/acme/invoice/7?number=1007\n"
        in wording.of("acme", Due(Kind.NEEDS_YOU, CODE, [parked(7)], 1, 0)).text
    )


@given(st.text(min_size=1))
def test_subject_is_one_that_sns_takes(code: str) -> None:
    """ASCII without line breaks, fewer than 100 characters, and it begins with no space."""
    subject = WORDING.of("acme", Due(Kind.ALL_CLEAR, code, (), 0, 1)).subject

    assert subject.isascii()
    assert subject.isprintable()
    assert 0 < len(subject) < 100


def test_summary_counts_each_reason() -> None:
    standing = by_code([parked(1), parked(2)])

    message = WORDING.summary("acme", standing, waiting=4)

    assert message.subject == "[acme] 2 documents need a person"
    assert "2 documents of acme need a person; 4 wait by themselves." in message.text
    assert "2 documents: vat_code_not_mapped" in message.text


def test_summary_of_a_quiet_day_says_that_nothing_is_to_be_done() -> None:
    assert "Nothing of acme needs a person" in WORDING.summary("acme", {}, waiting=0).text


def test_reason_without_a_code_is_told_as_well() -> None:
    old = EventSummary(
        **{name: getattr(parked(1), name) for name in EventSummary.__slots__}
        | {"reason": Reason("uncoded", "It was long ago.")}
    )

    assert "It was long ago." in WORDING.of("acme", Due(Kind.NEEDS_YOU, "uncoded", [old], 1, 0)).text
