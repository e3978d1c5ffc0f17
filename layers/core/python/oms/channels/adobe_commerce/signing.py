"""Signing calls to Adobe Commerce: OAuth 1.0a with HMAC-SHA256, by the four keys of an integration.

Sources: RFC 5849, section 3.4; AdobeDocs/commerce-webapi, "OAuth-based authentication" and "Integration tokens".
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl, quote, urlsplit

KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
"""What a channel's secret holds when its calls are signed."""


def authorization(secret: Mapping[str, str], method: str, url: str, body: bytes, at: datetime) -> str:
    """The header that proves who calls: signed when all four keys are there, else the token as it is.

    A shop takes a nonce once: it is made of the call and the moment, to the microsecond.
    """
    if not all(secret.get(name) for name in KEYS):
        return f"Bearer {secret.get('access_token', '')}"
    told = {
        "oauth_consumer_key": secret["consumer_key"],
        "oauth_nonce": hashlib.sha256(f"{at.isoformat()} {method} {url} ".encode() + body).hexdigest()[:32],
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(at.timestamp())),
        "oauth_token": secret["access_token"],
        "oauth_version": "1.0",
    }
    key = f"{_encoded(secret['consumer_secret'])}&{_encoded(secret['access_token_secret'])}"
    text = base_string(method, url, told.items())
    signature = base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
    parts = {**told, "oauth_signature": signature}
    return "OAuth " + ", ".join(f'{name}="{_encoded(value)}"' for name, value in parts.items())


def base_string(method: str, url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """What is signed: the method, the address, and all parameters, those of its query too."""
    split = urlsplit(url)
    port = f":{split.port}" if split.port and split.port != {"https": 443, "http": 80}.get(split.scheme) else ""
    address = f"{split.scheme.lower()}://{(split.hostname or '').lower()}{port}{split.path}"
    pairs = [*parse_qsl(split.query, keep_blank_values=True), *parameters]
    told = "&".join(
        f"{name}={value}" for name, value in sorted((_encoded(name), _encoded(value)) for name, value in pairs)
    )
    return "&".join((method.upper(), _encoded(address), _encoded(told)))


def _encoded(text: str) -> str:
    return quote(text, safe="~")
