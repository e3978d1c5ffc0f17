"""What SES says about mails: which addresses are left alone from then on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from oms.notifications.catalogue import Medium, Recipient
from oms.notifications.feedback import Unwanted, order_of, read, unwanted

ANNA = Recipient(Medium.MAIL, "anna@example.com")
BEN = Recipient(Medium.MAIL, "ben@example.com")


def bounce(kind: str = "Permanent", *addresses: str, form: str = "eventType") -> dict[str, Any]:
    return {
        form: "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": "General",
            "bouncedRecipients": [
                {"emailAddress": address, "action": "failed", "status": "5.1.1", "diagnosticCode": "smtp; 550"}
                for address in addresses or ("anna@example.com",)
            ],
            "timestamp": "2026-11-24T10:00:00.000Z",
            "feedbackId": "0102-feedback",
        },
        "mail": {"messageId": "0102-mail", "destination": ["anna@example.com"], "tags": {"order_id": ["o1"]}},
    }


def complaint(kind: str | None = "abuse", form: str = "eventType") -> dict[str, Any]:
    told = {} if kind is None else {"complaintFeedbackType": kind}
    recipients = [{"emailAddress": "anna@example.com"}]
    return {
        form: "Complaint",
        "complaint": {"complainedRecipients": recipients, "feedbackId": "0102-feedback", **told},
        "mail": {"messageId": "0102-mail"},
    }


@pytest.mark.parametrize("form", ["eventType", "notificationType"])
def test_a_permanent_bounce_ends_mail_to_each_address_that_bounced(form: str) -> None:
    document = bounce("Permanent", "anna@example.com", "Ben <BEN@example.com>", form=form)
    found = unwanted(document)
    assert [each.recipient.digest for each in found] == [ANNA.digest, BEN.digest]
    assert {(each.reason, each.detail) for each in found} == {("bounce", "General")}


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_a_full_mailbox_changes_nothing(kind: str) -> None:
    assert unwanted(bounce(kind)) == ()


@pytest.mark.parametrize("form", ["eventType", "notificationType"])
@pytest.mark.parametrize(("kind", "detail"), [("abuse", "abuse"), (None, ""), ("other", "other")])
def test_a_complaint_ends_mail_to_who_complained(form: str, kind: str | None, detail: str) -> None:
    assert unwanted(complaint(kind, form)) == (Unwanted(ANNA, "complaint", detail),)


def test_a_complaint_that_was_taken_back_changes_nothing() -> None:
    assert unwanted(complaint("not-spam")) == ()


@pytest.mark.parametrize(
    "document", [{}, {"eventType": "Delivery"}, {"notificationType": "AmazonSnsSubscriptionSucceeded"}]
)
def test_other_news_of_ses_change_nothing(document: dict[str, Any]) -> None:
    assert unwanted(document) == ()


def test_a_document_is_read_raw_and_in_the_envelope_of_sns() -> None:
    document = bounce()
    envelope = {"Type": "Notification", "TopicArn": "arn", "Message": json.dumps(document), "Signature": "x"}
    assert read(json.dumps(document)) == document
    assert read(json.dumps(envelope)) == document


@pytest.mark.parametrize(
    "body", ["Successfully validated SNS topic for Amazon SES event publishing.", "", "[]", "null", '"text"']
)
def test_sentences_of_ses_are_no_documents(body: str) -> None:
    assert read(body) == {}
    assert read(json.dumps({"Type": "Notification", "Message": body})) == {}


def test_the_order_is_known_by_the_tag_that_the_mail_was_sent_with() -> None:
    assert order_of(bounce()) == "o1"
    assert order_of(complaint()) == ""
