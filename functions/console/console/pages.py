"""Renders pages, with the headers that keep them private and free of anybody else's script."""

from http import HTTPStatus
from pathlib import Path
from typing import Any

from aws_lambda_powertools.event_handler import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from accounting_sync.time import booking_time
from console import cognito
from console.formats import in_language, money
from console.sessions import SESSION_LIFE, Session
from console.texts import words

COOKIE = "__Host-session"
"""With this prefix a browser takes it only as Secure, for this host alone (RFC 6265bis)."""

ATTEMPT_COOKIE = "__Host-attempt"

FOLDER = Path(__file__).parent / "templates"

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # the sign-in page's URL holds a secret
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}

_jinja = Environment(
    loader=FileSystemLoader(FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True
)
_jinja.filters |= {"number": in_language, "money": money}
_jinja.filters["time"] = lambda moment: booking_time(moment).strftime("%Y-%m-%d %H:%M")


def page(
    name: str,
    language: str,
    session: Session | None = None,
    code: HTTPStatus = HTTPStatus.OK,
    cookie: str | None = None,
    **values: object,
) -> Response[str]:
    """Render a template as an answer."""
    body = _jinja.get_template(f"{name}.html").render(
        language=language, t=words(language, name), session=session, current=name, **values
    )
    headers = HEADERS | {"Vary": "Accept-Language"} | ({"Set-Cookie": cookie} if cookie else {})
    return Response(code, "text/html; charset=utf-8", body, headers)


def style_sheet() -> Response[str]:
    """Return the style sheet."""
    return Response(HTTPStatus.OK, "text/css; charset=utf-8", (FOLDER / "style.css").read_text(), HEADERS)


def download(content: bytes, content_type: str, filename: str) -> Response[Any]:
    """Return a file to keep. Bytes leave the function as base64, and API Gateway as they are."""
    headers = HEADERS | {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(HTTPStatus.OK, content_type, content, headers)


def moved(to: str, cookie: str | None = None) -> Response[str]:
    """Send the browser to another page, by GET; the address is relative, wherever the API is mounted."""
    headers = HEADERS | {"Location": to} | ({"Set-Cookie": cookie} if cookie else {})
    return Response(HTTPStatus.SEE_OTHER, "text/plain; charset=utf-8", "", headers)


def cookie_of(session: Session) -> str:
    """Return the cookie that signs a browser in."""
    return f"{COOKIE}={session.token}; {_STRICT}; Max-Age={int(SESSION_LIFE.total_seconds())}"


def no_cookie() -> str:
    """Return the cookie that makes a browser forget its session."""
    return f"{COOKIE}=; {_STRICT}; Max-Age=0"


def attempt_cookie(token: str) -> str:
    """Return the cookie that binds an attempt to this browser. Lax: Cognito sends the browser back."""
    age = int(cognito.LIFE.total_seconds())
    return f"{ATTEMPT_COOKIE}={token}; {_ATTRIBUTES}; SameSite=Lax; Max-Age={age}"


_ATTRIBUTES = "Path=/; Secure; HttpOnly"
_STRICT = f"{_ATTRIBUTES}; SameSite=Strict"
