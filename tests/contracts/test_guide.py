"""The guide says what the code says: the ways out of holds, the scopes of keys, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from oms.orders.events import HoldReason
from oms.platform.keys import SCOPES

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])


def test_every_reason_for_a_hold_has_a_way_out_in_the_guide() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/guide/holds.md").read_text(), flags=re.MULTILINE)
    assert sorted(rows) == sorted(HoldReason)


def test_the_guide_names_every_scope() -> None:
    table = (ROOT / "docs/guide/concepts.md").read_text().split("## Keys")[1]
    assert {scope for scope in SCOPES if f"`{scope}`" not in table} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)", page.read_text()):
        other = (page.parent / target).resolve() if target else page
        assert other.exists(), f"{page.name} leads to {target}"
        if anchor:
            assert anchor in _anchors(other), f"{page.name} leads to {target}#{anchor}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
