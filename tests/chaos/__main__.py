"""`make chaos EVENTS=1000 SEED=1 WITHOUT=claim`: run it, then let the checker judge."""

import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from tests.chaos.clock import FastClock
from tests.chaos.proxy import AwsFaults, fault_proxy
from tests.chaos.run import ChaosRun
from tests.chaos.switches import Patch, fast
from tests.chaos.switches import without as guards_out
from tests.local_stack.aws.local_aws import SQS_MEMORY, WORKERS
from tests.local_stack.paths import LOCAL
from tests.local_stack.running.ports import free_port
from tests.local_stack.running.processes import stop_on_signals
from tests.local_stack.running.progress import Progress
from tests.local_stack.stack import StackOptions, local_stack

RATE = "900/300"
"""Moneybird's limit, on the fast clock: low enough for events to wait in line for it now and then."""


def chaos(
    events: Annotated[int, typer.Option(min=1)] = 100,
    seed: int = 1,
    *,
    minutes: Annotated[float, typer.Option(help="End the stream after so long, whatever came.")] = 24 * 60,
    speed: Annotated[int, typer.Option(min=1, help="How much faster than real time clocks run.")] = 5,
    without: Annotated[str, typer.Option(help="The guards to take out, with commas between them.")] = "",
    port: Annotated[int, typer.Option(envvar="PORT")] = 4566,
) -> None:
    """Bring a stack up, make its day a bad one, and check what came of it."""
    stop_on_signals()
    clock = FastClock(speed)
    patches = fast(clock) + guards_out(without)
    folder = LOCAL / "chaos" / "-".join([str(events), str(seed), *without.replace(",", " ").split()])
    shutil.rmtree(folder, ignore_errors=True)
    faults, proxy_port = AwsFaults(seed), free_port()
    options = StackOptions(
        port,
        moneybird_rate=RATE,
        simulators={"speed": str(speed), "began": str(clock.began), "brief": ""},
        functions_endpoint=f"http://127.0.0.1:{proxy_port}",
        sqs_memory=clock.real_seconds(SQS_MEMORY),
        batches=WORKERS,
        change_build=partial(_change, patches),
    )
    with fault_proxy(proxy_port, port, faults), local_stack(options, Progress()) as stack:
        run = ChaosRun(stack, port, faults, clock, events, minutes)
        with Progress().step(f"{events} events, seed {seed}"):
            run.run()
        run.leave(folder)
    judge = [sys.executable, "-m", "tests.chaos.checker", str(folder)]
    sys.exit(subprocess.run(judge, check=False).returncode)


def _change(patches: tuple[Patch, ...], built: Path) -> None:
    for patch in patches:
        patch.apply(built)


if __name__ == "__main__":
    typer.run(chaos)
