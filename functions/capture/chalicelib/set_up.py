"""The doors of set-up: channels, locations and products one by one, and imports of many."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from chalice.app import Blueprint, Response

from oms.platform.http import caller, endpoint, header, ok, parse, raw_body
from oms.platform.setup_answers import get_value, put_value

if TYPE_CHECKING:
    from oms.setup_forms import ImportKind

set_up = Blueprint(__name__)


@set_up.route("/channels/{channel_id}", methods=["PUT"])
@endpoint(set_up, scope="setup")
def put_channel(channel_id: str) -> Response:
    """Create or replace a channel.

    Its secrets are stored apart and never shown, only since when they are set. What is not in the request stays. After
    a new webhook secret, that of before counts for another day.
    """
    from oms.platform.channel_keys import keep
    from oms.platform.connections import check_api_url
    from oms.platform.pools import check_pool
    from oms.platform.secrets import channel_secret
    from oms.setup_channel import ChannelForm
    from oms.setup_fields import Id, checked

    form = parse(ChannelForm, set_up)
    channel = form.value(checked(Id, channel_id, "channel_id"))
    check_pool(channel)
    check_api_url(channel)

    def beside() -> dict[str, Any]:
        # After the record, so that a call which If-Match refuses leaves the secrets as they were.
        keep(channel_secret(channel_id), form.secrets())
        return _secrets_of(channel_id)

    return put_value(set_up, channel, beside)


@set_up.route("/channels/{channel_id}", methods=["GET"])
@endpoint(set_up, scope="setup")
def get_channel(channel_id: str) -> Response:
    """A channel, with which of its secrets are set and since when, not what they are."""
    from oms.setup import Channel

    return get_value(Channel, channel_id, lambda: _secrets_of(channel_id))


def _secrets_of(channel_id: str) -> dict[str, Any]:
    from oms.platform.channel_keys import known
    from oms.platform.secrets import channel_secret

    return {"secrets": {name: asdict(each) for name, each in known(channel_secret(channel_id)).items()}}


@set_up.route("/locations/{location_id}", methods=["PUT"])
@endpoint(set_up, scope="setup")
def put_location(location_id: str) -> Response:
    """Create or replace a location."""
    from oms.setup_fields import Id, checked
    from oms.setup_forms import LocationForm

    return put_value(set_up, parse(LocationForm, set_up).value(checked(Id, location_id, "location_id")))


@set_up.route("/locations/{location_id}", methods=["GET"])
@endpoint(set_up, scope="setup")
def get_location(location_id: str) -> Response:
    """A location."""
    from oms.setup import Location

    return get_value(Location, location_id)


@set_up.route("/products/{sku}", methods=["PUT"])
@endpoint(set_up, scope="setup")
def put_product(sku: str) -> Response:
    """Create or replace a product."""
    from oms.setup_fields import Sku, checked
    from oms.setup_forms import ProductForm

    return put_value(set_up, parse(ProductForm, set_up).value(checked(Sku, sku, "sku")))


@set_up.route("/products/{sku}", methods=["GET"])
@endpoint(set_up, scope="setup")
def get_product(sku: str) -> Response:
    """A product."""
    from oms.setup import Product

    return get_value(Product, sku)


@set_up.route("/fraud-rules/{rules_id}", methods=["PUT"])
@endpoint(set_up, scope="setup")
def put_fraud_rules(rules_id: str) -> Response:
    """Create or replace the rules by which orders are screened: of one channel, or of all others as `default`."""
    from oms.fraud.forms import FraudRulesForm
    from oms.setup_fields import Id, checked

    return put_value(set_up, parse(FraudRulesForm, set_up).value(checked(Id, rules_id, "rules_id")))


@set_up.route("/fraud-rules/{rules_id}", methods=["GET"])
@endpoint(set_up, scope="setup")
def get_fraud_rules(rules_id: str) -> Response:
    """Rules by which orders are screened."""
    from oms.fraud.rules import FraudRules

    return get_value(FraudRules, rules_id)


# No list of content types: Chalice would refuse others in a form that is no problem document.
@set_up.route("/channels/import", methods=["POST"], content_types=[])
@endpoint(set_up, scope="setup")
def import_channels() -> Response:
    """Create or replace many channels, from CSV or JSON lines, with a result for each row."""
    return _import("channels")


@set_up.route("/locations/import", methods=["POST"], content_types=[])
@endpoint(set_up, scope="setup")
def import_locations() -> Response:
    """Create or replace many locations, from CSV or JSON lines, with a result for each row."""
    return _import("locations")


@set_up.route("/products/import", methods=["POST"], content_types=[])
@endpoint(set_up, scope="setup")
def import_products() -> Response:
    """Create or replace many products, from CSV or JSON lines, with a result for each row."""
    return _import("products")


@set_up.route("/stock/import", methods=["POST"], content_types=[])
@endpoint(set_up, scope="stock:write")
def import_stock() -> Response:
    """Record many counts, from CSV or JSON lines, with a result for each row."""
    return _import("stock")


def _import(kind: ImportKind) -> Response:
    from oms.platform.imports import import_rows

    return ok(import_rows(kind, raw_body(set_up), header(set_up, "content-type"), caller(set_up)))
