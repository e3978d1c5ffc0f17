"""FedEx in the fourth act: sells labels over its own API in memory, and AfterShip tells where its parcels are."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from infra.demo.api import Api, CallFailed, Json
from infra.local import Cloud
from infra.standins.fedex import FedEx
from oms.carriers.aftership import SIGNATURE_HEADER, sign
from oms.clock import now, to_text

FEDEX = "fedex"
SERVICE = "fedex_regional_economy"

KEY = "of-the-fourth-act"
"""Signs what AfterShip says."""

JOURNEY = ("InTransit", "AttemptFail", "OutForDelivery", "Delivered")


class Courier:
    """The carrier, and who follows its parcels for the merchant."""

    def __init__(self, api: Api, cloud: Cloud) -> None:
        self._api, self._secrets, self._stack = api, cloud.client("secretsmanager"), cloud.stack
        self.fedex = FedEx()
        self._left: dict[str, datetime] = {}
        self._account: Json = {
            "platform": "fedex",
            "country": "DE",
            "default_service": SERVICE,
            "services": {"*": [SERVICE]},
            "poll": False,
        }

    def open(self, url: str) -> None:
        """Set the account up, and the key by which AfterShip signs."""
        keys = {"api_key": self.fedex.api_key, "secret_key": self.fedex.secret_key}
        self._keep("carriers/fedex", keys)
        self._keep("carriers/aftership", {"webhook_secret": KEY})
        self._account |= {"account_number": self.fedex.account_number, "url": url}
        self._api.expect("PUT", f"/carriers/{FEDEX}", self._account, scope="setup")

    def close(self) -> None:
        """Nobody answers there any more: no parcel of others is to go with FedEx."""
        self._api.call("PUT", f"/carriers/{FEDEX}", self._account | {"active": False}, scope="setup")

    def call_in_vain(self, number: str) -> None:
        """Bring a parcel to a door that nobody opens.

        Raises:
            CallFailed: FedEx has sold no such label, or a webhook was not taken.
        """
        if number not in self.fedex.sent:
            raise CallFailed(f"FedEx has sold no label {number}")
        self._left[number] = now()
        self._tell(number, 2)

    def deliver(self, number: str) -> None:
        """Hand the parcel over. The last news comes first, and once more at the end, as news on the way do.

        Raises:
            CallFailed: a webhook was not taken.
        """
        for steps in (len(JOURNEY), 1, 2, 3, len(JOURNEY)):
            self._tell(number, steps)

    def _tell(self, number: str, steps: int) -> None:
        """Tell the first steps of the parcel's journey."""
        left = self._left[number]
        known = [(tag, left + timedelta(seconds=step)) for step, tag in enumerate(JOURNEY[:steps])]
        checkpoints = [{"tag": tag, "checkpoint_time": to_text(at), "slug": FEDEX} for tag, at in known]
        message = {"tracking_number": number, "slug": FEDEX, "tag": known[-1][0], "checkpoints": checkpoints}
        message["last_updated_at"] = to_text(known[-1][1])
        raw = json.dumps({"event": "tracking_update", "msg": message, "ts": int(left.timestamp())}).encode()
        reply = self._api.call("POST", "/carriers/aftership/webhooks", raw, headers={SIGNATURE_HEADER: sign(raw, KEY)})
        if not 200 <= reply.status < 300:  # noqa: PLR2004 - what success is
            raise CallFailed(f"a webhook of AfterShip was answered {reply.status}: {reply.body.decode()[:500]}")

    def _keep(self, name: str, value: dict[str, str]) -> None:
        full, text = f"{self._stack}/{name}", json.dumps(value)
        try:
            self._secrets.create_secret(Name=full, SecretString=text)
        except self._secrets.exceptions.ResourceExistsException:
            self._secrets.put_secret_value(SecretId=full, SecretString=text)
