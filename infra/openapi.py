"""The API document: OpenAPI 3.1, generated from all stages' routes, the request models and the answers' shapes."""

from __future__ import annotations

import inspect
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import click
from pydantic import ConfigDict, TypeAdapter, with_config
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

import oms.customers.answers
import oms.customers.history
import oms.inventory.resource
import oms.routing.resource
import oms.routing.trial
import oms.stock.resource
import oms.views.after_sale_shapes
import oms.views.answers
import oms.views.basic_shapes
import oms.views.effect
import oms.views.offer_page
import oms.views.shapes
import oms.views.work
from infra import doors, openapi_calls
from infra.openapi_availability import AVAILABILITY_CALLS
from infra.openapi_calls import Call, Rows, Signed, Versioned
from infra.openapi_carriers import CARRIER_CALLS
from infra.openapi_intake import INTAKE_CALLS
from infra.openapi_inventory import INVENTORY_CALLS
from infra.openapi_parts import IDEMPOTENCY_KEY, IF_MATCH, key_scheme, problem_response, problem_schema, statuses
from infra.openapi_sourcing import SOURCING_CALLS
from infra.openapi_stock import STOCK_CALLS
from infra.openapi_substitution import SUBSTITUTION_CALLS
from infra.openapi_updates import UPDATE_CALLS
from infra.openapi_webhooks import WEBHOOK_CALLS
from oms.platform.http import MAX_BODY
from oms.setup import Channel, Location, Product

DOCUMENT = doors.ROOT / "docs" / "openapi.json"

INTRODUCTION = """Every order of a merchant, from the channel that it was placed on to the customer's door.

* Times are UTC (RFC 3339), weights grams, lengths millimetres, money minor units of a currency.
* Callers send a bearer key that has the scope of the call; webhooks are signed by their platform.
* Errors are RFC 9457 problem documents with a stable `type`; see the reference of problems.
* Resources show their `version` (also as `ETag`) and the `actions` that are possible now.
* Lists page with `limit` and an opaque `cursor`.
* A body may have at most {kilobytes} kB.
"""

TAGS = {
    "intake": "Where channels hand in their orders.",
    "set-up": "Channels, locations and products, one by one or imported.",
    "orders": "Finding, reading and changing orders.",
    "stock": "What is where, and how it got there.",
    "inventory": "Purchase orders, transfers, counts and the ledger: how goods come, move and are accounted for.",
    "routing": "Why an order goes out from where it goes out.",
    "fulfillment": "Work queues, picking, packing, shipping, delivery, and what carriers say.",
    "returns": "What comes back, what is credited for it, and the customers' signed links.",
    "customers": "Who ordered, across all channels: histories, wishes, notes, export and erasure.",
}

CALLS = (
    openapi_calls.CALLS
    | INVENTORY_CALLS
    | STOCK_CALLS
    | AVAILABILITY_CALLS
    | CARRIER_CALLS
    | SOURCING_CALLS
    | WEBHOOK_CALLS
    | INTAKE_CALLS
    | UPDATE_CALLS
    | SUBSTITUTION_CALLS
)

Json = dict[str, Any]
Refs = Mapping[Any, Json]


class _Schemas(GenerateJsonSchema):
    """Pydantic's generator without a title on each field, which only says the field's name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - asked for every kind of field
        return False


def document() -> Json:
    """The document as JSON values.

    Raises:
        LookupError: a route is not among `CALLS`, or a call has no route.
    """
    routes = {(method, path): (stage, view) for stage, method, path, view in _routes()}
    if routes.keys() != CALLS.keys():
        undescribed, unrouted = sorted(routes.keys() - CALLS.keys()), sorted(CALLS.keys() - routes.keys())
        raise LookupError(f"infra/openapi_calls.py lacks {undescribed} and describes {unrouted}, which do not exist")
    refs, schemas = _schemas()
    paths: dict[str, Json] = {}
    for (method, path), call in CALLS.items():
        stage, view = routes[method, path]
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, stage, view, call, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Order management",
            "version": _version(),
            "description": INTRODUCTION.format(kilobytes=MAX_BODY // 1024),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [
            {
                "url": "{base}/" + doors.API_STAGE,
                "variables": {"base": {"default": "https://api.example.com", "description": "Where the stack runs."}},
            }
        ],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {
            "schemas": schemas | {"Problem": problem_schema()},
            "responses": {f"Problem{status}": problem_response(status) for status in statuses()},
            "parameters": {"IfMatch": IF_MATCH, "IdempotencyKey": IDEMPOTENCY_KEY},
            "securitySchemes": {"key": key_scheme()},
        },
    }


def render() -> str:
    """The document as it is committed."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


@click.command()
@click.option("--write", is_flag=True, help="Write docs/openapi.json instead of comparing it.")
def openapi(*, write: bool) -> None:
    """Compare the committed API document with the code, or write it anew."""
    if write:
        DOCUMENT.write_text(render())
        click.echo(f"{DOCUMENT} is written")
    elif not DOCUMENT.exists() or DOCUMENT.read_text() != render():
        click.echo("docs/openapi.json is not what the code says: run `oms openapi --write`", err=True)
        sys.exit(1)
    else:
        click.echo("docs/openapi.json is what the code says")


def _routes() -> Iterator[tuple[str, str, str, Any]]:
    """Stage, method, path and view of every route."""
    for stage in doors.stages():
        for path, methods in doors.load_app_module(stage).app.routes.items():
            for method, entry in methods.items():
                yield stage, method, path, entry.view_function


def _schemas() -> tuple[Refs, Json]:
    """A reference for each shape that a call names, and all schemas that these lead to."""
    config = with_config(ConfigDict(use_attribute_docstrings=True, json_schema_serialization_defaults_required=True))
    for shape in (Channel, Location, Product, *_typed_dictionaries()):
        config(shape)
    wanted: list[tuple[Any, JsonSchemaMode, TypeAdapter[Any]]] = []
    for call in CALLS.values():
        if isinstance(call.body, type):
            wanted.append((call.body, "validation", TypeAdapter(call.body)))
        for shape in call.answers.values():
            plain = shape.value if isinstance(shape, Versioned) else shape
            if plain is not None:
                wanted.append((plain, "serialization", TypeAdapter(plain)))
    keyed, definitions = TypeAdapter.json_schemas(
        wanted, ref_template="#/components/schemas/{model}", schema_generator=_Schemas
    )
    return {key: schema for (key, _), schema in keyed.items()}, definitions["$defs"]


def _typed_dictionaries() -> Iterator[type]:
    modules = (
        oms.views.basic_shapes,
        oms.views.after_sale_shapes,
        oms.views.shapes,
        oms.views.answers,
        oms.views.effect,
        oms.views.offer_page,
        oms.views.work,
        oms.stock.resource,
        oms.inventory.resource,
        oms.routing.resource,
        oms.routing.trial,
        oms.customers.answers,
        oms.customers.history,
    )
    for module in modules:
        yield from (shape for shape in vars(module).values() if hasattr(shape, "__required_keys__"))


def _operation(method: str, path: str, stage: str, view: Any, call: Call, refs: Refs) -> Json:
    summary, _, rest = (inspect.getdoc(view) or "").partition("\n")
    operation: Json = {
        "operationId": f"{stage}_{view.__name__}",
        "tags": [call.tag],
        "summary": summary.rstrip("."),
    }
    if rest.strip():
        operation["description"] = " ".join(rest.split())
    operation["security"] = [{"key": [view.scope]}] if view.scope else []
    parameters = list(_parameters(path, call))
    if parameters:
        operation["parameters"] = parameters
    if call.body is not None:
        operation["requestBody"] = {"required": call.body_required, "content": _body(call, refs)}
    operation["responses"] = {
        **{str(status): _answer(status, shape, refs) for status, shape in sorted(call.answers.items())},
        **{
            str(status): {"$ref": f"#/components/responses/Problem{status}"}
            for status in sorted(_refusals(method, path, view, call))
        },
    }
    return operation


def _parameters(path: str, call: Call) -> Iterator[Json]:
    for name in re.findall(r"\{(\w+)\}", path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    for query in call.query:
        yield {"name": query.name, "in": "query", "description": query.description, "schema": query.schema}
    if call.if_match:
        yield {"$ref": "#/components/parameters/IfMatch"}
    if call.repeatable:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}
    for name in call.body.headers if isinstance(call.body, Signed) else ():
        yield {
            "name": name,
            "in": "header",
            "description": "The signature of the body, byte for byte, as the sender's platform makes it.",
            "schema": {"type": "string"},
        }


def _body(call: Call, refs: Refs) -> Json:
    match call.body:
        case Rows(kind):
            from oms.platform.imports import MAX_ROWS, columns
            from oms.setup_forms import ROWS

            names = columns(ROWS[kind])
            text = f"At most {MAX_ROWS} rows. Columns: {', '.join(names)}."
            lines = f"At most {MAX_ROWS} lines, each a JSON object with the same fields."
            return {
                "text/csv": {"schema": {"type": "string", "description": text}, "example": ",".join(names) + "\n"},
                "application/x-ndjson": {"schema": {"type": "string", "description": lines}},
            }
        case Signed():
            return {"application/json": {"schema": {"description": "As the sender's platform defines it."}}}
        case model:
            return {"application/json": {"schema": refs[model]}}


def _answer(status: int, shape: Any, refs: Refs) -> Json:
    if status == 303:  # noqa: PLR2004 - the status is its own name
        return {
            "description": "Where the document can be fetched for some minutes.",
            "headers": {"Location": {"required": True, "schema": {"type": "string", "format": "uri"}}},
        }
    description = {200: "Done.", 201: "Created.", 202: "Taken; a part of it waits."}[status]
    schema = refs[shape.value if isinstance(shape, Versioned) else shape]
    if isinstance(shape, Versioned):
        version = {"type": "object", "properties": {"version": {"type": "integer"}}, "required": ["version"]}
        schema = {"allOf": [schema, version]}
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _refusals(method: str, path: str, view: Any, call: Call) -> Iterator[int]:
    """The statuses of the problems that a call may answer with."""
    yield from (401, 500, 503)
    if view.scope:
        yield 403
    if "{" in path or any(each.name == "customer" for each in call.query):
        yield 404
    if call.query or call.body is not None:
        yield 422
    if call.body is not None:
        yield 413
    if call.if_match:
        yield 412
    if call.version_required:
        yield 428
    if (method == "POST" and not isinstance(call.body, Rows)) or (
        method == "PUT" and call.tag in {"stock", "customers"}
    ):
        yield 409


def _version() -> str:
    project = tomllib.loads((doors.ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])
