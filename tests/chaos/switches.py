"""Guards taken out of the built copy, one at a time, to show that a run without them is noticed."""

from dataclasses import dataclass
from pathlib import Path

from tests.chaos.clock import FastClock


class PatchError(Exception):
    """The text that a patch replaces is no longer there: the patch must follow the code."""


@dataclass(frozen=True)
class Patch:
    """One replacement in one file of the built code."""

    file: str
    """End of its path."""
    old: str
    new: str

    def apply(self, folder: Path) -> None:
        """Replace the text in each copy of the file below a folder.

        Raises
        ------
        PatchError
            If there is no such file, or the text is not in it exactly once.
        """
        files = [file for file in folder.rglob(Path(self.file).name) if file.as_posix().endswith(self.file)]
        if not files:
            raise PatchError(f"no {self.file} below {folder}")
        for file in files:
            text = file.read_text()
            if text.count(self.old) != 1:
                raise PatchError(f"{file}: {self.old!r} is there {text.count(self.old)} times")
            file.write_text(text.replace(self.old, self.new))
            for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*.pyc"):
                compiled.unlink()  # it is used without a look at its source


_UPSERT = "destinations/moneybird/writing/upsert.py"
_CLAIMS = "accounting/stores/claim_store.py"
_FREE = '"attribute_not_exists(claimed_by) OR claimed_by = :owner OR expires_at < :now"'

_LEFT = "(error.until - self.clock()).total_seconds()"
_BREAKER = "utilities/circuit_breaker"
_OF_BREAKER = (
    "import datetime as dt\n",
    "import types\n"
    "from accounting_sync.time import utc_now\n"
    "dt = types.SimpleNamespace(datetime=types.SimpleNamespace(now=utc_now))\n",
)

_LEASE_SECONDS = 20
"""Of claims, in real time: workers are as slow as ever, and a claim must outlive its worker."""


def fast(clock: FastClock) -> tuple[Patch, ...]:
    """Return what makes the functions live by a fast clock, on which they differ by up to two seconds."""
    speed = clock.speed
    return (
        Patch(
            "accounting_sync/time.py",
            "    return datetime.now(UTC)\n",
            "    import os, time\n"
            f"    began, skew = {clock.began}, os.getpid() % 3 - 1\n"
            f"    return datetime.fromtimestamp(began + (time.time() - began) * {speed} + skew, UTC)\n",
        ),
        Patch(f"{_BREAKER}/base.py", *_OF_BREAKER),
        Patch(f"{_BREAKER}/persistence/base.py", *_OF_BREAKER),
        Patch(f"{_BREAKER}/persistence/dynamodb.py", *_OF_BREAKER),
        # What waits for a time on that clock.
        Patch("providers/http.py", _LEFT, f"{_LEFT} / {speed}"),
        Patch("consumer/batch.py", "(delay.total_seconds())", f"(delay.total_seconds() / {speed})"),
        Patch("operations/dispatcher.py", "self.sleep(PACE)", f"self.sleep(20 / {speed})"),
        Patch("operations/app.py", "TIME_TO_STOP = 15_000", f"TIME_TO_STOP = 75_000 - 60_000 // {speed}"),
        Patch(
            "pipeline/sync_pipeline.py",
            "LEASE = timedelta(seconds=90)",
            f"LEASE = timedelta(seconds={_LEASE_SECONDS * speed})",
        ),
    )


SWITCHES = {
    "conditional put": (
        Patch(
            "webhooks/event_intake.py",
            '"ConditionExpression": "attribute_not_exists(event_id)",',
            '"ConditionExpression": "attribute_not_exists(event_id) OR attribute_exists(event_id)",',
        ),
    ),
    "intent": (
        Patch(
            _UPSERT,
            "        found = find_unlinked(target, link)\n        if found is not None:",
            "        found = None\n        if found is not None:",
        ),
        Patch(
            _UPSERT,
            "self._wait_until_settled(link.intent[ATTEMPTED_AT], looked_at)\n        return self._create",
            "pass\n        return self._create",
        ),
    ),
    "claim": (Patch(_CLAIMS, _FREE, _FREE.removesuffix('"') + ' OR attribute_exists(claimed_by)"'),),
    "fence": (
        Patch(
            _CLAIMS,
            'SORT_KEY, "fence = :fence", fence=claim.fence)',
            'SORT_KEY, "fence > :fence OR fence <= :fence", fence=claim.fence)',
        ),
        Patch(
            "accounting/stores/link_store.py",
            " AND fence <= :fence)",
            " AND (fence <= :fence OR fence > :fence))",
        ),
        Patch("accounting/versions.py", "return fence < stored.fence", "return False"),
    ),
    "sweep": (
        Patch(
            "operations/sweep.py",
            "for event_id, status in self._candidates():",
            "for event_id, status in ():",
        ),
    ),
    "privacy": (
        Patch(
            "pipeline/sync_pipeline.py",
            "        seen.note(document)\n",
            "        seen.note(document)\n        print(document)\n",
        ),
    ),
    "version check": (
        Patch("accounting/versions.py", "        return after < before\n", "        return False\n"),
        Patch("accounting/versions.py", "        return told < known\n", "        return False\n"),
    ),
}


def without(names: str) -> tuple[Patch, ...]:
    """Return what takes guards out: their names, with commas between them.

    Raises
    ------
    KeyError
        If there is no such guard.
    """
    return tuple(patch for name in filter(None, names.split(",")) for patch in SWITCHES[name.strip()])
