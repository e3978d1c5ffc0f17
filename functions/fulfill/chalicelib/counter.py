"""The calls of a store's counter: ready, hand over, put back."""

from __future__ import annotations

from functools import partial

from chalice.app import Blueprint, Response

from chalicelib.doing import done
from oms.platform.http import endpoint, parse

counter = Blueprint(__name__)
_done = partial(done, counter)


@counter.route("/fulfillment-orders/{fulfillment_order_id}/ready", methods=["POST"], content_types=[])
@endpoint(counter, scope="fulfillment")
def make_ready(fulfillment_order_id: str) -> Response:
    """Say that the goods stand at the store's counter: the customer is told, with a code."""
    from oms.fulfillment.counter import make_ready as ready

    return _done(ready, fulfillment_order_id)


@counter.route("/fulfillment-orders/{fulfillment_order_id}/hand-over", methods=["POST"], content_types=[])
@endpoint(counter, scope="fulfillment")
def hand_over(fulfillment_order_id: str) -> Response:
    """Give the goods to whoever has the code, or whose document staff have seen."""
    from oms.fulfillment.counter import hand_over as hand
    from oms.fulfillment.requests import HandOver
    from oms.platform.pickup import matches

    wish = parse(HandOver, counter)
    return _done(
        hand,
        fulfillment_order_id,
        matches=matches,
        code=wish.code,
        identity_seen=wish.identity_seen,
        collected_by=wish.collected_by,
    )


@counter.route("/fulfillment-orders/{fulfillment_order_id}/put-back", methods=["POST"], content_types=[])
@endpoint(counter, scope="fulfillment")
def put_back(fulfillment_order_id: str) -> Response:
    """Put goods back on the shelf that nobody fetched, or that the customer does not want: they are free stock."""
    from oms.fulfillment.counter import put_back as put
    from oms.fulfillment.requests import PutBack

    wish = parse(PutBack, counter)
    return _done(put, fulfillment_order_id, code=wish.code, reason=wish.reason)
