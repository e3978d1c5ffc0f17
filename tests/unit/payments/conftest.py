"""One stand-in of Stripe for all tests of a process, emptied before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.stripe_api import StripeApi


@pytest.fixture(scope="session")
def running_stripe() -> Iterator[StripeApi]:
    with StripeApi() as api:
        yield api


@pytest.fixture
def stripe_api(running_stripe: StripeApi) -> StripeApi:
    running_stripe.reset()
    return running_stripe
