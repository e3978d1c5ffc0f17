"""Links to documents: whoever gets one opens it, and nothing else, for five minutes."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from oms.platform import aws, config
from oms.platform.documents import documents
from tests.support.tables import table_names


@pytest.fixture(autouse=True)
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in table_names():
        monkeypatch.setenv(f"OMS_{name.upper()}_TABLE", name)
    for name, value in {
        "OMS_STACK": "test",
        "OMS_DOCUMENTS_BUCKET": "test-documents",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    forget()
    yield
    forget()


def forget() -> None:
    aws.forget_clients()
    config.settings.cache_clear()


def test_a_link_is_signed_for_the_buckets_own_region_and_five_minutes() -> None:
    """The global address redirects new buckets' requests, which the signature does not survive."""
    url = urlsplit(documents().link("o1/o1-1-p1-label.pdf"))
    query = parse_qs(url.query)
    assert (url.scheme, url.netloc) == ("https", "test-documents.s3.eu-central-1.amazonaws.com")
    assert url.path == "/o1/o1-1-p1-label.pdf"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == ["300"]
    assert query["X-Amz-SignedHeaders"] == ["host"]


def test_the_browser_shows_the_document_under_its_name() -> None:
    query = parse_qs(urlsplit(documents().link("o1/o1-1-packing-slip.pdf")).query)
    assert query["response-content-disposition"] == ['inline; filename="o1-1-packing-slip.pdf"']


def test_a_cloud_on_this_machine_is_addressed_by_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:4566")
    assert documents().link("o1/a.pdf").startswith("http://127.0.0.1:4566/test-documents/o1/a.pdf?")
