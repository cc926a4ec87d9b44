"""The providers' end: simulators on loopback, or servers that the user names."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import requests

from operations.reconciliation.moneybird_events import GROUPS
from tests.local_stack.aws.local_aws import clean_environment
from tests.local_stack.description import StackDescription
from tests.local_stack.errors import LocalStackError
from tests.local_stack.running import processes
from tests.local_stack.running.ports import free_port

SECONDS = 40
"""To register a webhook: its probe may find a receiver that is still to start."""


@dataclass(frozen=True)
class Provider:
    """One provider as the functions see it."""

    base_url: str
    simulator_url: str | None
    """Root of the simulator and its control routes; None where a server of the user's stands in."""


@contextmanager
def simulator(
    name: str, api_path: str, host: str, options: Mapping[str, str], folder: Path
) -> Iterator[Provider]:
    """Run a provider's simulator.

    Parameters
    ----------
    name
        `moneybird` or `moment`.
    api_path
        Where its API begins: `/api/v2`.
    host
        Address to listen on.
    options
        Of its command line; a flag's value is empty.
    folder
        For its log.
    """
    port = free_port(host)
    root = f"http://{host}:{port}"
    arguments = [part for option, value in options.items() for part in (f"--{option}", value) if part]
    command = [sys.executable, "-m", "tests.simulators", name, "--host", host, "--port", str(port)]
    command += arguments
    log, title = folder / f"{name}.log", f"The simulator of {name.capitalize()}"
    with processes.running(title, command, clean_environment(), log) as process:
        processes.wait_until_healthy(process, title, f"{root}/_simulator/health")
        yield Provider(root + api_path, root)


def register_moneybird_webhook(stack: StackDescription) -> tuple[str, str]:
    """Register the receiver with Moneybird as a user would; return the signing secret and the token.

    Moneybird probes the address while it registers it.
    """
    credentials = stack.credentials
    answer = requests.post(
        f"{stack.moneybird_url}/{credentials.administration_id}/webhooks.json",
        json={
            "url": with_credentials(stack.moneybird_webhook_url, credentials.username, credentials.password),
            "enabled_events": GROUPS,
        },
        headers={"Authorization": f"Bearer {credentials.moneybird_api_token}"},
        timeout=SECONDS,
    )
    if answer.status_code != 201:
        raise LocalStackError(f"Moneybird refused the webhook: {answer.status_code} {answer.text}")
    registered = answer.json()
    return registered["secret"], registered["token"]


def with_credentials(url: str, username: str, password: str) -> str:
    """Put HTTP Basic credentials into a URL, as both providers take them."""
    parts = urlsplit(url)
    user = f"{quote(username, safe='')}:{quote(password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))
