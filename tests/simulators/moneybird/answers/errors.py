"""Error answers of Moneybird: ``error`` is a string or an object, by the kind of error."""

from collections import defaultdict
from typing import Any

from flask import Flask, Response, jsonify


class ApiError(Exception):
    """An error answer."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:  # noqa: ANN401 - any JSON value
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = headers or {}


def bad_request(message: str, symbolic: dict[str, Any] | None = None) -> ApiError:
    """400: the request does not make sense."""
    return ApiError(400, {"error": message} | ({"symbolic": symbolic} if symbolic else {}))


def unauthorized(message: str = "No access to administration") -> ApiError:
    """401: no valid token, or one without the permission."""
    return ApiError(401, {"error": message})


def not_found(field: str = "id", message: str = "record not found") -> ApiError:
    """404: no such object, looked for by `field`."""
    return ApiError(404, {"error": message, "symbolic": {field: "not_found"}})


def unprocessable(field: str, message: str, code: str) -> ApiError:
    """422 on one field."""
    problems = Problems()
    problems.add(field, message, code)
    return problems.error()


class Problems:
    """Collects what is wrong with the fields of a body."""

    def __init__(self) -> None:
        self._messages: defaultdict[str, list[str]] = defaultdict(list)
        self._details: defaultdict[str, list[dict[str, str]]] = defaultdict(list)

    def add(self, field: str, message: str, code: str) -> None:
        """Note a problem with a field."""
        self._messages[field].append(message)
        self._details[field].append({"error": code})

    def blank(self, field: str) -> None:
        """Note that a field is empty."""
        self.add(field, "can't be blank", "blank")

    def error(self) -> ApiError:
        """Give the answer that tells them all."""
        return ApiError(422, {"error": dict(self._messages), "details": dict(self._details)})

    def raise_if_any(self) -> None:
        """Raise the answer when there is something to tell."""
        if self._messages:
            raise self.error()


def handle_errors(app: Flask) -> None:
    """Turn every error into the answer that Moneybird gives."""

    @app.errorhandler(ApiError)
    def answer(error: ApiError) -> Response:
        response = jsonify(error.body)
        response.status_code = error.status
        response.headers.update(error.headers)
        return response
