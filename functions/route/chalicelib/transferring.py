"""The doors of transfers: goods that move from one location to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, ok, paging, parse, query

if TYPE_CHECKING:
    from oms.inventory.transfers import Transfer

transferring = Blueprint(__name__)


@transferring.route("/stock/transfers", methods=["POST"])
@endpoint(transferring, scope="stock:write")
def plan_transfer() -> Response:
    """Plan a transfer: its units are set aside at the origin until they leave."""
    from oms.inventory.forms import PlanTransfer
    from oms.platform.inventory_transfers import plan

    return _shown(plan(parse(PlanTransfer, transferring), caller(transferring)), status=201)


@transferring.route("/stock/transfers", methods=["GET"])
@endpoint(transferring, scope="stock:read")
def list_transfers() -> Response:
    """Transfers of a status (`in_transit` unless you say): those to come by their day, the others the newest first."""
    from oms.platform.inventory_transfers import page

    limit, cursor = paging(transferring)
    wish = query(transferring)
    return ok(page(wish.get("status", "in_transit"), wish.get("location", ""), limit=limit, cursor=cursor))


@transferring.route("/stock/transfers/{transfer_id}", methods=["GET"])
@endpoint(transferring, scope="stock:read")
def get_transfer(transfer_id: str) -> Response:
    """A transfer with its lines and all that left and arrived."""
    from oms.platform.inventory_transfers import transfer

    return _shown(transfer(transfer_id))


@transferring.route("/stock/transfers/{transfer_id}/dispatch", methods=["POST"])
@endpoint(transferring, scope="stock:write")
def dispatch_transfer(transfer_id: str) -> Response:
    """Let units leave the origin: they are incoming at the destination. Without lines, all that is set aside."""
    from oms.inventory.forms import DispatchTransfer
    from oms.platform.inventory_transfers import dispatch

    return _shown(dispatch(transfer_id, parse(DispatchTransfer, transferring), caller(transferring)))


@transferring.route("/stock/transfers/{transfer_id}/receive", methods=["POST"])
@endpoint(transferring, scope="stock:write")
def receive_transfer(transfer_id: str) -> Response:
    """Book in what arrived, each sku once per Idempotency-Key; what was given up as lost may turn up after all."""
    from oms.inventory.forms import ReceiveTransfer
    from oms.platform.inventory_transfers import receive

    return _shown(receive(transfer_id, parse(ReceiveTransfer, transferring), caller(transferring)))


@transferring.route("/stock/transfers/{transfer_id}/close", methods=["POST"])
@endpoint(transferring, scope="stock:write")
def close_transfer(transfer_id: str) -> Response:
    """Give up what is in transit as lost, and sell at the origin what was not dispatched."""
    from oms.platform.inventory_transfers import close

    return _shown(close(transfer_id, caller(transferring)))


def _shown(transfer: Transfer, *, status: int = 200) -> Response:
    from oms.inventory.resource import transfer_resource

    return ok(transfer_resource(transfer), status=status, version=transfer.version)
