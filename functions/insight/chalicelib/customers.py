"""The doors to customers: their records, wishes and notes, who is one person, and what is kept about them."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, expected_version, ok, paging, parse

customers = Blueprint(__name__)


# The mail address stands in the body: those in paths and queries end up in access logs and browsers' histories.
@customers.route("/customers/search", methods=["POST"], content_types=[])
@endpoint(customers, scope="customers:read")
def find_customers() -> Response:
    """Customers by mail address, phone number, or their account in a channel. Exact matches only."""
    from oms.customers.requests import FindCustomers
    from oms.platform.customer_desk import find

    return ok(find(parse(FindCustomers, customers)))


@customers.route("/customers/{customer_id}", methods=["GET"])
@endpoint(customers, scope="customers:read")
def read_customer(customer_id: str) -> Response:
    """A customer across all channels: figures, wishes, notes, and their orders, the newest first."""
    from oms.platform.customer_desk import show
    from oms.platform.event_log import order_log

    limit, cursor = paging(customers)
    shown = show(order_log(), customer_id, limit=limit, cursor=cursor)
    return ok(shown, version=shown["version"])


@customers.route("/customers/{customer_id}/preferences", methods=["PUT"], content_types=[])
@endpoint(customers, scope="customers:write")
def set_preferences(customer_id: str) -> Response:
    """Set what the customer wishes about messages, whole. What is left out is no wish."""
    from oms.notifications.preferences import Preferences
    from oms.platform.customer_changes import prefer

    wish = parse(Preferences, customers)
    shown = prefer(customer_id, wish, caller(customers), expected_version(customers))
    return ok(shown, version=shown["version"])


@customers.route("/customers/{customer_id}/notes", methods=["POST"], content_types=[])
@endpoint(customers, scope="customers:write")
def write_note(customer_id: str) -> Response:
    """Write down what is worth remembering of the customer."""
    from oms.customers.requests import WriteNote
    from oms.platform.customer_changes import write_note as write

    return ok(write(customer_id, parse(WriteNote, customers).text, caller(customers)))


@customers.route("/customers/{customer_id}/merge", methods=["POST"], content_types=[])
@endpoint(customers, scope="customers:write")
def merge_customers(customer_id: str) -> Response:
    """Join another customer, who is the same person, to this one."""
    from oms.customers.requests import MergeCustomers
    from oms.platform.customer_changes import merge

    return ok(merge(customer_id, parse(MergeCustomers, customers).other, caller(customers)))


@customers.route("/customers/{customer_id}/split", methods=["POST"], content_types=[])
@endpoint(customers, scope="customers:write")
def split_customer(customer_id: str) -> Response:
    """Take orders that are another person's out of the history. The two are never joined again but by hand."""
    from oms.customers.requests import SplitCustomer
    from oms.platform.customer_changes import split

    return ok(split(customer_id, parse(SplitCustomer, customers).order_ids, caller(customers)))


@customers.route("/customers/{customer_id}/export", methods=["POST"], content_types=[])
@endpoint(customers, scope="privacy")
def export_customer(customer_id: str) -> Response:
    """All that is kept about the customer, in one document."""
    from oms.platform.event_log import order_log
    from oms.platform.privacy import export

    return ok(export(order_log(), customer_id, caller(customers)))


@customers.route("/customers/{customer_id}/erase", methods=["POST"], content_types=[])
@endpoint(customers, scope="privacy")
def erase_customer(customer_id: str) -> Response:
    """Erase the person from all places, for good. Books and stock stay whole.

    Refused while an order is under way. Answered `erasing` when there is more than one call can do: call it again.
    """
    from oms.platform.event_log import order_log
    from oms.platform.privacy import erase

    return ok(erase(order_log(), customer_id, caller(customers)))
