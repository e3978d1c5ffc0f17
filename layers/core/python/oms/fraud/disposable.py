"""Mail domains of services for throwaway addresses, from the list that the package of that name keeps."""

from __future__ import annotations


def is_disposable(domain: str) -> bool:
    """Whether a domain, or one above it, is on the list."""
    from disposable_email_domains import blocklist

    parts = domain.casefold().split(".")
    return any(".".join(parts[start:]) in blocklist for start in range(len(parts) - 1))
