"""Whether a call carries the signature that eBay wants on calls about the money of sellers in the EU and the UK.

Source: eBay "Digital Signatures for APIs" with RFC 9421 and RFC 9530, read from the receiver's side.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from werkzeug.wrappers import Request

INPUT = re.compile(r"sig1=(?P<parameters>\((?P<names>[^)]*)\);created=(?P<created>\d+))")
NEEDED = {'"x-ebay-signature-key"', '"@method"', '"@path"', '"@authority"'}
LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Seal:
    """An application's key: as it was sealed, and the public key that is in it."""

    jwe: str
    public: Ed25519PublicKey


def problem(request: Request, seal: Seal, now: datetime) -> str:
    """What is wrong with a call's signature; empty when nothing is."""
    told = INPUT.fullmatch(request.headers.get("Signature-Input", ""))
    if told is None or request.headers.get("x-ebay-signature-key") != seal.jwe:
        return "Missing or unknown x-ebay-signature-key, Signature or Signature-Input header"
    names, body = told["names"].split(" "), request.get_data()
    digest = f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"
    if not NEEDED | ({'"content-digest"'} if body else set()) <= set(names):
        return "Signature-Input does not cover what it has to"
    if body and request.headers.get("Content-Digest") != digest:
        return "Content-Digest does not match the payload"
    if abs(now.timestamp() - int(told["created"])) > LASTS.total_seconds():
        return "The signature is too old"
    own = {'"@method"': request.method, '"@path"': request.path, '"@authority"': request.host}
    lines = [f"{name}: {own.get(name) or request.headers.get(name.strip(chr(34)), '')}" for name in names]
    text = "\n".join([*lines, f'"@signature-params": {told["parameters"]}'])
    signature = request.headers.get("Signature", "").removeprefix("sig1=:").removesuffix(":")
    try:
        seal.public.verify(base64.b64decode(signature), text.encode())
    except (InvalidSignature, ValueError):
        return "Signature validation failed"
    return ""
