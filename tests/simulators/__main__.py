"""Start a simulator from the command line."""

import json
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

# The simulators sign with the project's own function, which lies in the layer.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "layers" / "shared"))

from tests.simulators.clock import Clock
from tests.simulators.moment import API_KEY, COMPANY, moment_app
from tests.simulators.moneybird import ADMINISTRATION_ID, API_TOKEN, MoneybirdSettings, moneybird_app
from tests.simulators.serving import LOOPBACK, server_for, url_of
from tests.simulators.simulator import Simulator, State

app = typer.Typer(help="Stand-ins for the providers, on loopback.", no_args_is_help=True)

Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes any that is free.")]


Host = Annotated[str, typer.Option(help="Address to listen on.")]

Speed = Annotated[float, typer.Option(help="How much faster than real time its clock runs.")]
Began = Annotated[float, typer.Option(help="When it began to run faster: seconds since the epoch.")]
Brief = Annotated[bool, typer.Option(help="Log requests without their answers, to save memory.")]


@app.command()
def moneybird(
    port: Port = 0,
    host: Host = LOOPBACK,
    administration_id: Annotated[str, typer.Option(help="Digits.")] = ADMINISTRATION_ID,
    api_token: Annotated[str, typer.Option(help="The bearer token to accept.")] = API_TOKEN,
    rate: Annotated[str, typer.Option(help="Its limit: calls/seconds.")] = "150/300",
    *,
    speed: Speed = 1,
    began: Began = 0,
    brief: Brief = False,
) -> None:
    """Serve a simulated Moneybird; its API is below /api/v2."""
    if not administration_id.isdigit():
        raise typer.BadParameter("must be digits", param_hint="--administration-id")
    calls, _, seconds = rate.partition("/")
    if not (calls.isdigit() and seconds.isdigit()):
        raise typer.BadParameter("must be calls/seconds, such as 150/300", param_hint="--rate")
    settings = MoneybirdSettings(rate_limit=int(calls), rate_window_seconds=int(seconds))
    simulator = moneybird_app(administration_id, api_token, settings=settings, clock=Clock(speed, began))
    _serve(simulator, port, host, brief=brief)


@app.command()
def moment(
    port: Port = 0,
    host: Host = LOOPBACK,
    company: Annotated[str, typer.Option(help="The company in the path.")] = COMPANY,
    api_key: Annotated[str, typer.Option(help="The API key to accept.")] = API_KEY,
    *,
    speed: Speed = 1,
    began: Began = 0,
    brief: Brief = False,
) -> None:
    """Serve a simulated Moment; its API is below /api/1.0."""
    _serve(moment_app(company, api_key, clock=Clock(speed, began)), port, host, brief=brief)


def _serve[S: State](simulator: Simulator[S], port: int, host: str, *, brief: bool) -> None:
    """Serve until interrupted or terminated; the first line printed tells the address."""
    simulator.requests.keeps_answers = not brief
    signal.signal(signal.SIGTERM, _stop)
    server = server_for(simulator, port, host)
    print(json.dumps({"url": url_of(server), "simulator": simulator.name}), flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        simulator.close()
        server.server_close()


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    app()
