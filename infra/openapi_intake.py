"""What the API document says of channels that are read."""

from __future__ import annotations

from infra.openapi_calls import CURSOR, LIMIT, Call, Query
from oms.channels.work_forms import Compare
from oms.channels.work_shapes import ComparisonResource, WorkPage, WorkResource

ONE = "/channels/{channel_id}"

STATE = Query(
    name="state",
    description="Whether the work is open still.",
    schema={"type": "string", "enum": ["open", "closed"], "default": "open"},
)

INTAKE_CALLS: dict[tuple[str, str], Call] = {
    ("GET", f"{ONE}/work"): Call(tag="intake", answers={200: WorkPage}, query=(STATE, LIMIT, CURSOR)),
    ("POST", f"{ONE}/work/{{work_id}}/close"): Call(tag="intake", answers={200: WorkResource}),
    ("POST", f"{ONE}/reconcile"): Call(tag="intake", body=Compare, answers={202: ComparisonResource}, repeatable=True),
    ("GET", f"{ONE}/reconcile/{{run_id}}"): Call(tag="intake", answers={200: ComparisonResource}),
}
"""The work that channels make for people, and comparisons of a channel with us."""
