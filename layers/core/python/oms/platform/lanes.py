"""What API Gateway asks before it lets a channel's call in: on whose limit it counts. Everybody is let in here.

Who the caller is, is seen where it always was: by signature or bearer key, in the function behind.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from oms.channels.lanes import key_of, lane_by_name, lane_of
from oms.platform.cache import Cache
from oms.platform.config import settings
from oms.platform.observability import logger
from oms.platform.setup import all_stored
from oms.setup import Channel

_channels: Cache[str, tuple[str, ...]] = Cache(seconds=60, size=1)


def admit(event: dict[str, Any]) -> dict[str, Any]:
    """The answer of an authorizer: the call may go on, and counts on its channel's lane."""
    channel_id = unquote((event.get("pathParameters") or {}).get("channel_id", ""))
    statement = {"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": event["methodArn"]}
    return {
        "principalId": "channel",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "usageIdentifierKey": key_of(settings().stack, _lane(channel_id)),
    }


def _lane(channel_id: str) -> int:
    from botocore.exceptions import BotoCoreError, ClientError

    known = _channels.get("")
    try:
        known = known if known is not None else _channels.put("", _ids())
    except (BotoCoreError, ClientError) as error:
        logger().warning("lane_by_name", channel_id=channel_id, reason=type(error).__name__)
        return lane_by_name(channel_id)
    return lane_of(channel_id, known)


def _ids() -> tuple[str, ...]:
    return tuple(sorted(each.value.channel_id for each in all_stored(Channel)))
