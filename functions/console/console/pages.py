"""Renders pages, with the headers that keep them private and free of anybody else's script."""

from http import HTTPStatus
from pathlib import Path

from aws_lambda_powertools.event_handler import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from accounting_sync.time import booking_time
from console.formats import money, number
from console.sessions import SESSION_LIFE, Session
from console.texts import words

COOKIE = "__Host-session"
"""With this prefix a browser takes it only as Secure, for this host alone (RFC 6265bis)."""

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
_jinja.filters |= {"number": number, "money": money}
_jinja.filters["time"] = lambda moment: booking_time(moment).strftime("%Y-%m-%d %H:%M")


def page(
    name: str,
    language: str,
    session: Session | None = None,
    code: HTTPStatus = HTTPStatus.OK,
    **values: object,
) -> Response[str]:
    """Render a template as an answer."""
    body = _jinja.get_template(f"{name}.html").render(
        language=language, t=words(language, name), session=session, current=name, **values
    )
    return Response(code, "text/html; charset=utf-8", body, headers=HEADERS | {"Vary": "Accept-Language"})


def style_sheet() -> Response[str]:
    """Return the style sheet."""
    return Response(HTTPStatus.OK, "text/css; charset=utf-8", (FOLDER / "style.css").read_text(), HEADERS)


def moved(to: str, cookie: str | None = None) -> Response[str]:
    """Send the browser to another page, by GET; the address is relative, wherever the API is mounted."""
    headers = HEADERS | {"Location": to} | ({"Set-Cookie": cookie} if cookie else {})
    return Response(HTTPStatus.SEE_OTHER, "text/plain; charset=utf-8", "", headers)


def cookie_of(session: Session) -> str:
    """Return the cookie that signs a browser in."""
    return f"{COOKIE}={session.token}; {_ATTRIBUTES}; Max-Age={int(SESSION_LIFE.total_seconds())}"


def no_cookie() -> str:
    """Return the cookie that makes a browser forget its session."""
    return f"{COOKIE}=; {_ATTRIBUTES}; Max-Age=0"


_ATTRIBUTES = "Path=/; Secure; HttpOnly; SameSite=Strict"
