"""The payloads of `events/`, as `events/index.json` lists them."""

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter

from accounting_sync.webhooks.events import Source, Status
from tests.local_stack.paths import EVENTS


class Sample(BaseModel):
    """One payload, and what is known of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: Path
    """Below `events/`."""
    provider: Source
    kind: str | None = None
    """Moment's kind of webhook: the last part of the URL."""
    entity: str | None
    origin: Literal["documented", "synthetic"]
    """Whether the provider publishes a payload of this shape, or it was made up after what is known."""
    status: Status | None
    """What becomes of it in the demo connection; None: it is answered and not kept."""

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.file.stem

    def payload(self) -> dict[str, Any]:
        """Return the body as it lies in the file."""
        return dict(json.loads((EVENTS / self.file).read_text()))


@cache
def samples() -> dict[str, Sample]:
    """Return all payloads by name."""
    rows = TypeAdapter(list[Sample]).validate_json((EVENTS / "index.json").read_text())
    return {row.name: row for row in rows}
