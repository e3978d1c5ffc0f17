"""The stages' Chalice apps, and what Chalice's own packaging makes of each: functions, roles and a REST API."""

from __future__ import annotations

import importlib.util
import json
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from botocore.session import Session
from chalice.awsclient import TypedAWSClient
from chalice.config import Config
from chalice.deploy import models
from chalice.deploy.appgraph import ApplicationGraphBuilder, DependencyBuilder
from chalice.deploy.deployer import BaseDeployStep, BuildStage, InjectDefaults, PolicyGenerator, SwaggerBuilder
from chalice.deploy.swagger import CFNSwaggerGenerator
from chalice.package import PackageOptions, ResourceBuilder, SAMTemplateGenerator
from chalice.policy import AppPolicyGenerator
from chalice.utils import OSUtils

from infra.fragments import ComposeError, Template

ROOT = Path(__file__).resolve().parent.parent
FUNCTIONS = ROOT / "functions"

API_STAGE = "v1"
"""The stage of the REST API, which is the version of the interface."""


def stages() -> list[str]:
    """The stages that have an app, by name."""
    return sorted(path.parent.name for path in FUNCTIONS.glob("*/app.py"))


def load_app_module(stage: str) -> ModuleType:
    """The module of a stage's app. Every app file is `app.py`, so each is loaded under a name of its own, once.

    Every stage's further modules are a `chalicelib`: they are found while its app is loaded, and make room after it.

    Raises:
        ComposeError: there is no such app.
    """
    name = f"oms_functions_{stage}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, FUNCTIONS / stage / "app.py")
    if spec is None or spec.loader is None or not (FUNCTIONS / stage / "app.py").exists():
        raise ComposeError(f"functions/{stage}/app.py is missing")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(FUNCTIONS / stage))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    finally:
        sys.path.remove(str(FUNCTIONS / stage))
        for each in [each for each in sys.modules if each.partition(".")[0] == "chalicelib"]:
            del sys.modules[each]
    return module


def chalice_template(stage: str) -> Template:
    """What `chalice package` generates for a stage, in process and without building its zip.

    An app's packages play no part in its template, so nothing is resolved or downloaded here.
    """
    config = Config(
        chalice_stage=API_STAGE,
        user_provided_params={"chalice_app": load_app_module(stage).app},
        config_from_disk=json.loads((FUNCTIONS / stage / ".chalice" / "config.json").read_text()),
        default_params={"project_dir": str(FUNCTIONS / stage), "api_gateway_endpoint_type": "REGIONAL"},
    )
    steps = [
        InjectDefaults(),
        _PackageName(f"{stage}.zip"),
        PolicyGenerator(AppPolicyGenerator(OSUtils()), OSUtils()),
        SwaggerBuilder(CFNSwaggerGenerator()),
    ]
    builder = ResourceBuilder(ApplicationGraphBuilder(), DependencyBuilder(), BuildStage(steps))
    resources = builder.construct_resources(config, API_STAGE)
    template: Template = SAMTemplateGenerator(config, _options()).generate(resources)
    return template


class _PackageName(BaseDeployStep):
    """Stands where Chalice builds a zip: names the one that our own build makes."""

    def __init__(self, filename: str) -> None:
        self._filename = filename

    def handle_deploymentpackage(self, config: Config, resource: models.DeploymentPackage) -> None:  # noqa: ARG002
        resource.filename = self._filename


@cache
def _options() -> PackageOptions:
    # The region only picks the partition's service names; the template itself has no region.
    session = Session()
    session.set_config_variable("region", "eu-central-1")
    # No call is made with them; without them botocore looks for some, at last on the network.
    session.set_credentials("unused", "unused")
    return PackageOptions(TypedAWSClient(session))
