"""What a simulator received: the means of contract tests and of "exactly one" assertions."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, field
from io import BytesIO
from threading import Lock
from typing import Any

from werkzeug.datastructures import Headers
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header
from werkzeug.wrappers import Request

_SECRET_HEADERS = {"authorization", "cookie"}


@dataclass
class ReceivedRequest:
    """One request, and what became of it.

    Attributes
    ----------
    body : Any
        Decoded JSON; for multipart a mapping of part name to file name, type, size and SHA-256; else text.
    status : int | None
        The status of the answer; None when the connection was dropped without one.
    fault : str | None
        The fault that was applied to it.
    effective : bool
        Whether the simulator carried the request out, whatever the caller was told.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    content_type: str
    body: Any
    status: int | None = None
    fault: str | None = None
    effective: bool = False
    answer: Any = field(default=None, repr=False)

    @property
    def target(self) -> str:
        """The path with its query string, as contract checks want it."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def as_json(self) -> dict[str, Any]:
        """Give the request as a JSON object."""
        return asdict(self)


class RequestLog:
    """All requests in the order in which they arrived, control requests left out."""

    def __init__(self) -> None:
        self.keeps_answers = True
        """Thousands of long lists take gigabytes: a long run does without."""
        self._lock = Lock()
        self._entries: list[ReceivedRequest] = []

    def add(self, entry: ReceivedRequest) -> None:
        """Append a request."""
        with self._lock:
            self._entries.append(entry)

    def matching(self, method: str | None = None, path: str | None = None) -> list[ReceivedRequest]:
        """Return the requests with this method whose path matches this regular expression."""
        with self._lock:
            entries = list(self._entries)
        return [
            entry
            for entry in entries
            if (method is None or entry.method == method.upper())
            and (path is None or re.search(path, entry.path))
        ]

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._entries.clear()


def received(request: Request, body: bytes) -> ReceivedRequest:
    """Describe a request; credentials are left out of its headers."""
    return ReceivedRequest(
        method=request.method,
        path=request.path,
        query=request.query_string.decode(),
        headers={name: value for name, value in request.headers if name.lower() not in _SECRET_HEADERS},
        content_type=parse_options_header(request.headers.get("Content-Type"))[0],
        body=decoded(request.headers, body),
    )


def decoded(headers: Headers, body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Decode a body for the log: JSON, multipart (described, not kept), or text."""
    content_type, options = parse_options_header(headers.get("Content-Type"))
    if content_type == "multipart/form-data":
        return _parts(body, content_type, options)
    if content_type == "application/pdf":
        return {"size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
    text = body.decode("utf-8", errors="replace")
    try:
        return json.loads(text) if text else None
    except ValueError:
        return text


def _parts(body: bytes, content_type: str, options: dict[str, str]) -> dict[str, Any]:
    _, form, files = FormDataParser().parse(BytesIO(body), content_type, len(body), options)
    described: dict[str, Any] = dict(form.items())
    for name, file in files.items():
        with file.stream:
            content = file.stream.read()
        described[name] = {
            "filename": file.filename,
            "content_type": file.content_type,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    return described
