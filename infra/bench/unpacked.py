"""The packages of the local target, unpacked as Lambda unpacks them, and programs run in them and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from infra.build import BUILD, archive
from infra.packages import LOCAL

DIRECTORY = BUILD / "bench"
LAYERS = ("base", "core", "geo")


def unpack(name: str) -> Path:
    """A zip's content, unpacked anew."""
    into = DIRECTORY / name
    shutil.rmtree(into, ignore_errors=True)
    with zipfile.ZipFile(archive(name, LOCAL)) as packed:
        packed.extractall(into)
    return into


def paths(stage: str = "") -> list[str]:
    """Where a function of the stage finds its modules, in Lambda's order; without a stage, what the layers have."""
    layers = [str(DIRECTORY / layer / "python") for layer in LAYERS]
    return [str(DIRECTORY / stage), *layers] if stage else layers


def run(program: str, where: list[str], *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    """Run a program in a fresh interpreter that sees the standard library and `where`; its output is thrown away.

    Raises:
        RuntimeError: it failed; the message has its last words.
    """
    surroundings = {"PATH": os.environ["PATH"], **AWS_ENVIRONMENT, **(environment or {})}
    head = f"import sys\nsys.path[:0] = {where!r}\n"
    # -I and -S: nothing of this machine's site-packages, so what is measured is what is shipped.
    command = [sys.executable, "-I", "-S", "-c", head + program, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=surroundings)
    if done.returncode:
        raise RuntimeError(f"a program of the bench failed: {done.stderr[-2000:]}")


AWS_ENVIRONMENT = {
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "POWERTOOLS_SERVICE_NAME": "bench",
}
"""What Lambda gives every function; with credentials in it, nobody goes looking for them."""
