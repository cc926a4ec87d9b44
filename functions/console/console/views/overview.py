"""How the connection is: a month's invoices, how far they are, and what holds anything up."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta

from aws_lambda_powertools.event_handler import Response

from console.chart import Chart
from console.formats import month_name
from console.pages import page
from console.reasons import title_of
from console.requests import BrowserRequest
from console.sessions import Session
from console.stack import Stack
from console.texts import words
from console.views.view import month_of
from operations.api.answers import StatusAnswer
from operations.api.documents import MonthSummary


@dataclass(frozen=True, slots=True)
class Overview:
    """The first page."""

    stack: Stack

    def show(self, request: BrowserRequest, session: Session) -> Response[str]:
        """Show a month, and how the connection is now. Both are asked for at once."""
        connection, month = session.connection, month_of(request)
        with ThreadPoolExecutor(max_workers=1) as aside:
            asked = aside.submit(self.stack.look, StatusAnswer, "status", connection=connection)
            summary = self.stack.look(MonthSummary, "documents.summary", connection=connection, month=month)
            (status,) = asked.result().connections
        names = words(request.language, "calendar")
        around = [(each, month_name(each, names)) for each in _around(summary.month)]
        return page(
            "overview",
            request.language,
            session,
            status=status,
            of=summary,
            month_name=month_name(summary.month, names),
            around=around,
            chart=Chart(summary.days),
            title_of=title_of,
        )


def _around(month: str) -> tuple[str, str]:
    """Return the months before and after one."""
    first = date.fromisoformat(f"{month}-01")
    before, after = first - timedelta(days=1), first + timedelta(days=31)
    return f"{before:%Y-%m}", f"{after:%Y-%m}"
