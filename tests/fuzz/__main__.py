"""Print how the receiver answered, and what was wrong: `python -m tests.fuzz REQUESTS [SEED]`.

The same seed makes the same requests.
"""

import secrets
import sys

from rich.console import Console
from rich.table import Table

from tests.fuzz.run import run

SHOWN = 20


def main(requests: int, seed: int) -> int:
    """Send the requests; return 1 if anything was wrong."""
    report = run(requests, seed)
    table = Table("answer", "requests", title=f"{requests} requests, seed {seed}")
    for name, number in sorted(report.answers.items()):
        table.add_row(name, str(number))
    console = Console()
    console.print(table)
    console.print(f"{report.stored} events stored, {report.queued} queued, {len(report.faults)} faults")
    for fault in report.faults[:SHOWN]:
        console.print(fault, markup=False)
    return 1 if report.faults else 0


if __name__ == "__main__":
    requests, *seed = map(int, sys.argv[1:])
    sys.exit(main(requests, seed[0] if seed else secrets.randbelow(10**6)))
