"""Karrio as it is loaded: what it may do to the process, and that it finds in the package what it needs."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from infra import packages

PROGRAM = """
import json, ssl, sys
before = ssl._create_default_https_context
from oms.carriers.karrio_library import library, part
for name in ("fedex", "ups", "dhl_express"):
    library(name)
from loguru import logger
logger.error("nobody hears this")
try:
    part("lib").request(url="http://127.0.0.1:9/")
    opened = True
except ConnectionError:
    opened = False
print(json.dumps({
    "checked": ssl._create_default_https_context is before,
    "opened": opened,
    "gateway": "karrio.sdk" in sys.modules,
    "files": [name.replace(".", "/") for name in sys.modules if name.startswith("karrio.")],
}))
"""


@pytest.fixture(scope="module")
def loaded() -> tuple[dict[str, object], str]:
    done = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return json.loads(done.stdout), done.stderr


def test_certificates_are_still_checked_by_the_whole_process(loaded: tuple[dict[str, object], str]) -> None:
    assert loaded[0]["checked"], "Karrio switches it off for urllib"


def test_it_opens_no_connection_looks_for_no_plugins_and_says_nothing(loaded: tuple[dict[str, object], str]) -> None:
    state, said = loaded
    assert (state["opened"], state["gateway"], said) == (False, False, "")


def test_all_that_it_loads_is_in_the_package(loaded: tuple[dict[str, object], str]) -> None:
    files = loaded[0]["files"]
    assert isinstance(files, list)
    assert len(files) > 100
    dropped = [each for each in files if not packages.keeps(f"{each}.py") or not packages.keeps(f"{each}/__init__.py")]
    assert dropped == []
