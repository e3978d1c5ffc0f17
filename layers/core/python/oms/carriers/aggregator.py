"""What an aggregator does for us: it watches parcels of many carriers, and tells what each of them said.

A label is bought from a carrier, and its parcel is found by (carrier, number). So an aggregator's word for a carrier is
brought to ours, and its scans go the way of that carrier's own.

An adapter keeps only words from the aggregator's own lists, and never what a driver typed: "left with Smith" is
personal data, and scans become events.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from oms.carriers.names import AGGREGATORS
from oms.carriers.protocol import Scan
from oms.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A webhook as it came: the very bytes, headers of any case, the query of its address."""

    raw: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What an aggregator tells of a parcel: the carrier by our name, and its scans."""

    carrier: str
    scans: tuple[Scan, ...]


class Aggregator(Protocol):
    """One aggregator's webhooks."""

    @property
    def name(self) -> str:
        """The aggregator in URLs and secrets: `easypost`."""
        ...

    def verify(self, call: Call, secret: Mapping[str, str]) -> bool:
        """Whether the call is the aggregator's own, by one of the secrets kept for it, and not of long ago."""
        ...

    def parse(self, raw: bytes) -> Report | None:
        """What the webhook tells of a parcel; None when it is about something else, which is passed over.

        Raises:
            InvalidInput: it is not a webhook of this aggregator.
        """
        ...


def aggregator(name: str) -> Aggregator:
    """The aggregator of this name; its module is loaded when it is first asked for.

    Raises:
        NotFound: there is none.
    """
    match name:
        case "easypost":
            from oms.carriers.easypost import EasyPost

            return EasyPost()
        case "aftership":
            from oms.carriers.aftership import AfterShip

            return AfterShip()
        case "shippo":
            from oms.carriers.shippo import Shippo

            return Shippo()
        case _:
            raise NotFound(f"there is no aggregator {name!r}; there are: {', '.join(AGGREGATORS)}")


OURS = {
    "dhl": "dhl_express",
    "dhlexpress": "dhl_express",
    "dhlexpressapi": "dhl_express",
    "fedex": "fedex",
    "fedexdefault": "fedex",
    "fedexsmartpost": "fedex",
    "ups": "ups",
    "upsdap": "ups",
    "upsmailinnovations": "ups",
    "upssurepost": "ups",
}
"""Aggregators' words for carriers that sell us labels, in small letters without anything between them."""


def carrier_called(word: str) -> str:
    """Our name for a carrier: of one that we do not know, its word in small letters (`royal_mail`)."""
    plain = re.sub(r"[^a-z0-9]", "", word.casefold())
    return OURS.get(plain) or re.sub(r"[^a-z0-9]+", "_", word.casefold()).strip("_")[:MAX_NAME]


MAX_NAME = 64
