"""What reached customers: mails at SES, text messages at SNS, and the stack's own record of both."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import requests

from infra.local import Cloud

FRESH = 0.5
"""Seconds for which a reading of the record is good enough."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message that the stack says it sent; `provider_id` is what SES or SNS calls it."""

    order_id: str
    kind: str
    medium: str
    language: str
    status: str
    provider_id: str


class Post:
    """The mail and text messages of a local cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.names["MessagesTable"]
        self._dynamodb = cloud.client("dynamodb")
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._messages: list[Message] = []

    def messages(self) -> list[Message]:
        """The record, at most half a second old."""
        with self._lock:
            if time.monotonic() - self._read_at > FRESH:
                pages = self._dynamodb.get_paginator("scan").paginate(TableName=self._table, ConsistentRead=True)
                items = [item for page in pages for item in page["Items"] if "order_id" in item]
                self._messages = [_message(item) for item in items]
                self._read_at = time.monotonic()
            return self._messages

    def told(self, order_id: str) -> Counter[tuple[str, str]]:
        """How many messages of each kind and medium went out about an order."""
        return Counter(
            (each.kind, each.medium) for each in self.messages() if each.order_id == order_id and each.status == "sent"
        )

    def mail(self, order_id: str, kind: str) -> str:
        """The plain text of the mail of a kind about an order; empty when there is none."""
        ids = {each.provider_id for each in self.messages() if (each.order_id, each.kind) == (order_id, kind)}
        return next((str(mail["BodyText"]) for name, mail in self.mails().items() if name in ids), "")

    def mails(self) -> dict[str, dict[str, Any]]:
        """All that SES was given, by its id."""
        found = self._ask("ses/messages", "messages")
        return {mail["MessageId"]: mail for mails in found.values() for mail in mails}

    def texts(self) -> dict[str, dict[str, Any]]:
        """All text messages that SNS was given, by its id."""
        found = self._ask("sns/sms-messages", "sms_messages")
        return {text["MessageId"]: text for texts in found.values() for text in texts}

    def _ask(self, path: str, name: str) -> dict[str, list[dict[str, Any]]]:
        answer = requests.get(f"{self._cloud.endpoint_url}/_ministack/{path}", timeout=30)
        answer.raise_for_status()
        found: dict[str, list[dict[str, Any]]] = answer.json()[name]
        return found


def _message(item: dict[str, Any]) -> Message:
    return Message(
        *(
            item.get(name, {}).get("S", "")
            for name in ("order_id", "kind", "medium", "language", "status", "provider_id")
        )
    )
