"""Read request bodies as Moneybird does, refusing what it refuses."""

from collections.abc import Iterable
from typing import Any

from flask import request

from tests.simulators.moneybird.answers.errors import Problems, bad_request


def json_body() -> dict[str, Any]:
    """Read the JSON object of the current request; an empty body is an empty object."""
    if not request.get_data():
        return {}
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise bad_request("The request body is not valid JSON")  # assumption: wording not documented
    return body


def wrapped_body(wrapper: str, known: Iterable[str], beside: Iterable[str] = ()) -> dict[str, Any]:
    """Read the object below `wrapper`; `beside` names what may stand next to the wrapper."""
    body = json_body()
    refuse_unknown(body, {wrapper, *beside})
    attributes = body.get(wrapper)
    if not isinstance(attributes, dict) or not attributes:
        label = wrapper.replace("_", " ").capitalize()
        raise bad_request(f"{label} is required", {wrapper: "required"})
    refuse_unknown(attributes, known)
    return attributes


def refuse_unknown(attributes: dict[str, Any], known: Iterable[str], prefix: str = "") -> None:
    """Refuse fields that the API does not know. Assumption: status 422 was reported, the body was not."""
    problems = Problems()
    for name in sorted(set(attributes) - set(known)):
        problems.add(prefix + name, "is not a known attribute", "unknown")
    problems.raise_if_any()


def flag(value: object) -> bool:
    """Read a boolean, which may come as a string."""
    return value is True or str(value).lower() in {"true", "1"}
