"""What a browser sent, as the pages need it."""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Self
from urllib.parse import parse_qs

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from console.cognito import UserPool
from console.pages import ATTEMPT_COOKIE, COOKIE
from console.texts import language_of


@dataclass(frozen=True, slots=True)
class BrowserRequest:
    """One request."""

    query: dict[str, str]
    form: dict[str, str]
    cookie: str
    """The session's; empty without one."""
    language: str
    attempt: str = ""
    """Cookie of an attempt to sign in with Cognito; empty without one."""
    pool: UserPool | None = None
    """Where people may sign in beside links."""
    is_cross_site: bool = False
    """Whether a page of somebody else sent it. All current browsers say (Fetch Metadata, W3C)."""

    @classmethod
    def of(cls, event: APIGatewayProxyEvent) -> Self:
        """Read an event of API Gateway."""
        form = parse_qs(event.decoded_body or "", keep_blank_values=True)
        cookies = _cookies(event.headers.get("cookie", ""))
        return cls(
            query=event.query_string_parameters,
            form={name: values[0] for name, values in form.items()},
            cookie=cookies.get(COOKIE, ""),
            language=language_of(event.headers.get("accept-language", "")),
            attempt=cookies.get(ATTEMPT_COOKIE, ""),
            pool=UserPool.of(event.stage_variables),
            is_cross_site=event.headers.get("sec-fetch-site", "") in {"cross-site", "same-site"},
        )


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: cookie.value for name, cookie in SimpleCookie(header).items()}
    except CookieError:
        return {}
