"""What the API document says of what channels are to be told."""

from __future__ import annotations

from infra.openapi_calls import CURSOR, LIMIT, Call, Query
from oms.channels.update_shapes import (
    ChannelLevelsResource,
    ChannelUpdatesResource,
    Resync,
    ResyncAsked,
    Retried,
    Skipped,
    SkipUpdate,
    WaitingUpdateResource,
)
from oms.platform.outbox_table import UpdateStatus

ALL = "/channels/{channel_id}/updates"
ONE = f"{ALL}/{{order_id}}"

STATUS = Query(
    name="status",
    description="Those that wait for a person, unless others are asked for.",
    schema={"type": "string", "enum": list(UpdateStatus)},
)

LEVELS = Query(
    name="status",
    description="Those that the platform would not take, unless others are asked for.",
    schema={"type": "string", "enum": ["refused", "waiting"]},
)

UPDATE_CALLS: dict[tuple[str, str], Call] = {
    ("GET", ALL): Call(tag="intake", answers={200: ChannelUpdatesResource}, query=(STATUS, LIMIT, CURSOR)),
    ("POST", f"{ALL}/retry"): Call(tag="intake", answers={202: Retried}),
    ("POST", f"{ONE}/retry"): Call(tag="intake", answers={202: WaitingUpdateResource}),
    ("POST", f"{ONE}/skip"): Call(tag="intake", body=SkipUpdate, answers={200: Skipped}, repeatable=True),
    ("GET", "/channels/{channel_id}/stock"): Call(
        tag="intake", answers={200: ChannelLevelsResource}, query=(LEVELS, LIMIT, CURSOR)
    ),
    ("POST", "/channels/{channel_id}/stock/resync"): Call(
        tag="intake", body=Resync, body_required=False, answers={202: ResyncAsked}
    ),
}
"""Channel updates, as an operator sees them."""
