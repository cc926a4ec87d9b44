"""Says after the tests how far the models were explored."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the models' searches with the number of states that each has visited."""
    for report in terminalreporter.getreports("passed"):
        visited = dict(report.user_properties).get("states")
        if visited is not None:
            terminalreporter.write_line(
                f"{visited:>12,} states, no error: {report.nodeid.partition('[')[2][:-1]}"
            )
