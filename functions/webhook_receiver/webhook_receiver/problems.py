"""What can be wrong with a request, and how it is answered: the errors of the HTTP contract."""

from enum import Enum


class ProblemKind(Enum):
    """Status, title, and the reason under which it is counted."""

    UNKNOWN_WEBHOOK = (404, "Unknown webhook")
    METHOD = (405, "Method not allowed")
    TOO_LARGE = (413, "Body too large")
    CONTENT_TYPE = (415, "Not JSON")
    UNAUTHENTICATED = (401, "Not authentic")
    STALE_SIGNATURE = (401, "Signature too old")
    REPLAYED_SIGNATURE = (401, "Signature used before")
    OTHER_ADMINISTRATION = (403, "Another administration")
    UNREADABLE = (400, "Unreadable webhook")
    IDEMPOTENCY_KEY = (400, "Idempotency-Key missing or unusable")
    UNAVAILABLE = (503, "Not available")
    INTERNAL = (500, "Internal error")

    def __init__(self, status: int, title: str) -> None:
        self.status = status
        self.title = title

    @property
    def reason(self) -> str:
        """Name in metrics, logs and the problem's `type`."""
        return self.name.lower().replace("_", "-")

    @property
    def code(self) -> str:
        """Code of the reason under which an authentic webhook is kept all the same."""
        return self.name.lower()


class ProblemError(Exception):
    """A request is refused; the sender is shown the detail: nothing secret, nothing of the body."""

    def __init__(self, kind: ProblemKind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.event_id: str | None = None
        """Under which it was kept all the same."""
