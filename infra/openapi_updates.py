"""What the API document says of what channels are to be told."""

from __future__ import annotations

from infra.openapi_calls import CURSOR, LIMIT, Call, Query
from oms.channels.update_shapes import ChannelUpdatesResource, Retried, Skipped, SkipUpdate, WaitingUpdateResource
from oms.platform.outbox_table import UpdateStatus

ALL = "/channels/{channel_id}/updates"
ONE = f"{ALL}/{{order_id}}"

STATUS = Query(
    name="status",
    description="Those that wait for a person, unless others are asked for.",
    schema={"type": "string", "enum": list(UpdateStatus)},
)

UPDATE_CALLS: dict[tuple[str, str], Call] = {
    ("GET", ALL): Call(tag="intake", answers={200: ChannelUpdatesResource}, query=(STATUS, LIMIT, CURSOR)),
    ("POST", f"{ALL}/retry"): Call(tag="intake", answers={202: Retried}),
    ("POST", f"{ONE}/retry"): Call(tag="intake", answers={202: WaitingUpdateResource}),
    ("POST", f"{ONE}/skip"): Call(tag="intake", body=SkipUpdate, answers={200: Skipped}, repeatable=True),
}
"""Channel updates, as an operator sees them."""
