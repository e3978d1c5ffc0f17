"""Hands messages to SES (mail) and SNS (SMS)."""

from __future__ import annotations

from email.utils import formataddr, parseaddr
from typing import TYPE_CHECKING

from oms.errors import OmsError, Unavailable
from oms.platform.aws import client, code
from oms.platform.config import settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_sesv2.type_defs import SendEmailRequestTypeDef

    from oms.notifications.render import Message

PERMANENT = frozenset(
    {
        "BadRequestException",
        "InvalidParameter",
        "InvalidParameterException",
        "InvalidParameterValue",
        "MessageRejected",
        "OptedOutException",
        "ValidationException",
    }
)
"""What is wrong with this one message or recipient, now and in an hour. Everything else is worth another try."""


class Refused(OmsError):
    """The provider will never take this message to this recipient; `detail` is its name of the error."""


def send_mail(to: str, message: Message, *, shop: str, order_id: str) -> str:
    """Send a mail, as HTML and as plain text, in the shop's name; returns SES's id of it.

    The order's id goes along as a tag that comes back with a bounce or complaint.

    Raises:
        Refused: SES will never send this.
        Unavailable: SES did not take it now; it may be sent again.
    """
    request: SendEmailRequestTypeDef = {
        "FromEmailAddress": sender(shop),
        "Destination": {"ToAddresses": [to]},
        "Content": {
            "Simple": {
                "Subject": {"Data": message.subject, "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": message.text, "Charset": "UTF-8"},
                    "Html": {"Data": message.html, "Charset": "UTF-8"},
                },
            }
        },
        "EmailTags": [{"Name": "order_id", "Value": order_id}],
    }
    if settings().mail_configuration_set:
        request["ConfigurationSetName"] = settings().mail_configuration_set
    return _handed_over("SES", lambda: client("sesv2").send_email(**request)["MessageId"])


def send_sms(to: str, text: str) -> str:
    """Send an SMS as transactional, which networks deliver first; returns SNS's id of it.

    Raises:
        Refused: SNS will never send this.
        Unavailable: SNS did not take it now; it may be sent again.
    """
    return _handed_over(
        "SNS",
        lambda: client("sns").publish(
            PhoneNumber=to,
            Message=text,
            MessageAttributes={"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}},
        )["MessageId"],
    )


def sender(shop: str) -> str:
    """The From header: the sender's address under the shop's name, unless the sender was set up with one.

    `shop` must be on one line; letters beyond ASCII are encoded.
    """
    name, address = parseaddr(settings().mail_sender)
    return formataddr((name or shop, address))


def _handed_over(service: str, send: Callable[[], str]) -> str:
    """The provider's answer, its errors told without what they quote: they name addresses."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return send()
    except ClientError as error:
        # A sender (in the sandbox, a recipient too) that is not verified is a matter of set-up: the message waits.
        unverified = "not verified" in error.response.get("Error", {}).get("Message", "").lower()
        if code(error) in PERMANENT and not unverified:
            raise Refused(code(error)) from None
        raise Unavailable(f"{service} answered {code(error)}{': an address is not verified' * unverified}") from None
    except BotoCoreError as error:
        raise Unavailable(f"{service} did not answer: {type(error).__name__}") from None
