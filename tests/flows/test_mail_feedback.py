"""A bounce or a complaint ends mail to its address, and to no other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.merchant import Merchant
from tests.support.shops import Sale, canonical_order
from tests.support.world import World


def bounce(address: str) -> dict[str, Any]:
    recipients = [{"emailAddress": address, "status": "5.1.1"}]
    return {
        "eventType": "Bounce",
        "bounce": {"bounceType": "Permanent", "bounceSubType": "NoEmail", "bouncedRecipients": recipients},
        "mail": {"messageId": "m", "tags": {"order_id": ["o1"]}},
    }


def complaint(address: str) -> dict[str, Any]:
    return {
        "notificationType": "Complaint",
        "complaint": {"complaintFeedbackType": "abuse", "complainedRecipients": [{"emailAddress": address}]},
        "mail": {"messageId": "m"},
    }


def ses_says(world: World, *messages: str) -> None:
    for message in messages:
        world.cloud.client("sns").publish(TopicArn=world.template.ref("MailFeedbackTopic"), Message=message)
    world.settle()


@pytest.mark.parametrize("feedback", [bounce, complaint])
def test_who_cannot_or_will_not_be_written_to_gets_no_more_mail(
    merchant: Merchant, world: World, feedback: Any
) -> None:
    order = canonical_order("F-1", [Sale("TEE", 1, "19.90")])
    address = order["contact"]["email"]
    order_id = merchant.sell(order)
    assert len(merchant.mails()) == 1

    ses_says(world, json.dumps(feedback(address.upper())), "Successfully validated SNS topic for Amazon SES.")
    merchant.to_the_door(order_id)
    assert len(merchant.mails()) == 1
    statuses = [each["status"] for each in world.items("MessagesTable") if "kind" in each and each["medium"] == "mail"]
    assert sorted(statuses) == ["sent", "suppressed", "suppressed"]


def test_others_are_still_written_to(merchant: Merchant, world: World) -> None:
    ses_says(world, json.dumps(bounce("somebody.else@example.com")))
    order_id = merchant.sell(canonical_order("F-2", [Sale("TEE", 1, "19.90")]))
    merchant.to_the_door(order_id)
    assert len(merchant.mails()) == 3
