"""The doors of accounts with carriers."""

from __future__ import annotations

from chalice.app import Blueprint, Response

from oms.platform.http import endpoint, ok, parse
from oms.platform.setup_answers import get_value, put_value

carriers = Blueprint(__name__)


@carriers.route("/carriers", methods=["GET"])
@endpoint(carriers, scope="setup")
def list_accounts() -> Response:
    """All accounts with carriers, by id."""
    from dataclasses import asdict

    from oms.carriers.account import CarrierAccount
    from oms.platform.setup import all_stored

    every = all_stored(CarrierAccount)
    return ok({"carriers": [{**asdict(each.value), "version": each.version} for each in every]})


@carriers.route("/carriers/{carrier}", methods=["PUT"])
@endpoint(carriers, scope="setup")
def put_account(carrier: str) -> Response:
    """Create or replace an account: which services may be bought, what labels are printed on."""
    from oms.carriers.forms import CarrierAccountForm
    from oms.setup_fields import Id, checked

    return put_value(carriers, parse(CarrierAccountForm, carriers).value(checked(Id, carrier, "carrier")))


@carriers.route("/carriers/{carrier}", methods=["GET"])
@endpoint(carriers, scope="setup")
def get_account(carrier: str) -> Response:
    """An account with a carrier, without its credentials."""
    from oms.carriers.account import CarrierAccount

    return get_value(CarrierAccount, carrier)


@carriers.route("/carriers/{carrier}/secrets", methods=["PUT"])
@endpoint(carriers, scope="setup")
def put_secrets(carrier: str) -> Response:
    """Store keys of a carrier's API, or the secret of its or an aggregator's webhooks. What is not sent stays."""
    from oms.carriers.keys import CarrierSecretsForm
    from oms.platform.carrier_keys import keep, known

    keep(carrier, parse(CarrierSecretsForm, carriers))
    return ok(known(carrier))


@carriers.route("/carriers/{carrier}/secrets", methods=["GET"])
@endpoint(carriers, scope="setup")
def get_secrets(carrier: str) -> Response:
    """Which secrets of a carrier or an aggregator are set and since when, not what they are."""
    from oms.platform.carrier_keys import known

    return ok(known(carrier))
