"""The reference of problems against the errors that the code raises."""

from __future__ import annotations

import re
from pathlib import Path

from oms import errors
from oms.platform.http import MAX_BODY, PROBLEM_TYPES
from oms.platform.imports import MAX_ROWS

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "problems.md").read_text()
RAISED = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.OmsError)]


def sections() -> dict[str, str]:
    parts = re.split(r"^## (\S+)\n", REFERENCE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_problem_has_a_section_and_every_section_a_problem() -> None:
    assert sorted(sections()) == sorted({each.problem for each in RAISED})


def test_every_section_says_the_status_the_cause_and_the_remedy() -> None:
    for each in RAISED:
        section = sections()[each.problem].strip()
        assert section.startswith(f"{each.status}. "), each.problem
        assert "\n*Remedy:* " in section, each.problem


def test_no_two_errors_share_a_problem() -> None:
    assert len({each.problem for each in RAISED}) == len(RAISED)


def test_the_figures_in_the_reference_are_those_of_the_code() -> None:
    assert PROBLEM_TYPES in REFERENCE
    assert f"more than {MAX_BODY // 1024} kB" in REFERENCE
    assert f"more than {MAX_ROWS} rows" in REFERENCE
