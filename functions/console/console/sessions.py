"""Who is signed in: links that work once, and the sessions that they begin."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, timedelta

from console.tickets import Tickets
from operations.api.console import ConsoleOpened, OpenConsole, Role

LINK_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=8)


@dataclass(frozen=True, slots=True)
class Session:
    """One person, signed in to one connection."""

    token: str
    """The cookie's value."""
    connection: str
    person: str
    role: Role
    by_cognito: bool = False
    """Whether Cognito signed the person in, and so remembers them until they sign out there too."""

    @property
    def form_token(self) -> str:
        """What a form must carry; nobody can make it without the cookie."""
        return hashlib.sha256(f"form:{self.token}".encode()).hexdigest()

    def may_see(self, event_id: str) -> bool:
        """Whether an event is of the session's connection: its id begins with the connection's name."""
        return event_id.startswith(f"{self.connection}#")

    def accepts(self, form_token: str) -> bool:
        """Whether a form was made for this session."""
        return hmac.compare_digest(self.form_token.encode(), form_token.encode())


@dataclass(frozen=True, slots=True)
class Sessions:
    """Makes links and sessions."""

    tickets: Tickets

    def open(self, request: OpenConsole) -> ConsoleOpened:
        """Make a link for the command line."""
        expires_at = (self.tickets.clock() + LINK_LIFE).astimezone(UTC)
        token = self.offer(request.connection, request.person, request.role)
        return ConsoleOpened(token=token, expires_at=expires_at)

    def offer(self, connection: str, person: str, role: Role, *, by_cognito: bool = False) -> str:
        """Make a link, and return its secret."""
        held = {"connection": connection, "person": person, "role": str(role), "by_cognito": by_cognito}
        return self.tickets.issue("link", LINK_LIFE, **held)

    def begin(self, link: str) -> Session | None:
        """Use a link up and begin a session; None if the link is used, too old or none of ours."""
        used = self.tickets.take("link", link)
        if used is None:
            return None
        held = {name: used.get(name) for name in ("connection", "person", "role", "by_cognito")}
        return _session(self.tickets.issue("session", SESSION_LIFE, **held), held)

    def find(self, token: str) -> Session | None:
        """Return the session of a cookie; None if it has ended."""
        held = self.tickets.find("session", token)
        return _session(token, held) if held else None

    def end(self, session: Session) -> None:
        """Sign out."""
        self.tickets.end("session", session.token)


def _session(token: str, held: dict[str, object]) -> Session:
    return Session(
        token,
        str(held["connection"]),
        str(held["person"]),
        Role(str(held["role"])),
        by_cognito=bool(held.get("by_cognito")),
    )
