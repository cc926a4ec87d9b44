"""Print how much of the limit is used, for each way in which the provider may count.

`python -m tests.flow EVENTS`: ten thousand take a quarter of an hour.
"""

import sys

from rich.console import Console
from rich.table import Table

from tests.flow.rig import Report, Rig, Scenario
from tests.simulators.moneybird.answers.rate_limit import RateWindow

COLUMNS = ("counted", "answers", "events", "calls", "calls/event", "share", "receives", "429s", "hours")
SPEEDS = {"fast": (0.1, 0.4), "slow": (1.0, 3.0)}
"""Seconds that the provider takes for an answer."""


def main(events: int) -> int:
    """Print the table; return 1 if a figure is not good enough."""
    table = Table(*COLUMNS, title=f"{events} webhooks at once, 150 calls in 300 s, 5 workers")
    reports = []
    for window in RateWindow:
        for speed, seconds in SPEEDS.items():
            report = Rig(Scenario(events, window=window, call_seconds=seconds)).run()
            table.add_row(window, speed, *_figures(report))
            reports.append(report)
    Console().print(table)
    return 0 if all(report.is_good for report in reports) else 1


def _figures(report: Report) -> list[str]:
    return [
        str(report.events),
        str(report.calls),
        f"{report.calls_per_event:.2f}",
        f"{report.share:.1%}",
        str(report.receives),
        str(report.refused),
        f"{report.seconds / 3600:.1f}",
    ]


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
