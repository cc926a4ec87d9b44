"""The simulators as programs: they tell their address, serve, and end when told to."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("arguments", "path", "auth"),
    [
        (
            ["moneybird", "--administration-id", "42", "--api-token", "T"],
            "/api/v2/42/contacts.json",
            {"Authorization": "Bearer T"},
        ),
        (
            ["moment", "--company", "c", "--api-key", "K"],
            "/api/1.0/companies/c/invoices",
            {"Authorization": "Basic YXBpa2V5Oks="},
        ),
    ],
)
def test_simulator_serves_until_it_is_terminated(
    arguments: list[str], path: str, auth: dict[str, str]
) -> None:
    command = [sys.executable, "-m", "tests.simulators", *arguments, "--port", "0"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = json.loads(process.stdout.readline())["url"]
            health = requests.get(f"{url}/_simulator/health", timeout=10).status_code
            admitted = requests.get(url + path, headers=auth, timeout=10).status_code
            refused = requests.get(url + path, timeout=10).status_code
        finally:
            process.send_signal(signal.SIGTERM)
        ended = process.wait(timeout=10)

    assert (health, admitted, refused) == (200, 200, 401)
    assert ended == 0


def test_administration_that_is_not_a_number_is_refused_with_a_message() -> None:
    command = [sys.executable, "-m", "tests.simulators", "moneybird", "--administration-id", "abc"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)

    assert done.returncode == 2
    assert "must be digits" in done.stderr
