"""The packages by themselves: each stage runs on nothing but the standard library and what is in its zips."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import build, doors
from infra.packages import LOCAL
from tests.budgets.test_packages import own_file, sources

PRINT = """
from oms.paper import Paper
paper = Paper(width=100, height=150, title="label")
paper.page()
for line, text in enumerate(("Größe 3½ €", "Ελληνικά", "Кириллица", "العربية", "עברית", "ไทย", "東京 서울")):
    paper.text(text, x=10, y=20 + 10 * line, size=12)
paper.barcode("SIM123456", x=10, y=100, width=80, height=20)
assert paper.content().startswith(b"%PDF")
"""

WRITE = """
from datetime import date
from babel.dates import format_date
from babel.numbers import format_currency
from jinja2 import Environment
for language in ("en", "de", "it", "fr", "es", "de_AT", "en_GB"):
    Environment(autoescape=True).from_string("{{ x }}").render(
        x=format_currency(1234.5, "EUR", locale=language) + format_date(date(2026, 1, 2), "full", locale=language)
    )
from zoneinfo import ZoneInfo
ZoneInfo("Europe/Berlin")
"""

CALL = """
import os
os.environ |= {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}
from oms.platform.aws import client
for service in ("dynamodb", "s3", "secretsmanager", "sesv2", "sns", "sqs"):
    client(service)
"""

MORE = {"fulfill": PRINT, "notify": WRITE, "route": "import holidays; holidays.country_holidays('DE', years=2026)"}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zips of the local target, unpacked side by side."""
    build.build(LOCAL)
    place = tmp_path_factory.mktemp("shipped")
    for artifact in build.artifacts():
        with zipfile.ZipFile(build.archive(artifact.name, LOCAL)) as archive:
            archive.extractall(place / artifact.name)
    return place


def run(unpacked: Path, stage: str, program: str) -> None:
    """Run a program that finds only what a stage's function finds. Warnings are errors, as in all tests."""
    places = [unpacked / "base" / "python", unpacked / "core" / "python", unpacked / stage]
    start = f"import sys; sys.path[:0] = {[str(place) for place in places]!r}\n"
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", start + program]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - our own programs
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("stage", doors.stages())
def test_every_module_that_a_stage_can_come_to_import_is_there(unpacked: Path, stage: str) -> None:
    modules = sorted(
        path.relative_to(build.CORE).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for path in sources(stage)
        if path.is_relative_to(build.CORE)
    )
    assert all(own_file(name) for name in modules)
    run(
        unpacked, stage, "import app, importlib\n" + "\n".join(f"importlib.import_module({name!r})" for name in modules)
    )


@pytest.mark.parametrize("stage", doors.stages())
def test_every_client_can_be_made(unpacked: Path, stage: str) -> None:
    run(unpacked, stage, CALL)


@pytest.mark.parametrize("stage", MORE)
def test_a_stage_can_do_its_own_work(unpacked: Path, stage: str) -> None:
    run(unpacked, stage, MORE[stage])
