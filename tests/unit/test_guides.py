"""The README and the guides lead somewhere, and a reader finds each of them."""

from pathlib import Path

import pytest

from tests.guides.documents import GUIDES, README, all_documents, anchors, links

SHORT = 220
"""Lines: what somebody reads before they try it."""


@pytest.mark.parametrize("document", all_documents(), ids=lambda path: path.name)
def test_links_lead_to_files_and_headings_that_exist(document: Path) -> None:
    local = [link for link in links(document) if link.is_local]

    assert [link.target for link in local if not link.file.exists()] == []
    assert [link.target for link in local if link.anchor and link.anchor not in anchors(link.file)] == []


def test_readme_links_to_every_guide_once() -> None:
    linked = [link.file for link in links(README) if link.is_local and link.file.parent == GUIDES]

    assert sorted(set(linked)) == sorted(GUIDES.glob("*.md"))


def test_readme_stays_short() -> None:
    assert len(README.read_text().splitlines()) <= SHORT
