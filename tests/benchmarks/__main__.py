"""How much the receiver costs over the least that a receiver can be; `make bench` prints it.

Ratios of CPU time, taken in turns in one run; the least of all rounds, which a busy machine disturbs least.
What is measured are the sources with their bytecode, as in a build, and the libraries of this environment.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "layers" / "shared", ROOT / "functions" / "webhook_receiver"]
ROUNDS = 7
REQUESTS = 500
HANDLERS = ("tests.benchmarks.bare_handler", "webhook_receiver.app")
IMPORT_LIMIT, REQUEST_LIMIT = 1.3, 1.5


def main() -> int:
    """Print the table; return 1 if a ratio is over its limit."""
    print(f"CPU time of the sources with bytecode, least of {ROUNDS} rounds each")
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(folder)
        within = [
            _compare("import, fresh process", ["import"], 1, IMPORT_LIMIT, environment),
            _compare("warm request, Moneybird", ["moneybird"], REQUESTS, REQUEST_LIMIT, environment),
            _compare("warm request, Moment", ["moment"], REQUESTS, REQUEST_LIMIT, environment),
        ]
    return 0 if all(within) else 1


def _environment(folder: str) -> dict[str, str]:
    """Let Python keep the bytecode in a folder that is gone afterwards."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(map(str, SOURCES)),
        "PYTHONPYCACHEPREFIX": folder,
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return environment


def _compare(title: str, what: list[str], number: int, limit: float, environment: dict[str, str]) -> bool:
    rounds = [[_run(handler, what, number, environment) for handler in HANDLERS] for _ in range(1 + ROUNDS)]
    del rounds[0]  # it wrote the bytecode
    bare, ours = (min(result["seconds"] for result in results) for results in zip(*rounds, strict=True))
    ratio = float(ours / bare)
    print(
        f"{title:24} bare {1000 * bare / number:7.2f} ms   ours {1000 * ours / number:7.2f} ms"
        f"   ratio {ratio:.2f}, limit {limit}: {'ok' if ratio <= limit else 'TOO MUCH'}"
    )
    for handler, result in zip(("bare", "ours"), rounds[0], strict=True):
        if result["calls"]:
            calls = ", ".join(f"{name} {count:g}" for name, count in result["calls"].items())
            print(f"{'':24} AWS calls per webhook, {handler}: {calls}")
    return ratio <= limit


def _run(handler: str, what: list[str], number: int, environment: dict[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.child", handler, *what, str(number)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    sys.exit(main())
