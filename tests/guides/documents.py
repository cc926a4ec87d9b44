"""The README and the guides as texts: their commands and their links."""

import re
import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.local_stack.paths import ROOT

GUIDES = ROOT / "functions" / "operations" / "guides"
README = ROOT / "README.md"

_FENCE = re.compile(r"^\s*```(?P<language>\w*)\s*$")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")
_INLINE = re.compile(r"(?<!`)`accounting-sync (?P<words>[^`]+)`(?!`)")
_HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)


def all_documents() -> list[Path]:
    """Return the README and every guide."""
    return [README, *sorted(GUIDES.glob("*.md"))]


@dataclass(frozen=True, slots=True)
class Link:
    """A link from one document: to a file of the project, a heading, or the web."""

    source: Path
    target: str

    @property
    def is_local(self) -> bool:
        """Whether it leads to this project."""
        return "://" not in self.target

    @property
    def file(self) -> Path:
        """The file that it leads to."""
        path = self.target.partition("#")[0]
        return (self.source.parent / path).resolve() if path else self.source

    @property
    def anchor(self) -> str:
        """The heading that it leads to, as GitHub writes it in a URL."""
        return self.target.partition("#")[2]


def links(document: Path) -> Iterator[Link]:
    """Yield a document's links."""
    for found in _LINK.finditer(document.read_text()):
        yield Link(document, found["target"])


def anchors(document: Path) -> set[str]:
    """Return the anchors of a document's headings: lower case, hyphens for blanks, no punctuation."""
    headings = (found["text"] for found in _HEADING.finditer(document.read_text()))
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


def script(document: Path) -> str:
    """Return the commands of a document: its `sh` blocks, each on the line where it stands."""
    language: str | None = None
    lines = []
    for line in document.read_text().splitlines():
        fence = _FENCE.match(line)
        if fence:
            language = fence["language"] if language is None else None
        lines.append("" if fence or language != "sh" else line)
    return "\n".join(lines) + "\n"


def inline_commands(document: Path) -> Iterator[list[str]]:
    """Yield the words of each `accounting-sync` command that stands within a sentence."""
    for found in _INLINE.finditer(document.read_text()):
        yield shlex.split(found["words"])


def has_commands(document: Path) -> bool:
    """Whether there is anything to run."""
    return bool(script(document).strip())


def without_sections(document: Path, headings: Collection[str]) -> str:
    """Return the commands of a document as `script` does, but for those under some headings."""
    lines, left_out = [], False
    for text, command in zip(document.read_text().splitlines(), script(document).splitlines(), strict=True):
        if not command and text.startswith("#"):
            left_out = text.lstrip("# ") in headings
        lines.append("" if left_out else command)
    return "\n".join(lines) + "\n"
