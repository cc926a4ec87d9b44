"""A function's process in Lambda: ready when its handler is imported, and collecting garbage again."""

import os
import subprocess
import sys

import pytest

from tests.benchmarks.processes import LAMBDA_ENVIRONMENT
from tests.local_stack.paths import ROOT

HANDLERS = {
    "webhook_receiver.app": ("reception", "webhook_receiver"),
    "entity_sync.app": ("consumer", "entity_sync"),
}
REPORT = """
import gc, sys, {module} as app
print(gc.isenabled(), gc.get_freeze_count() > 10_000, app.{parts}.cache_info().currsize)
"""


def report(module: str, environment: dict[str, str]) -> list[str]:
    parts, folder = HANDLERS[module]
    path = os.pathsep.join(str(ROOT / each) for each in ("layers/shared", f"functions/{folder}"))
    bytecode = {"PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", "")}
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(module=module, parts=parts)],
        env={**environment, **bytecode, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize("module", HANDLERS)
def test_in_lambda_the_parts_are_made_and_left_out_of_later_collections(module: str) -> None:
    assert report(module, LAMBDA_ENVIRONMENT) == ["True", "True", "1"]


@pytest.mark.parametrize("module", HANDLERS)
def test_elsewhere_an_import_changes_nothing(module: str) -> None:
    elsewhere = {
        name: value for name, value in LAMBDA_ENVIRONMENT.items() if name != "AWS_LAMBDA_FUNCTION_NAME"
    }

    assert report(module, elsewhere) == ["True", "False", "0"]
