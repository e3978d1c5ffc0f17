"""What SES tells about mail that did not arrive or was not wanted: addresses that get no more mail."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from oms.notifications.catalogue import Medium, Recipient
from oms.orders.reach import mail_address


@dataclass(frozen=True, slots=True)
class Unwanted:
    """An address to leave alone, why (`bounce`, `complaint`), and the provider's own word for it."""

    recipient: Recipient
    reason: str
    detail: str


def read(body: str) -> dict[str, Any]:
    """The document of a queue message: as SNS delivers it raw, or in SNS's envelope.

    SES and SNS also send sentences ("Successfully validated SNS topic…"); those are an empty document.
    """
    for _ in range(2):
        try:
            document = json.loads(body)
        except ValueError:
            return {}
        if not isinstance(document, dict):
            return {}
        if document.get("Type") != "Notification" or not isinstance(document.get("Message"), str):
            return document
        body = document["Message"]
    return {}


def unwanted(document: Mapping[str, Any]) -> tuple[Unwanted, ...]:
    """The addresses that must get no more mail: permanent bounces, and complaints.

    Both forms are understood: event publishing (`eventType`) and notifications of an identity (`notificationType`).
    A full mailbox or a wrong click taken back ("not-spam") changes nothing.
    """
    kind = document.get("eventType") or document.get("notificationType")
    if kind == "Bounce":
        bounce = document["bounce"]
        if bounce.get("bounceType") != "Permanent":
            return ()
        return _addresses(bounce.get("bouncedRecipients", ()), "bounce", bounce.get("bounceSubType", ""))
    if kind == "Complaint":
        complaint = document["complaint"]
        detail = complaint.get("complaintFeedbackType") or ""
        if detail == "not-spam":
            return ()
        return _addresses(complaint.get("complainedRecipients", ()), "complaint", detail)
    return ()


def order_of(document: Mapping[str, Any]) -> str:
    """The order that the mail was about, from the tag that it was sent with; empty when it had none."""
    tags = document.get("mail", {}).get("tags", {}).get("order_id", ())
    return str(tags[0]) if tags else ""


def _addresses(recipients: Any, reason: str, detail: str) -> tuple[Unwanted, ...]:
    addresses = (mail_address(parseaddr(each.get("emailAddress", ""))[1]) for each in recipients)
    return tuple(Unwanted(Recipient(Medium.MAIL, address), reason, detail) for address in addresses if address)
