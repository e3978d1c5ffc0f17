"""HTTP as values: what is asked, what is answered, and what carries the one to the other.

Adapters of the outside build requests and read replies; they open no connection themselves. `oms.platform` sends over
the network, tests hand the request to a stand-in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP call; `url` is absolute, with its query."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What was answered, whatever its status; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Http(Protocol):
    """Sends requests to addresses that the merchant set up."""

    def send(self, request: Request) -> Reply:
        """Make the call, once: redirects are not followed, and nothing is tried again.

        Raises:
            Unavailable: there was no answer in time; whether the call was carried out is not known.
            Refused: the address is none that is called, or the answer is longer than any that is meant.
            Refused: the address is none that is called, or the answer is longer than any that is meant.
        """
        ...


@dataclass(frozen=True, slots=True)
class Token:
    """A short-lived key of an API."""

    text: str
    expires_at: datetime
