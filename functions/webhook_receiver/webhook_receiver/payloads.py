"""What the bodies of webhooks say. Unknown keys are ignored; what is missing is named, never guessed."""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from accounting_sync.webhooks.events import MOMENT_ENTITY_TYPES
from webhook_receiver.problems import ProblemError, ProblemKind

_ID = re.compile(r"(?!\.{1,2}\Z)[A-Za-z0-9._:~-]{1,128}")
"""Both providers use whole numbers; letters cost nothing. No `/`, `?` or space,
and neither `.` nor `..`: ids become parts of URLs."""
_NAME_LENGTH = 128
_PROBE_LENGTH = 64 * 1024


class Payload(NamedTuple):
    """What a webhook speaks of."""

    entity_type: str
    entity_id: str
    action: str
    """Empty where the provider says nothing."""
    administration_id: str | None = None
    """Moneybird only."""


class Reading(NamedTuple):
    """A body, read: either its payload, or the problem with it; and the token that it carries."""

    payload: Payload | None = None
    problem: ProblemError | None = None
    token: object = None


def read_moneybird(body: bytes) -> Reading:
    """Read a body of Moneybird's, as its webhook documentation describes it."""
    token = None
    try:
        document = _read_object(body)
        token = document.get("webhook_token")
        return Reading(_moneybird_payload(document), token=token)
    except ProblemError as problem:
        return Reading(problem=problem, token=token)


def read_moment(body: bytes, kind: str) -> Reading:
    """Read a body of Moment's: an object whose single inner object with an `id` is the entity.

    That is the one payload that is documented. A flat body is read too (`invoiceId`, else `id`): the URL says
    which kind it is, and if the id is not the entity's, the fetch says so.
    """
    try:
        return Reading(_moment_payload(_read_object(body), MOMENT_ENTITY_TYPES[kind]))
    except ProblemError as problem:
        return Reading(problem=problem)


def is_probe(body: bytes) -> bool:
    """Whether this is Moneybird's test of the URL: `action: test_webhook`, and no `webhook_id`.

    It comes unsigned, since the secret is known only after the registration that it is a part of.
    """
    if b"test_webhook" not in body or len(body) > _PROBE_LENGTH:
        return False
    try:
        document = _read_object(body)
    except ProblemError:
        return False
    return document.get("action") == "test_webhook" and "webhook_id" not in document


def _moneybird_payload(document: Mapping[str, Any]) -> Payload:
    _identifier(document, "webhook_id")
    return Payload(
        administration_id=_identifier(document, "administration_id"),
        entity_type=_name(document, "entity_type"),
        entity_id=_identifier(document, "entity_id"),
        action=_name(document, "action") if document.get("action") is not None else "",
    )


def _moment_payload(document: Mapping[str, Any], entity_type: str) -> Payload:
    inner = {name: value for name, value in document.items() if isinstance(value, dict) and "id" in value}
    action = _event(document)
    flat = next((key for key in (f"{entity_type}Id", "id") if key in document), None)
    if flat and not inner:
        return Payload(entity_type, _identifier(document, flat), action)
    if entity_type not in inner and len(inner) != 1:
        raise _unreadable(f"Expected one object with an id; found {len(inner)}.")
    name = entity_type if entity_type in inner else next(iter(inner))
    if name != entity_type and name in MOMENT_ENTITY_TYPES.values():
        raise _unreadable(f"This URL is for {entity_type} webhooks, and the body speaks of a {name}.")
    return Payload(entity_type, _identifier(inner[name], "id"), action)


def _event(document: Mapping[str, Any]) -> str:
    """Read what happened: opaque, whatever it is, the entity is fetched."""
    event = document.get("event")
    return str(event) if _is_name(event) else ""


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(
            body.decode(), object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise _unreadable("The body is not UTF-8.") from error
    except RecursionError as error:
        raise _unreadable("The body is nested too deeply.") from error
    except ValueError as error:
        raise _unreadable("The body is not JSON.") from error
    if not isinstance(document, dict):
        raise _unreadable("The body is not a JSON object.")
    return document


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one name: a check may have read the one, and we the other."""
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("duplicate name")
    return document


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _identifier(document: Mapping[str, Any], key: str) -> str:
    """Read an id: ids exceed 2^53, so they come as texts, but whole numbers do too."""
    value = document.get(key)
    if value is None:
        raise _unreadable(f"{key} is missing.")
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not (isinstance(text, str) and _ID.fullmatch(text)):
        raise _unreadable(f"{key} is not an id.")
    return text


def _name(document: Mapping[str, Any], key: str) -> str:
    value = document.get(key)
    if value is None:
        raise _unreadable(f"{key} is missing.")
    if not _is_name(value):
        raise _unreadable(f"{key} is not a name.")
    return str(value)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _NAME_LENGTH and value.isprintable()


def _unreadable(detail: str) -> ProblemError:
    return ProblemError(ProblemKind.UNREADABLE, detail)
