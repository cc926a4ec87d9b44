"""What a browser sent, as the pages need it."""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Self
from urllib.parse import parse_qs

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from console.pages import COOKIE
from console.texts import language_of


@dataclass(frozen=True, slots=True)
class BrowserRequest:
    """One request."""

    query: dict[str, str]
    form: dict[str, str]
    cookie: str
    """The session's; empty without one."""
    language: str

    @classmethod
    def of(cls, event: APIGatewayProxyEvent) -> Self:
        """Read an event of API Gateway."""
        form = parse_qs(event.decoded_body or "", keep_blank_values=True)
        return cls(
            query=event.query_string_parameters,
            form={name: values[0] for name, values in form.items()},
            cookie=_session_cookie(event.headers.get("cookie", "")),
            language=language_of(event.headers.get("accept-language", "")),
        )


def _session_cookie(header: str) -> str:
    try:
        cookies = SimpleCookie(header)
    except CookieError:
        return ""
    return cookies[COOKIE].value if COOKIE in cookies else ""
