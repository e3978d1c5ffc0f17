"""The documents bucket: labels and packing slips, kept private and handed out by presigned URLs."""

from __future__ import annotations

from oms.platform.aws import client
from oms.platform.config import settings

LINK_LIFE = 300
"""Seconds that a presigned URL opens its document: it is made anew for every request."""

TYPES = {"zpl": "text/plain; charset=utf-8", "txt": "text/plain; charset=utf-8"}
"""By the ending of a key; what is not here is a PDF."""


class S3Documents:
    """The documents bucket of this stack. Keys begin with the order's id: erasure and support find all by it."""

    def put(self, key: str, content: bytes) -> None:
        """Store a PDF, or what the ending of its key says, over whatever stood under its key."""
        kind = TYPES.get(key.rsplit(".", 1)[-1], "application/pdf")
        client("s3").put_object(Bucket=settings().documents_bucket, Key=key, Body=content, ContentType=kind)

    def put_json(self, key: str, content: bytes) -> None:
        """Store a JSON document, over whatever stood under its key."""
        client("s3").put_object(
            Bucket=settings().documents_bucket, Key=key, Body=content, ContentType="application/json"
        )

    def erase(self, prefix: str) -> int:
        """Delete every document whose key begins with `prefix`; says how many there were. Repeatable."""
        pages = client("s3").get_paginator("list_objects_v2")
        keys = [
            found["Key"]
            for page in pages.paginate(Bucket=settings().documents_bucket, Prefix=prefix)
            for found in page.get("Contents", ())
        ]
        for key in keys:
            client("s3").delete_object(Bucket=settings().documents_bucket, Key=key)
        return len(keys)

    def link(self, key: str) -> str:
        """A URL that opens the document in a browser for five minutes, whoever has it. No call is made."""
        name = key.rsplit("/", 1)[-1]
        return client("s3").generate_presigned_url(
            "get_object",
            Params={
                "Bucket": settings().documents_bucket,
                "Key": key,
                "ResponseContentDisposition": f'inline; filename="{name}"',
            },
            ExpiresIn=LINK_LIFE,
        )


def documents() -> S3Documents:
    """The documents of this stack."""
    return S3Documents()
