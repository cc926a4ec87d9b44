"""Looks for secrets and personal data where they must not be. It imports nothing of the project.

Searched are the functions' logs, the metrics in them, what the event bus told, every message, bus event and
metric on its way to AWS, dead letters, and what webhooks were answered.

Whatever was put in holds a word that no other text has: a personal value the longest of its words, a secret
itself. So one look at each word of a text is enough, however many values there are.
"""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_WORD: re.Pattern[str] = re.compile(r"[0-9a-z]{8,}")
_SHORTEST = 8


def leaked(folder: Path) -> list[str]:
    """Return where what was put in can be read; the value itself is not shown whole."""
    private = json.loads((folder / "private.json").read_text())
    words = {_distinctive(value): value for value in private["personal"]}
    secrets = [form for secret in private["secrets"] for form in _forms(secret)]
    found: dict[str, str] = {}
    for place, text in _texts(folder):
        low = text.lower()
        seen = [words[word] for word in words.keys() & set(_WORD.findall(low))]
        seen += [secret for secret in secrets if secret.lower() in low]
        for value in seen:
            found.setdefault(f"{place}: {value[:4]}...", text)
    return [f"{what} in {text[:120]!r}" for what, text in sorted(found.items())]


def _distinctive(value: str) -> str:
    """Return the word of a value that no other text has.

    Raises
    ------
    ValueError
        If it has none that is long enough: then it could not be found.
    """
    words: list[str] = _WORD.findall(value.lower())
    if not words:
        raise ValueError(f"nothing to search for in {value!r}")
    return max(words, key=len)


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is, and as HTTP Basic and JSON carry it; a short one would be found anywhere."""
    if len(secret) < _SHORTEST:
        raise ValueError("a secret is too short to be searched for")
    yield secret
    for name in ("webhooks", "apikey"):
        yield base64.b64encode(f"{name}:{secret}".encode()).decode().rstrip("=")


def _texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield place and text, piece by piece."""
    with (folder / "functions.log").open(errors="replace") as log:
        for line in log:
            yield ("metrics" if '"_aws"' in line else "logs"), line
    for name in ("bus", "told", "dead_letters"):
        yield from ((name, text) for text in _pieces(json.loads((folder / f"{name}.json").read_text())))
    for deliveries in json.loads((folder / "deliveries.json").read_text()).values():
        for delivery in deliveries:
            yield from (("answers", answer) for answer in delivery["answers"])


def _pieces(values: Iterable[object]) -> Iterator[str]:
    for value in values:
        yield value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
