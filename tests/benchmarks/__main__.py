"""How much the receiver costs over the least that a receiver can be; `make bench` prints it.

Ratios of CPU time, taken in turns in one run; the least of all rounds, which a busy machine disturbs least.
"""

import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam" / "build"
ROUNDS = 7
REQUESTS = 550
LIMITS = {"import": 1.3, "request": 1.5}


def main() -> int:
    """Print the table; return 1 if a ratio is over its limit."""
    print(
        f"code: {'.aws-sam/build' if BUILT.exists() else 'sources'}, {ROUNDS} rounds, least CPU time of each"
    )
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PYTHONPYCACHEPREFIX"] = folder  # bytecode, as the layer has it, and nothing left behind
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        moneybird = _write(Path(folder, "moneybird.json"), [_moneybird(number) for number in range(REQUESTS)])
        moment = _write(Path(folder, "moment.json"), [_moment(number) for number in range(REQUESTS)])
        within = [
            _compare("import, fresh process", "import", [], LIMITS["import"]),
            _compare("warm request, Moneybird", "request", [moneybird], LIMITS["request"]),
            _compare("warm request, Moment", "request", [moment], LIMITS["request"]),
        ]
    return 0 if all(within) else 1


def _compare(title: str, what: str, arguments: list[str], limit: float) -> bool:
    handlers = ("tests.benchmarks.bare_handler", "webhook_receiver.app")
    pairs = [[_run(what, handler, arguments) for handler in handlers] for _ in range(1 + ROUNDS)]
    del pairs[0]  # it wrote the bytecode
    bare = min(pair[0]["seconds"] for pair in pairs)
    ours = min(pair[1]["seconds"] for pair in pairs)
    per = 1 if what == "import" else REQUESTS - 50
    ratio = ours / bare
    verdict = "ok" if ratio <= limit else "TOO MUCH"
    print(
        f"{title:26} bare {1000 * bare / per:8.2f} ms   ours {1000 * ours / per:8.2f} ms"
        f"   ratio {ratio:.2f} (limit {limit}) {verdict}"
    )
    if what == "request":
        print(f"{'':26} AWS calls: bare {pairs[0][0]['calls']}, ours {pairs[0][1]['calls']}")
    return ratio <= limit


def _run(what: str, module: str, arguments: list[str]) -> dict[str, Any]:
    """Measure in a fresh process."""
    command = [sys.executable, "-m", "tests.benchmarks.child", what, module, *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": _path()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _path() -> str:
    if BUILT.exists():
        folders = [BUILT / "SharedLayer" / "python", BUILT / "WebhookReceiverFunction"]
    else:
        folders = [ROOT / "layers" / "shared", ROOT / "functions" / "webhook_receiver"]
    return os.pathsep.join(str(folder) for folder in folders)


def _write(path: Path, requests: list[dict[str, Any]]) -> str:
    path.write_text(json.dumps(requests))
    return str(path)


def _moneybird(number: int) -> dict[str, Any]:
    from accounting_sync.signatures import sign_moneybird  # noqa: PLC0415

    body = json.dumps(
        {
            "administration_id": "123",
            "webhook_id": "1",
            "webhook_token": "token",
            "entity_type": "SalesInvoice",
            "entity_id": str(433546265352603264 + number),
            "action": "sales_invoice_state_changed_to_late",
            "entity": {"id": "433546265352603264", "details": [{"description": "x" * 40}] * 20},
        }
    ).encode()
    signature = sign_moneybird(body, "secret", int(time.time()))
    return _event(body, "moneybird", {"Moneybird-Signature": [signature]}, number)


def _moment(number: int) -> dict[str, Any]:
    body = json.dumps(
        {
            "event": "CREATE_NEW",
            "invoice": {"id": 106939080 + number, "customer": {"id": 62788973}, "project": {"id": 62788980}},
        }
    ).encode()
    return _event(body, "moment", {}, number) | {"pathParameters": {"connection": "acme", "kind": "invoices"}}


def _event(body: bytes, user: str, headers: dict[str, list[str]], number: int) -> dict[str, Any]:
    credentials = base64.b64encode(f"{user}:password".encode()).decode()
    return {
        "httpMethod": "POST",
        "pathParameters": {"connection": "acme"},
        "multiValueHeaders": {
            "Content-Type": ["application/json"],
            "Authorization": [f"Basic {credentials}"],
            "Idempotency-Key": [f"key-{number}"],
            **headers,
        },
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": "request"},
    }


if __name__ == "__main__":
    sys.exit(main())
