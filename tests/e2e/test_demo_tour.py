"""The tour of the README, word for word: whoever copies its commands sees what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from infra import local
from infra.local import Cloud

ROOT = Path(__file__).parents[2]


def tour() -> str:
    """The commands of the README's tour, without starting and ending the cloud."""
    section = (ROOT / "README.md").read_text().split("## A tour")[1].split("\n## ")[0]
    blocks = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    return "\n".join(block for block in blocks).replace("make up\n", "")


@pytest.mark.skipif(not shutil.which("bash") or not shutil.which("curl"), reason="the tour is for bash and curl")
def test_the_tour_leads_an_order_to_the_door(cloud: Cloud, tmp_path: Path) -> None:
    state = tmp_path / "local.json"
    local.write(cloud, state)
    script = tour().replace("/tmp/", f"{tmp_path}/")  # noqa: S108 - the reader's own
    done = subprocess.run(  # noqa: S603 - our own README
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 - whichever the reader has
        cwd=ROOT,
        env=os.environ | {local.STATE_VARIABLE: str(state)},
        check=False,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"status": "delivered"' in done.stdout.strip().splitlines()[-1]
    assert (tmp_path / "label.pdf").read_bytes().startswith(b"%PDF")
