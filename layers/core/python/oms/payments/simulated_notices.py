"""Webhooks of the simulated gateway: for laptops and tests, so that disputes and refunds by hand can happen there too.

The body is a notice as JSON, with the order's id; `X-Simulated-Signature` is the hex HMAC-SHA256 of the body.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from oms.errors import InvalidInput
from oms.payments.gateway import SIMULATED
from oms.payments.notices import Notice, dump, load

SIGNATURE = "x-simulated-signature"


class SimulatedWebhook:
    """See the module."""

    def genuine(self, raw: bytes, headers: Mapping[str, str], secret: str) -> bool:
        """Whether the signature is that of the body."""
        return bool(secret) and hmac.compare_digest(sign(raw, secret), headers.get(SIGNATURE, "").encode())

    def notice(self, raw: bytes) -> Notice | None:
        """The notice.

        Raises:
            InvalidInput: it is none.
        """
        try:
            notice = load(raw.decode())
        except (ValueError, KeyError, TypeError, AttributeError):
            raise InvalidInput("this is not a notice of the simulated gateway") from None
        if notice.gateway != SIMULATED or not notice.order_id:
            raise InvalidInput("a notice of the simulated gateway names its order")
        return notice


def sign(raw: bytes, secret: str) -> bytes:
    """The signature of a body."""
    return hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode()


def webhook(notice: Notice, secret: str) -> tuple[bytes, dict[str, str]]:
    """A webhook as the simulated gateway posts it: body and headers."""
    raw = dump(notice).encode()
    return raw, {"Content-Type": "application/json", SIGNATURE: sign(raw, secret).decode()}
