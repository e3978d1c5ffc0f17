"""Amazon's Feeds API in memory: documents that are uploaded, feeds that take their time, and reports about them.

Source: the published model of Feeds 2021-06-30; "Submit a feed" and "Order Feed Type Values" for what the XML says.
Amazon takes no key against repetition: what is handed in twice is done twice, and can be seen twice in `refunds`.
"""

from __future__ import annotations

import gzip
import threading
import xml.etree.ElementTree as ET
from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from werkzeug.wrappers import Request, Response

from infra.standins.wsgi import StandIn, answer
from oms.clock import from_text, to_text

Json = dict[str, Any]

ROUTES = (
    ("POST", "/feeds/2021-06-30/documents", "create_document"),
    ("PUT", "/presigned/<document_id>", "upload"),
    ("GET", "/presigned/<document_id>", "download"),
    ("POST", "/feeds/2021-06-30/feeds", "create_feed"),
    ("GET", "/feeds/2021-06-30/feeds", "list_feeds"),
    ("GET", "/feeds/2021-06-30/feeds/<feed_id>", "feed"),
    ("GET", "/feeds/2021-06-30/documents/<document_id>", "document"),
)

PLANS: Mapping[str, tuple[float, int]] = {
    "create_document": (0.5, 15),
    "create_feed": (0.0083, 15),
    "feed": (2, 15),
    "list_feeds": (0.0222, 10),
    "document": (0.0222, 10),
}
"""Calls a second and calls at once, by operation."""

KINDS = frozenset({"POST_ORDER_ACKNOWLEDGEMENT_DATA", "POST_PAYMENT_ADJUSTMENT_DATA"})
PRESIGNED = timedelta(minutes=5)
GOOD = timedelta(days=2)


class Feeds(StandIn):
    """The part of a seller's account that takes feeds: `feeds` by id, `refunds` and `cancellations` as they were made.

    A feed waits for `queues` and is worked on for `works`. Each one to come ends as the next of `ends` says, if any.
    """

    orders: dict[str, Json]

    def open_feeds(self) -> None:
        """Begin without any."""
        self.queues = self.works = timedelta(seconds=30)
        self.ends: deque[str] = deque()
        self.feeds: dict[str, Json] = {}
        self.refunds: list[Json] = []
        self.cancellations: list[str] = []
        self.documents: dict[str, Json] = {}
        self._inputs: dict[str, str] = {}
        self._feeding = threading.RLock()

    # What is asked of it.

    def create_document(self, request: Request) -> Response:
        """A place for a document, for five minutes."""
        if refused := self._refused(request, "create_document"):
            return refused
        document_id = f"amzn1.tortuga.4.{len(self.documents) + 1}"
        kind = (request.get_json() or {}).get("contentType", "")
        if not kind:
            return _error(400, "contentType is missing")
        self.documents[document_id] = {"kind": kind, "at": self.clock(), "content": None}
        return answer({"feedDocumentId": document_id, "url": self._url(request, document_id)}, 201)

    def upload(self, request: Request, document_id: str) -> Response:
        """Take what a document says; the address is all that is needed."""
        known = self.documents.get(document_id)
        late = known is not None and self.clock() - known["at"] > PRESIGNED
        if known is None or late or request.headers.get("Content-Type") != known["kind"]:
            return Response("<Error><Code>AccessDenied</Code></Error>", status=403)
        known["content"] = request.get_data()
        return Response()

    def create_feed(self, request: Request) -> Response:
        """Take a feed. It is not looked at yet."""
        if refused := self._refused(request, "create_feed"):
            return refused
        wish = request.get_json() or {}
        known = self.documents.get(wish.get("inputFeedDocumentId", ""))
        if known is None or known["content"] is None or self.clock() - known["at"] > GOOD:
            return _error(400, "Invalid inputFeedDocumentId")
        if wish.get("feedType") not in KINDS or not wish.get("marketplaceIds"):
            return _error(400, "One or more required parameters missing or invalid")
        with self._feeding:
            feed_id = str(50_000 + len(self.feeds) + 1)
            self.feeds[feed_id] = {
                "feedId": feed_id,
                "feedType": wish["feedType"],
                "marketplaceIds": wish["marketplaceIds"],
                "createdTime": to_text(self.clock()),
                "processingStatus": "IN_QUEUE",
            }
            self._inputs[feed_id] = wish["inputFeedDocumentId"]
        return answer({"feedId": feed_id}, 202)

    def list_feeds(self, request: Request) -> Response:
        """Feeds of a kind and a time."""
        if refused := self._refused(request, "list_feeds"):
            return refused
        self.work_off()
        since, until = (from_text(request.args[name]) for name in ("createdSince", "createdUntil"))
        kinds = request.args["feedTypes"].split(",")
        found = [
            each
            for each in self.feeds.values()
            if each["feedType"] in kinds and since <= from_text(each["createdTime"]) <= until
        ]
        return answer({"feeds": found})

    def feed(self, request: Request, feed_id: str) -> Response:
        """How far a feed is."""
        if refused := self._refused(request, "feed"):
            return refused
        self.work_off()
        return answer(self.feeds[feed_id]) if feed_id in self.feeds else _error(404, "no such feed")

    def document(self, request: Request, document_id: str) -> Response:
        """Where a report lies."""
        if refused := self._refused(request, "document"):
            return refused
        if "report" not in self.documents.get(document_id, {}):
            return _error(400, "Invalid feedDocumentId")
        url = self._url(request, document_id)
        return answer({"feedDocumentId": document_id, "url": url, "compressionAlgorithm": "GZIP"})

    def download(self, request: Request, document_id: str) -> Response:  # noqa: ARG002 - the address is enough
        """A report."""
        return Response(gzip.compress(self.documents[document_id]["report"]), mimetype="text/xml")

    # Its inner life.

    def work_off(self) -> None:
        """Do what is due."""
        with self._feeding:
            self._work_off()

    def _work_off(self) -> None:
        for feed in self.feeds.values():
            age = self.clock() - from_text(feed["createdTime"])
            if feed["processingStatus"] == "IN_QUEUE" and age >= self.queues:
                feed["processingStatus"] = "IN_PROGRESS"
            if feed["processingStatus"] == "IN_PROGRESS" and age >= self.queues + self.works:
                self._end(feed, self.ends.popleft() if self.ends else "DONE")

    def _end(self, feed: Json, status: str) -> None:
        if status in {"IN_PROGRESS", "CANCELLED", "FATAL"}:
            feed["processingStatus"] = status
            return
        content = self.documents[self._inputs[feed["feedId"]]]["content"]
        problems = []
        messages = ET.fromstring(content).findall("Message")  # noqa: S314 - our own
        for message in messages:
            problem = "we could not process it" if status == "REFUSED" else self._carry_out(message)
            problems += [(message.findtext("MessageID", ""), problem)] if problem else []
        result = f"amzn1.tortuga.4.result.{feed['feedId']}"
        self.documents[result] = {"report": _report(feed["feedId"], len(messages), problems)}
        feed |= {"processingStatus": "DONE", "resultFeedDocumentId": result}

    def _carry_out(self, message: ET.Element) -> str:
        """Do what one message says; the problem, if there is one."""
        told = message.find("OrderAcknowledgement")
        if told is not None:
            return self._cancel(told)
        told = message.find("OrderAdjustment")
        return "This is a malformed or invalid XML document." if told is None else self._adjust(told)

    def _cancel(self, told: ET.Element) -> str:
        order = self.orders.get(told.findtext("AmazonOrderID", ""))
        if order is None or told.findtext("StatusCode") != "Failure":
            return "The order does not exist."
        if order["fulfillment"]["fulfillmentStatus"] != "UNSHIPPED":
            return f"The order is {order['fulfillment']['fulfillmentStatus'].lower()} and cannot be cancelled."
        order["fulfillment"] = {**order["fulfillment"], "fulfillmentStatus": "CANCELLED"}
        order["lastUpdatedTime"] = to_text(self.clock())
        self.cancellations.append(order["orderId"])
        return ""

    def _adjust(self, told: ET.Element) -> str:
        order = self.orders.get(told.findtext("AmazonOrderID", ""))
        if order is None or order["fulfillment"]["fulfillmentStatus"] in {"CANCELLED", "PENDING"}:
            return "The order does not exist, or nothing was charged for it."
        items = {item["orderItemId"]: item for item in order["orderItems"]}
        made = []
        for each in told.findall("AdjustedItem"):
            item = items.get(each.findtext("AmazonOrderItemCode", ""))
            amounts = {
                part.findtext("Type", ""): Decimal(part.findtext("Amount", "0"))
                for part in each.findall("ItemPriceAdjustments/Component")
            }
            if item is None or sum(amounts.values()) > self._left(order["orderId"], item):
                return "The requested refund amount is more than what is left of the item's price."
            made.append(
                {
                    "orderId": order["orderId"],
                    "orderItemId": item["orderItemId"],
                    "merchantAdjustmentItemId": each.findtext("MerchantAdjustmentItemID", ""),
                    "reason": each.findtext("AdjustmentReason", ""),
                    "amounts": {name: str(amount) for name, amount in amounts.items()},
                    "cancelled": int(each.findtext("QuantityCancelled", "0")),
                }
            )
        self.refunds += made
        for one in made:
            item = items[one["orderItemId"]]
            gone = sum(other["cancelled"] for other in self.refunds if other["orderItemId"] == one["orderItemId"])
            if one["cancelled"] and gone >= item["fulfillment"]["quantityUnfulfilled"]:
                item["cancellation"] = {"cancellationExecution": {"cancelledBy": "SELLER"}}
        order["lastUpdatedTime"] = to_text(self.clock())
        return ""

    def _left(self, order_id: str, item: Json) -> Decimal:
        parts = item["proceeds"].get("breakdowns", ())
        whole = sum((Decimal(each["subtotal"]["amount"]) for each in parts), Decimal(0))
        gone = (
            Decimal(amount)
            for each in self.refunds
            if (each["orderId"], each["orderItemId"]) == (order_id, item["orderItemId"])
            for amount in each["amounts"].values()
        )
        return whole - sum(gone, Decimal(0))

    def _url(self, request: Request, document_id: str) -> str:
        return f"{request.url_root}presigned/{document_id}?X-Amz-Security-Token={'t' * 1800}"

    def _refused(self, request: Request, operation: str) -> Response | None:
        raise NotImplementedError


def _report(feed_id: str, count: int, problems: list[tuple[str, str]]) -> bytes:
    results = "".join(
        f"<Result><MessageID>{number}</MessageID><ResultCode>Error</ResultCode>"
        f"<ResultMessageCode>18028</ResultMessageCode><ResultDescription>{words}</ResultDescription></Result>"
        for number, words in problems
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><AmazonEnvelope><Header><DocumentVersion>1.02</DocumentVersion>'
        "<MerchantIdentifier>A3SELLER</MerchantIdentifier></Header><MessageType>ProcessingReport</MessageType>"
        f"<Message><MessageID>1</MessageID><ProcessingReport><DocumentTransactionID>{feed_id}</DocumentTransactionID>"
        f"<StatusCode>Complete</StatusCode><ProcessingSummary><MessagesProcessed>{count}</MessagesProcessed>"
        f"<MessagesSuccessful>{count - len(problems)}</MessagesSuccessful>"
        f"<MessagesWithError>{len(problems)}</MessagesWithError><MessagesWithWarning>0</MessagesWithWarning>"
        f"</ProcessingSummary>{results}</ProcessingReport></Message></AmazonEnvelope>"
    ).encode()


def _error(status: int, message: str) -> Response:
    code = "NotFound" if status == 404 else "InvalidInput"  # noqa: PLR2004 - HTTP's own
    return answer({"errors": [{"code": code, "message": message, "details": ""}]}, status)
