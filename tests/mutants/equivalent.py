"""The changes that are known to change nothing that can be seen, each with the reason: `equivalent.toml`."""

import tomllib
from pathlib import Path
from typing import NamedTuple


class Change(NamedTuple):
    """One changed line of a module; `line` and `becomes` are without indentation, `becomes` may be empty."""

    module: str
    line: str
    becomes: str


def equivalent() -> dict[Change, str]:
    """Return the reason why each of them cannot be noticed."""
    listed = tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text()).get("change", [])
    return {Change(entry["module"], entry["line"], entry["becomes"]): entry["why"] for entry in listed}


def out_of_date(root: Path) -> list[Change]:
    """Return those whose line is no longer in the module."""
    return [
        change
        for change in equivalent()
        if change.line not in map(str.strip, (root / change.module).read_text().splitlines())
    ]
