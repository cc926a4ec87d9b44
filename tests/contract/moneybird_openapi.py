"""Check requests and answers against Moneybird's official OpenAPI description.

The description itself is not part of this project: its path comes from the environment variable
``MONEYBIRD_OPENAPI``, else it is looked for beside the checkout. Tests that need it skip without it.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

type Json = Any
"""Any decoded JSON value."""

_URN = "urn:moneybird-openapi"
_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[3] / "shared" / "moneybird" / "openapi.json"
_BASE_PATH = re.compile(r"^/api/v2(?=/)")
_ERROR_RESPONSES = {  # answers that any operation may give, whether or not it lists them
    400: "400_bad_request",
    401: "401_unauthorized",
    402: "402_payment_required",
    403: "403_forbidden",
    404: "404_not_found",
    422: "422_unprocessable_entity",
    429: "429_too_many_requests",
}


class ContractError(AssertionError):
    """A request or an answer that the official description does not allow."""


@dataclass(frozen=True)
class Operation:
    """One operation of the description.

    Attributes
    ----------
    template : str
        Its path as the description writes it, e.g. ``/{administration_id}/contacts{format}``.
    method : str
        The HTTP method in lower case.
    """

    template: str
    method: str

    @property
    def pointer(self) -> str:
        """JSON pointer of the operation within the description."""
        return f"/paths/{_escaped(self.template)}/{self.method}"

    @property
    def content(self) -> dict[str, Json]:
        """What the description says of the operation."""
        return cast("dict[str, Json]", description()["paths"][self.template][self.method])


def description_path() -> Path:
    """Where the description should be; it need not exist."""
    return Path(os.environ.get("MONEYBIRD_OPENAPI") or _BESIDE_THE_CHECKOUT)


requires_description = pytest.mark.skipif(
    not description_path().is_file(),
    reason="Moneybird's OpenAPI description is not here; name its path in MONEYBIRD_OPENAPI",
)
"""Mark for tests that need the description."""


@cache
def description() -> dict[str, Json]:
    """Load the description, once per process."""
    return cast("dict[str, Json]", json.loads(description_path().read_text(encoding="utf-8")))


def validate_request(
    method: str, path: str, body: Json = None, *, content_type: str = "application/json"
) -> None:
    """Refuse a request that the description does not know, unknown fields and query parameters included.

    Parameters
    ----------
    method, path : str
        As sent; the path with or without ``/api/v2`` in front, and with its query string if it has one.
    body : Json
        The decoded JSON body; for ``multipart/form-data`` a mapping of part names to anything.
    content_type : str
        ``application/json`` or ``multipart/form-data``.

    Raises
    ------
    ContractError
        Naming the operation and every deviation.
    """
    bare, _, query = path.partition("?")
    operation = find_operation(method, bare)
    _check_query(operation, query)
    pointer = _request_pointer(operation, content_type)
    if pointer is None:
        if body not in (None, {}, ""):
            raise ContractError(f"{method} {path}: the description knows no body of {content_type}")
        return
    if content_type == "multipart/form-data":
        _check_parts(operation, pointer, body)
        return
    _check(f"request {method} {path}", pointer, {} if body is None else body)


def validate_response(method: str, path: str, status: int, body: Json = None) -> None:
    """Refuse an answer that the description does not allow.

    Parameters
    ----------
    method, path : str
        Of the request that was answered, as in `validate_request`.
    status : int
        The HTTP status of the answer; 5xx is always allowed, as the description leaves it out.
    body : Json
        The decoded JSON body; None when there is none.

    Raises
    ------
    ContractError
        Naming the operation and every deviation.
    """
    if status >= 500:
        return
    operation = find_operation(method, path.partition("?")[0])
    pointer = _response_pointer(operation, status)
    if pointer is None:  # no body, or one that is not JSON
        if body is not None and not isinstance(body, str):
            raise ContractError(f"{method} {path}: {status} has no body in the description, got {body!r}")
        return
    _check(f"answer {status} to {method} {path}", pointer, body)


def find_operation(method: str, path: str) -> Operation:
    """Find the operation that serves a path; fixed segments win over parameters."""
    wanted = _BASE_PATH.sub("", path)
    found = [
        Operation(template, method.lower())
        for pattern, template in _templates()
        if pattern.fullmatch(wanted) and method.lower() in description()["paths"][template]
    ]
    if not found:
        raise ContractError(f"{method} {path}: no such operation in the description")
    return min(found, key=lambda operation: operation.template.count("{"))


def documented_answers(method: str, path: str, status: int) -> list[Json]:
    """Give the example answers that the description shows for an operation and a status."""
    pointer = _response_pointer(find_operation(method, path), status)
    if pointer is None:
        return []
    media = _at(pointer.removesuffix("/schema"))
    return [example["value"] for example in media.get("examples", {}).values()]


def request_properties(method: str, path: str, *keys: str) -> dict[str, Json]:
    """Give the properties that an operation accepts in its JSON body, below the wrapper `keys`."""
    pointer = _request_pointer(find_operation(method, path), "application/json")
    if pointer is None:
        return {}
    schema = _at(pointer)
    for key in keys:
        schema = schema["properties"][key]
    return cast("dict[str, Json]", schema["properties"])


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    return [(_path_pattern(template), template) for template in description()["paths"]]


def _path_pattern(template: str) -> re.Pattern[str]:
    pattern = re.escape(template.removesuffix("{format}"))
    return re.compile(re.sub(r"\\\{\w+\\\}", r"[^/]+", pattern) + r"(\.json)?")


def _request_pointer(operation: Operation, content_type: str) -> str | None:
    pointer, body = _followed(f"{operation.pointer}/requestBody", operation.content.get("requestBody"))
    for media in body.get("content", {}):
        if media in (content_type, "application/*"):
            return f"{pointer}/content/{_escaped(media)}/schema"
    return None


def _response_pointer(operation: Operation, status: int) -> str | None:
    responses = operation.content["responses"]
    if str(status) in responses:
        where, answer = f"{operation.pointer}/responses/{status}", responses[str(status)]
    elif status in _ERROR_RESPONSES:
        where = f"/components/responses/{_ERROR_RESPONSES[status]}"
        answer = _at(where)
    else:
        raise ContractError(f"{operation.method} {operation.template} never answers {status}")
    pointer, content = _followed(where, answer)
    if "application/json" in content.get("content", {}):
        return f"{pointer}/content/application~1json/schema"
    return None


def _followed(pointer: str, value: Json) -> tuple[str, dict[str, Json]]:
    if value and "$ref" in value:
        pointer = value["$ref"].removeprefix("#")
        return pointer, _at(pointer)
    return pointer, value or {}


def _check_query(operation: Operation, query: str) -> None:
    known = {
        _followed("", parameter)[1]["name"]
        for parameter in operation.content.get("parameters", [])
        if _followed("", parameter)[1]["in"] == "query"
    }
    sent = {part.partition("=")[0] for part in query.split("&") if part}
    if sent - known:
        raise ContractError(
            f"{operation.method} {operation.template}: unknown query parameters {sorted(sent - known)}"
        )


def _check_parts(operation: Operation, pointer: str, body: Json) -> None:
    known, sent = set(_at(pointer)["properties"]), set(body or {})
    if not sent or sent - known:
        raise ContractError(
            f"{operation.method} {operation.template}: parts {sorted(sent)}, known are {sorted(known)}"
        )


def _check(what: str, pointer: str, instance: Json) -> None:
    problems = [_told(error) for error in _errors(pointer, instance)]
    if problems:
        raise ContractError(f"{what}:\n  " + "\n  ".join(problems))


def _told(error: Json) -> str:
    causes = "; ".join(cause.message for cause in error.context[:4])
    return f"{error.json_path}: {error.message[:400]}" + (f" ({causes[:400]})" if causes else "")


def _errors(pointer: str, instance: Json) -> Iterator[Json]:
    # "%" and braces of a path are not allowed in a URI fragment as they are
    return _validator(f"{_URN}#{quote(pointer, safe='/~')}").iter_errors(instance)


@cache
def _validator(reference: str) -> Draft202012Validator:
    resource = Resource.from_contents(description(), default_specification=DRAFT202012)
    registry: Registry[Json] = Registry().with_resource(_URN, resource)
    return Draft202012Validator(
        {"$ref": reference}, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _at(pointer: str) -> dict[str, Json]:
    value: Json = description()
    for part in pointer.removeprefix("/").split("/"):
        value = value[part.replace("~1", "/").replace("~0", "~")]
    return cast("dict[str, Json]", value)
