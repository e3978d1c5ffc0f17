"""The record of messages on moto: once each, whatever dies, and none to who must be left alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.header import decode_header, make_header
from email.utils import parseaddr
from typing import Any, NoReturn

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends

from oms.errors import Unavailable
from oms.notifications.catalogue import Kind, Medium, Recipient
from oms.notifications.feedback import Unwanted
from oms.notifications.render import Message
from oms.platform import mail
from oms.platform.aws import client
from oms.platform.messages import LEASE, Record, Status, send_once, suppress

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ANNA = Recipient(Medium.MAIL, "Anna@example.com")
RECORD = Record(event_id="o1:2:0", order_id="o1", kind=Kind.ORDER_CONFIRMED, language="de", recipient=ANNA)
MESSAGE = Message(subject="Ihre Bestellung 1001", html="<p>Grüße</p>", text="Grüße", sms="Grüße")

pytestmark = pytest.mark.usefixtures("world")


class Provider:
    """Counts what it is asked to send; may fail first."""

    def __init__(self, *failures: Exception | type[BaseException]) -> None:
        self.failures = list(failures)
        self.sent = 0

    def __call__(self) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.sent += 1
        return f"provider-{self.sent}"


def send(provider: Callable[[], str], *, at: datetime = NOW, caller: str = "m1", record: Record = RECORD) -> Any:
    return send_once(record, provider, caller=caller, now=at)


def item(key: str = RECORD.message_id) -> dict[str, str]:
    found = client("dynamodb").get_item(TableName="test-messages", Key={"message_id": {"S": key}}).get("Item", {})
    return {name: next(iter(value.values())) for name, value in found.items()}


def test_a_message_is_sent_once_however_often_its_event_comes() -> None:
    provider = Provider()
    assert send(provider) is Status.SENT
    assert send(provider, caller="m2") is None
    assert send(provider, at=NOW + timedelta(days=3)) is None
    assert provider.sent == 1


def test_each_event_kind_medium_and_recipient_is_a_message_of_its_own() -> None:
    others = [
        Record(event_id="o1:3:0", order_id="o1", kind=Kind.ORDER_CONFIRMED, language="de", recipient=ANNA),
        Record(event_id="o1:2:0", order_id="o1", kind=Kind.PARCEL_SHIPPED, language="de", recipient=ANNA),
        Record(
            event_id="o1:2:0",
            order_id="o1",
            kind=Kind.ORDER_CONFIRMED,
            language="de",
            recipient=Recipient(Medium.SMS, "+390471123456"),
        ),
        Record(
            event_id="o1:2:0",
            order_id="o1",
            kind=Kind.ORDER_CONFIRMED,
            language="de",
            recipient=Recipient(Medium.MAIL, "ben@example.com"),
        ),
    ]
    provider = Provider()
    assert [send(provider, record=record) for record in (RECORD, *others)] == [Status.SENT] * 5


def test_the_record_says_what_was_sent_to_no_readable_address() -> None:
    send(Provider())
    assert item() == {
        "message_id": f"o1:2:0#order_confirmed#mail#{ANNA.digest}",
        "event_id": "o1:2:0",
        "order_id": "o1",
        "kind": "order_confirmed",
        "medium": "mail",
        "language": "de",
        "status": "sent",
        "at": "2026-11-24T10:00:00.000000Z",
        "provider_id": "provider-1",
    }
    assert "anna" not in json.dumps(item()).lower()


def test_while_one_delivery_sends_another_waits() -> None:
    provider = Provider()

    def meanwhile() -> str:
        with pytest.raises(Unavailable):
            send(provider, caller="m2", at=NOW + timedelta(seconds=1))
        return "provider-0"

    assert send(meanwhile) is Status.SENT
    assert provider.sent == 0


def test_of_many_deliveries_at_once_one_sends() -> None:
    provider = Provider()

    def attempt(number: int) -> object:
        try:
            return send(provider, caller=f"m{number}")
        except Unavailable:
            return Unavailable

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(attempt, range(8)))
    assert outcomes.count(Status.SENT) == 1
    assert provider.sent == 1


def test_a_process_that_died_before_sending_leaves_the_message_to_the_next_after_its_lease() -> None:
    with pytest.raises(KeyboardInterrupt):
        send(Provider(KeyboardInterrupt))
    provider = Provider()
    with pytest.raises(Unavailable):
        send(provider, at=NOW + LEASE - timedelta(seconds=1))
    assert send(provider, at=NOW + LEASE) is Status.SENT
    assert provider.sent == 1


def test_dying_between_sending_and_marking_is_the_one_way_to_send_twice() -> None:
    provider = Provider()

    def sent_and_died() -> NoReturn:
        provider()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(sent_and_died)
    assert send(provider, at=NOW + LEASE) is Status.SENT
    assert provider.sent == 2


def test_a_provider_in_trouble_is_tried_again_at_once() -> None:
    provider = Provider(Unavailable("SES answered TooManyRequestsException"))
    with pytest.raises(Unavailable):
        send(provider)
    assert send(provider, caller="m2", at=NOW + timedelta(seconds=1)) is Status.SENT


def test_a_refused_message_is_recorded_and_not_tried_again() -> None:
    provider = Provider(mail.Refused("BadRequestException"))
    assert send(provider) is Status.FAILED
    assert send(provider) is None
    assert (item()["status"], item()["error"], provider.sent) == ("failed", "BadRequestException", 0)


@pytest.mark.parametrize("reason", ["bounce", "complaint"])
def test_a_suppressed_address_gets_nothing_however_it_is_written(reason: str) -> None:
    suppress(Unwanted(Recipient(Medium.MAIL, "anna@EXAMPLE.com"), reason, "General"), NOW)
    provider = Provider()
    assert send(provider) is Status.SUPPRESSED
    assert send(provider) is None
    assert provider.sent == 0
    assert item()["status"] == "suppressed"
    kept = item(f"suppressed#{ANNA.digest}")
    assert (kept["reason"], kept["detail"]) == (reason, "General")
    assert "anna" not in json.dumps(kept).lower()


def test_a_suppressed_address_leaves_others_alone() -> None:
    suppress(Unwanted(Recipient(Medium.MAIL, "ben@example.com"), "bounce", "General"), NOW)
    assert send(Provider()) is Status.SENT


def mails() -> list[Any]:
    return list(ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages)


def test_a_mail_goes_out_in_the_shops_name() -> None:
    mail_id = mail.send_mail("anna@example.com", MESSAGE, shop="Nordlicht & Söhne", order_id="o1")
    (sent,) = mails()
    assert sent.id == mail_id
    assert sent.destinations == {"ToAddresses": ["anna@example.com"]}
    assert (sent.subject, sent.body) == ("Ihre Bestellung 1001", "<p>Grüße</p>")
    name, address = parseaddr(sent.source)
    assert (str(make_header(decode_header(name))), address) == ("Nordlicht & Söhne", "orders@shop.example")


@pytest.mark.parametrize("shop", ['Shop "The Best", <evil@example.com>', "a@b.example", "", "Schön; ( \\"])
def test_no_name_of_a_shop_changes_the_sender(shop: str) -> None:
    name, address = parseaddr(mail.sender(shop))
    assert address == "orders@shop.example"
    assert str(make_header(decode_header(name))) == shop


def test_a_sender_with_a_name_of_its_own_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_MAIL_SENDER", "The Merchant <orders@shop.example>")
    assert mail.sender("Nordlicht") == "The Merchant <orders@shop.example>"


def test_an_sms_goes_out_as_transactional() -> None:
    asked = {}
    client("sns").meta.events.register("provide-client-params.sns.Publish", lambda params, **_: asked.update(params))
    sms_id = mail.send_sms("+390471123456", "Grüße")
    assert sns_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sms_messages[sms_id] == ("+390471123456", "Grüße")
    assert asked["MessageAttributes"]["AWS.SNS.SMS.SMSType"]["StringValue"] == "Transactional"


def test_ses_gets_both_forms_the_configuration_set_and_the_orders_tag() -> None:
    asked: dict[str, Any] = {}
    client("sesv2").meta.events.register(
        "provide-client-params.sesv2.SendEmail", lambda params, **_: asked.update(params)
    )
    mail.send_mail("anna@example.com", MESSAGE, shop="Nordlicht", order_id="o1")
    assert asked["Content"]["Simple"]["Body"]["Text"]["Data"] == "Grüße"
    assert asked["Content"]["Simple"]["Body"]["Html"]["Data"] == "<p>Grüße</p>"
    assert asked["ConfigurationSetName"] == "test-mail"
    assert asked["EmailTags"] == [{"Name": "order_id", "Value": "o1"}]


def failing(error: Exception) -> None:
    def fail(**_: object) -> NoReturn:
        raise error

    client("sesv2").meta.events.register("before-call.sesv2.SendEmail", fail)


def answer(code: str, message: str = "for anna@example.com") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "SendEmail")


@pytest.mark.parametrize("code", ["BadRequestException", "MessageRejected", "ValidationException"])
def test_what_is_wrong_with_one_message_is_refused_for_good(code: str) -> None:
    failing(answer(code))
    with pytest.raises(mail.Refused, match=code):
        mail.send_mail("anna@example.com", MESSAGE, shop="Nordlicht", order_id="o1")


@pytest.mark.parametrize(
    "error",
    [
        answer("TooManyRequestsException"),
        answer("InternalFailure"),
        answer("AccountSuspendedException"),
        answer("AccessDeniedException"),
        answer("NotFoundException"),
        answer("MessageRejected", "Email address is not verified: anna@example.com"),
        ReadTimeoutError(endpoint_url="https://email.example/?to=anna@example.com"),
    ],
    ids=lambda error: error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__,
)
def test_what_may_pass_is_worth_another_try_and_names_nobody(error: Exception) -> None:
    failing(error)
    with pytest.raises(Unavailable) as caught:
        mail.send_mail("anna@example.com", MESSAGE, shop="Nordlicht", order_id="o1")
    assert "anna" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_an_unverified_sender_makes_messages_wait_for_the_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMS_MAIL_SENDER", "nobody@nowhere.example")
    with pytest.raises(Unavailable, match="not verified"):
        mail.send_mail("anna@example.com", MESSAGE, shop="Nordlicht", order_id="o1")
