"""The doors of purchase orders: what suppliers bring, by when, and what came."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, ok, paging, parse, query

purchasing = Blueprint(__name__)


@purchasing.route("/purchase-orders", methods=["POST"])
@endpoint(purchasing, scope="stock:write")
def place_purchase_order() -> Response:
    """Place a purchase order: its units are incoming from now on, each by its day."""
    from oms.inventory.forms import PlacePurchaseOrder
    from oms.inventory.resource import purchase_order_resource
    from oms.platform.inventory_orders import place

    order = place(parse(PlacePurchaseOrder, purchasing), caller(purchasing))
    return ok(purchase_order_resource(order), status=201, version=order.version)


@purchasing.route("/purchase-orders", methods=["GET"])
@endpoint(purchasing, scope="stock:read")
def list_purchase_orders() -> Response:
    """Purchase orders of a status (`open` unless you say): open ones by their day, the others the newest first."""
    from oms.platform.inventory_orders import page

    limit, cursor = paging(purchasing)
    wish = query(purchasing)
    return ok(page(wish.get("status", "open"), wish.get("location", ""), limit=limit, cursor=cursor))


@purchasing.route("/purchase-orders/{purchase_order_id}", methods=["GET"])
@endpoint(purchasing, scope="stock:read")
def get_purchase_order(purchase_order_id: str) -> Response:
    """A purchase order with its lines and all that came."""
    from oms.inventory.resource import purchase_order_resource
    from oms.platform.inventory_orders import purchase_order

    order = purchase_order(purchase_order_id)
    return ok(purchase_order_resource(order), version=order.version)


@purchasing.route("/purchase-orders/{purchase_order_id}/receive", methods=["POST"])
@endpoint(purchasing, scope="stock:write")
def receive_goods(purchase_order_id: str) -> Response:
    """Book in what came, each sku once per Idempotency-Key; what is damaged or to be looked at is not for sale."""
    from oms.inventory.forms import ReceiveGoods
    from oms.inventory.resource import purchase_order_resource
    from oms.platform.inventory_orders import receive

    order = receive(purchase_order_id, parse(ReceiveGoods, purchasing), caller(purchasing))
    return ok(purchase_order_resource(order), version=order.version)


@purchasing.route("/purchase-orders/{purchase_order_id}/change", methods=["POST"])
@endpoint(purchasing, scope="stock:write")
def change_purchase_order(purchase_order_id: str) -> Response:
    """Set lines to other quantities or days, as the supplier confirms them."""
    from oms.inventory.forms import ChangePurchaseOrder
    from oms.inventory.resource import purchase_order_resource
    from oms.platform.inventory_orders import change

    order = change(purchase_order_id, parse(ChangePurchaseOrder, purchasing), caller(purchasing))
    return ok(purchase_order_resource(order), version=order.version)


@purchasing.route("/purchase-orders/{purchase_order_id}/close", methods=["POST"])
@endpoint(purchasing, scope="stock:write")
def close_purchase_order(purchase_order_id: str) -> Response:
    """Give up what did not come: nothing of it is incoming any more."""
    from oms.inventory.resource import purchase_order_resource
    from oms.platform.inventory_orders import close

    order = close(purchase_order_id, caller(purchasing))
    return ok(purchase_order_resource(order), version=order.version)
