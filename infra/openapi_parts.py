"""What all calls of the API document share: problems, keys, and the headers of careful clients."""

from __future__ import annotations

from typing import Any

from oms import errors
from oms.platform.http import PROBLEM_TYPES
from oms.platform.keys import IMPLIED, SCOPES

Json = dict[str, Any]


def problems() -> dict[str, type[errors.OmsError]]:
    """Every problem by its name."""
    found = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.OmsError)]
    return {each.problem: each for each in found}


def statuses() -> list[int]:
    """Every status that a problem is answered with."""
    return sorted({each.status for each in problems().values()})


def problem_response(status: int) -> Json:
    """The answer of this status, with the problems that it may be."""
    own = [each for each in problems().values() if each.status == status]
    answer: Json = {
        "description": " ".join(f"`{each.problem}`: {each.title}." for each in own),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if status == 503:  # noqa: PLR2004 - the status is its own name
        answer["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return answer


def problem_schema() -> Json:
    """The shape of every problem document."""
    return {
        "type": "object",
        "description": "An RFC 9457 problem document.",
        "properties": {
            "type": {"type": "string", "enum": [PROBLEM_TYPES + name for name in sorted(problems())]},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {
                "type": "array",
                "description": "What is wrong, field by field.",
                "items": {"$ref": "#/components/schemas/FieldProblem"},
            },
        },
        "required": ["type", "title", "status"],
    }


IF_MATCH: Json = {
    "name": "If-Match",
    "in": "header",
    "description": "The `ETag` of the version that the change is meant for; with another one it is refused with 412.",
    "schema": {"type": "string"},
}

IDEMPOTENCY_KEY: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Names this wish: the same call with the same key again is carried out once.",
    "schema": {"type": "string", "maxLength": 255},
}


def key_scheme() -> Json:
    """How callers show who they are."""
    implied = "; ".join(f"`{scope}` implies {', '.join(sorted(others))}" for scope, others in IMPLIED.items())
    return {
        "type": "http",
        "scheme": "bearer",
        "description": f"A key with one or more scopes: {', '.join(SCOPES)}. {implied}.",
    }
