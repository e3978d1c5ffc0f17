"""The composed template, once for the session."""

from __future__ import annotations

from typing import Any

import pytest

from infra.compose import compose

Json = dict[str, Any]


@pytest.fixture(scope="session")
def template() -> Json:
    """The template of the whole stack."""
    return compose()


@pytest.fixture(scope="session")
def resources(template: Json) -> Json:
    """Its resources by logical id."""
    return dict(template["Resources"])
