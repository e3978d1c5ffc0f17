"""eBay's signatures: the documented example to the byte, and a seller whose calls about money need one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.standins.ebay import Ebay
from infra.standins.ebay_seal import Seal
from oms.channels.connection import Request
from oms.channels.ebay import outbound
from oms.channels.ebay.signing import sign
from oms.clock import from_text
from oms.errors import Refused
from tests.support.clock import MONDAY_MORNING
from tests.support.platforms import Hand
from tests.unit.channels.test_ebay_calls import OFF, SALE, connected, money_back, order

PUBLISHED = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"
"""The private key of RFC 9421's examples, which eBay's example is signed with."""

JWE = (
    "eyJ6aXAiOiJERUYiLCJlbmMiOiJBMjU2R0NNIiwidGFnIjoiSGdLcjNSSWFlZll0Mkd4blBUUTEwUSIsImFsZyI6IkEyNTZHQ01LVyIsIml2IjoiQT"
    "VOQXFYUXlITkNIT01GVSJ9.z3JcS0vvxrYboqpySAq_Znww-3V6AllxmJP5JEMkuLY.K1f4MVMEc8ylbfSS.fASwJyMCk2tXZsNWk13IcuVgSWTOc"
    "ynSdAoJrK4WApZANlxAP9J0qr0Jz_4aFldFDSZ5tfuxLGqzJmWU7CiZWwNjk2XoVy8q5ogMrFNFwFXP4SrX1XORhNLZPTyS5DEqLDPYn2NX944xen"
    "dEwfcxxXsTSeNCUnmSyfitiscUC04GYOfn0UWQ2buSWx7Yod0IR2GtTGUsM9o3J-riuNDKhw.rRsWM1Sl_2stTnZLJkWVmQ"
)

OWN = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEM = OWN.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.fixture
def app() -> Ebay:
    """A seller in Germany with an order."""
    keys = {**Ebay().keys, "signing_key": PEM, "signing_jwe": "sealed.key"}
    app = Ebay(clock=Hand(MONDAY_MORNING), keys=keys, seal=Seal("sealed.key", OWN.public_key()))
    app.sell(order())
    return app


def test_the_documented_example_is_signed_to_the_byte() -> None:
    url = "http://localhost:8080/verifysignature"
    example = Request(method="POST", url=url, headers={}, body=b'{"hello": "world"}')
    signed = sign(example, PUBLISHED, JWE, from_text("2022-08-04T22:25:55Z"))
    assert signed.headers == {
        "Content-Digest": "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:",
        "x-ebay-signature-key": JWE,
        "Signature-Input": 'sig1=("content-digest" "x-ebay-signature-key" "@method" "@path" "@authority")'
        ";created=1659651955",
        "Signature": "sig1=:uunxYrXKC8KaoupD5D1DKdmQmrOhz6b4Xbhb3o9d4x4xFIpg++XzEZztOyeOI59rMMjM3NIcFgxBH0c1ckpfBw==:",
    }


def test_a_seller_in_the_union_gives_money_back_and_cancels_under_a_signature(app: Ebay) -> None:
    channel = connected(app, Hand(MONDAY_MORNING))
    assert outbound.refund(channel, SALE, money_back())
    app.sell(order("12-2"))
    assert outbound.cancel(channel, replace(SALE, external_id="12-2"), OFF)


def test_a_wish_without_a_body_is_granted_under_a_signature(app: Ebay) -> None:
    wish = {"cancelRequestId": "w-1", "cancelRequestState": "REQUESTED"}
    app.change("12-1", cancelStatus={"cancelState": "IN_PROGRESS", "cancelRequests": [wish]})
    assert outbound.cancel(connected(app, Hand(MONDAY_MORNING)), SALE, OFF) == "w-1"


def test_without_keys_ebay_refuses_and_says_why(app: Ebay) -> None:
    app.keys = {name: value for name, value in app.keys.items() if not name.startswith("signing")}
    with pytest.raises(Refused, match="215000 Missing or unknown x-ebay-signature-key"):
        outbound.refund(connected(app, Hand(MONDAY_MORNING)), SALE, money_back())


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("signing_jwe", "", "need both"),
        ("signing_key", "", "need both"),
        ("signing_key", "not a key", "no Ed25519 private key"),
        ("signing_key", "MC4CAQAwBQYDK2VwBCIEIJ", "no Ed25519 private key"),
    ],
)
def test_half_a_key_or_none_is_refused_without_being_told(app: Ebay, name: str, value: str, says: str) -> None:
    app.keys = {**app.keys, name: value}
    with pytest.raises(Refused, match=says) as refused:
        outbound.refund(connected(app, Hand(MONDAY_MORNING)), SALE, money_back())
    assert not value or value not in refused.value.detail
