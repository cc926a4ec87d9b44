"""What the overview says of a month, and finding documents on their page."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from accounting_sync.webhooks.events import Status
from console.chart import HEIGHT, WIDTH, Chart
from console.formats import money, month_name
from console.texts import words
from operations.api.documents import DayCount
from operations.api.requests import Pause
from operations.api.totals import Amounts, CheckState, RateTotals
from operations.totals.checks import Check, CheckStore
from tests.harness.console import Answer, ConsoleWorld
from tests.harness.many_documents import many_invoices, write_documents, write_events
from tests.harness.world import CONNECTION
from tests.integration.test_operations_api import Stack

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def filled() -> Iterator[ConsoleWorld]:
    """Have a ledger that is only read: 120 invoices in forty days, and a check that differs."""
    with mock_aws():
        world = ConsoleWorld.made()
        world.sync.now = NOW
        tables, dynamodb = world.sync.environment, world.sync.aws.dynamodb
        write_documents(dynamodb, tables.accounting_table, many_invoices(120, NOW.date(), 40))
        write_events(dynamodb, tables.events_table, (118, 117), Status.PARKED, NOW)
        CheckStore(dynamodb, tables.accounting_table).put(_check())
        Stack(world.sync).pauses.pause(
            Pause(task="pause", connection=CONNECTION, reason="nobody books in the holidays")
        )
        yield world


def _check() -> Check:
    ours, theirs = (Amounts(net=Decimal(net), vat=Decimal(net) / 10) for net in (1234560, 1234570))
    rate = RateTotals(
        tax_rate_id="1",
        name="10 %",
        percentage=Decimal(10),
        type="sales_invoice",
        ours=ours,
        others=Amounts(),
        moneybird=theirs,
        difference=theirs - ours,
        unexplained=Amounts(),
        differs=True,
    )
    return Check(
        connection=CONNECTION,
        month="2026-11",
        started_at=NOW,
        finished_at=NOW,
        state=CheckState.FINISHED,
        totals=(rate,),
    )


def shown(world: ConsoleWorld, address: str, language: str = "en", **query: str) -> Answer:
    browser = world.browser(language)
    browser.sign_in()
    return browser.get(address, **query)


def rows(answer: Answer) -> list[str]:
    """Return what the rows of a list of documents begin with."""
    return re.findall(r'<th scope="row">(?:<a [^>]*>)?([^<\n]+)', answer.body)


def test_overview_counts_this_month_and_leads_to_the_documents(filled: ConsoleWorld) -> None:
    body = shown(filled, "overview").body

    assert '<h2 id="month">November 2026</h2>' in body
    for state, count in (("parked", 2), ("not_booked", 3), ("failed", 0)):
        address = f'href="documents?month=2026-11&amp;state={state}"'
        tile = re.search(rf"{re.escape(address)}.*?<dd>(\d+)", body, re.DOTALL)
        assert tile
        assert int(tile[1]) == count
        assert len(rows(shown(filled, "documents", month="2026-11", state=state))) == count


def test_months_lead_to_each_other(filled: ConsoleWorld) -> None:
    october = shown(filled, "overview", month="2026-10").body

    assert "overview?month=2026-09" in october
    assert "overview?month=2026-11" in october
    assert "October 2026" in october
    assert "december 2025" in shown(filled, "overview", "nl", month="2026-01").body
    assert "November 2026</h2>" in shown(filled, "overview", month="2026-13").body


def test_sums_stand_beside_moneybirds_with_when_they_were_checked(filled: ConsoleWorld) -> None:
    english, dutch = (shown(filled, "overview", language).body for language in ("en", "nl"))

    assert "€1,234,560.00" in english
    assert "€1,234,570.00" in english
    assert "Something differs." in english
    assert "Checked at 2026-11-28 13:00." in english
    assert "€\N{NO-BREAK SPACE}1.234.560,00" in dutch
    assert "Er zijn verschillen." in dutch


def test_month_that_was_never_checked_says_how(filled: ConsoleWorld) -> None:
    body = shown(filled, "overview", month="2026-10").body

    assert f"accounting-sync totals -c {CONNECTION} --month 2026-10 --check" in body


def test_chart_is_described_and_stands_as_a_table_too(filled: ConsoleWorld) -> None:
    body = shown(filled, "overview").body
    svg = ElementTree.fromstring(body[body.index("<svg") : body.index("</svg>") + 6])  # noqa: S314  # ours

    named = {each.get("id"): each.text for each in svg}
    assert [bool(named[name]) for name in (svg.get("aria-labelledby") or "").split()] == [True, True]
    assert len([each for each in svg if each.get("class") == "bar-booked"]) == 30
    assert len(re.findall(r"<tr><th scope=\"row\">2026-1\d-\d\d</th>", body)) == 30


def test_pauses_come_first(filled: ConsoleWorld) -> None:
    body = shown(filled, "overview").body

    assert body.index("nobody books in the holidays") < body.index("November 2026")


def test_pages_of_documents_follow_each_other(filled: ConsoleWorld) -> None:
    first = shown(filled, "documents", month="2026-11")
    link = re.search(r'<a href="documents\?([^"]+)" rel="next">', first.body)
    assert link
    query = dict(parse_qsl(unescape(link[1])))
    second = shown(filled, "documents", **query)

    assert (len(rows(first)), query["month"]) == (50, "2026-11")
    assert len(rows(second)) == 84 - 50
    assert set(rows(first)) & set(rows(second)) == set()
    assert 'rel="next"' not in second.body
    assert 'href="documents?month=2026-11"' in second.body  # the first page


def test_document_leads_to_its_own_page(filled: ConsoleWorld) -> None:
    body = shown(filled, "documents", number="17").body

    (link,) = re.findall(r'<th scope="row"><a href="([^"]+)">17</a>', body)
    entity = dict(parse_qsl(urlsplit(unescape(link)).query))
    assert "Customer 17 of Synthetic Trading B.V." in shown(filled, "document", **entity).body
    assert "Customer 17 of Synthetic Trading B.V." in body


def test_search_stays_in_the_form_and_what_is_no_choice_is_left_out(filled: ConsoleWorld) -> None:
    body = shown(filled, "documents", month="2026-11", customer='"<b>', state="parked", kind="invoice").body
    strange = shown(filled, "documents", month="November", state="gone", kind="letter", after="")

    assert 'value="&#34;&lt;b&gt;"' in body
    assert '<option value="parked" selected>' in body
    assert '<option value="invoice" selected>' in body
    assert "No document fits." in body
    assert (strange.status, len(rows(strange))) == (200, 50)


def test_page_that_no_list_gave_says_so(filled: ConsoleWorld) -> None:
    answer = shown(filled, "documents", after="nonsense")

    assert answer.status == 503
    assert "none of this list" in answer.body


def test_amounts_are_written_as_the_language_has_them(filled: ConsoleWorld) -> None:
    number, credit = {"number": "17"}, {"number": "12"}

    assert "€138.00" in shown(filled, "documents", **number).body
    assert "€\N{NO-BREAK SPACE}138,00" in shown(filled, "documents", "nl", **number).body
    assert "-€133.00" in shown(filled, "documents", **credit).body
    assert "Creditfactuur" in shown(filled, "documents", "nl", **credit).body


AMOUNTS = st.decimals(-(10**9), 10**9, places=2)


@given(AMOUNTS, st.sampled_from(["EUR", "USD"]), st.sampled_from(["en", "nl"]))
def test_what_is_written_is_the_amount(amount: Decimal, currency: str, language: str) -> None:
    text = money({"language": language}, amount, currency)  # type: ignore[arg-type]  # what it looks at
    grouping, point = (",", ".") if language == "en" else (".", ",")
    plain = text.replace(grouping, "").replace(point, ".").replace("\N{MINUS SIGN}", "-")

    assert Decimal(re.sub(r"€|USD|\s", "", plain)) == amount


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999)), max_size=31))
def test_bars_fit_the_drawing_and_stand_on_its_base(counts: list[tuple[int, int]]) -> None:
    days = [DayCount(day=date(2026, 1, 1), booked=booked, others=others) for booked, others in counts]
    chart = Chart(days)

    assert len(chart.bars) == sum(1 for booked, others in counts if booked or others)
    for bar in chart.bars:
        assert 0 <= bar.x <= bar.x + bar.width <= WIDTH
        assert bar.booked_y + bar.booked_height == pytest.approx(HEIGHT, abs=0.02)
        assert bar.others_y + bar.others_height == pytest.approx(bar.booked_y, abs=0.02)
        assert bar.others_y >= -0.02


def test_months_have_names_in_each_language() -> None:
    assert month_name("2026-03", words("nl", "calendar")) == "maart 2026"
    for language in ("en", "nl"):
        assert len(words(language, "calendar")["months"].split()) == 12
