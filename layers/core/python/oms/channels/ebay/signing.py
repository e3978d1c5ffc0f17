"""Signatures that eBay wants on calls about money, where the seller lives in the European Union or the United Kingdom.

Source: eBay "Digital Signatures for APIs": HTTP message signatures (RFC 9421) by Ed25519 over a digest of the body
(RFC 9530). Keys are made by eBay's Key Management API, and go with the application, not with the seller. Elsewhere eBay
reads no signature, so a channel that has keys signs each such call.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from oms.channels.connection import Connection, Request
from oms.errors import Refused

SIGNING_KEY, SIGNING_JWE = "signing_key", "signing_jwe"
"""Credentials of a channel: the private key, as PEM or its base64 alone; and its public one, as eBay has sealed it."""

KEY_HEADER, LABEL = "x-ebay-signature-key", "sig1"
_ARMOUR = re.compile(r"-----[A-Z ]+-----|\s")


def signed(connection: Connection, request: Request) -> Request:
    """The request with its signature, if the channel has keys for that.

    Raises:
        Refused: it has only one of the two, or the private one is no Ed25519 key.
    """
    key, jwe = (connection.secret.get(name, "") for name in (SIGNING_KEY, SIGNING_JWE))
    if not key and not jwe:
        return request
    if not key or not jwe:
        raise Refused(f"eBay's signatures need both {SIGNING_KEY} and {SIGNING_JWE}")
    return sign(request, key, jwe, connection.clock())


def sign(request: Request, key: str, jwe: str, at: datetime) -> Request:
    """The request with the headers of a signature made at this moment.

    Raises:
        Refused: the key is no Ed25519 private key.
    """
    place = urlsplit(request.url)
    digest = {"Content-Digest": f"sha-256=:{_base64(hashlib.sha256(request.body).digest())}:"} if request.body else {}
    covered = {
        **{name.lower(): value for name, value in digest.items()},
        KEY_HEADER: jwe,
        "@method": request.method.upper(),
        "@path": place.path or "/",
        "@authority": place.netloc.lower(),
    }
    names = " ".join(f'"{name}"' for name in covered)
    parameters = f"({names});created={int(at.timestamp())}"
    text = "\n".join(f'"{name}": {value}' for name, value in {**covered, "@signature-params": parameters}.items())
    headers = {
        **digest,
        KEY_HEADER: jwe,
        "Signature-Input": f"{LABEL}={parameters}",
        "Signature": f"{LABEL}=:{_base64(_signature(key, text.encode()))}:",
    }
    return replace(request, headers={**request.headers, **headers})


def _signature(key: str, text: bytes) -> bytes:
    # Loaded when something is signed: no start of a function waits for it.
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        found = load_der_private_key(base64.b64decode(_ARMOUR.sub("", key), validate=True), password=None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise Refused(f"{SIGNING_KEY} is no Ed25519 private key: make one with the cipher ED25519")
    return found.sign(text)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
