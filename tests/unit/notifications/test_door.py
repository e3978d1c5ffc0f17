"""The stage's handlers, from a queue's batch to SES and SNS on moto."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends
from moto.sns.models import sns_backends

from oms.notifications.catalogue import Kind
from oms.orders import events as ev
from oms.orders.contact import Contact
from oms.orders.events import HoldReason
from oms.orders.order import Entry
from oms.platform import event_log
from oms.platform.aws import client
from oms.platform.config import settings
from oms.platform.secrets import LINKS, put_secret
from oms.platform.setup import put
from oms.setup import Channel, Platform
from tests.support.functions import Context, load_app_module
from tests.unit.notifications.reader import read
from tests.unit.notifications.samples import (
    CONTACT,
    HOME,
    ORDER_ID,
    held,
    history,
    story,
    usual,
)

pytestmark = pytest.mark.usefixtures("world", "shop")

CALL = Context("notify", "call")


@pytest.fixture
def shop(world: None) -> None:
    del world
    put(HOME)
    put(Channel(channel_id="web", platform=Platform.CANONICAL, name="Nordlicht", default_language="fr"))


def keep(entries: Sequence[Entry]) -> None:
    for entry in entries:
        client("dynamodb").put_item(TableName="test-orders", Item=event_log._to_item(entry, "web"))


def message(seq: int, index: int, order_id: str = ORDER_ID, message_id: str = "m1") -> dict[str, Any]:
    body = {"id": f"{order_id}:{seq}:{index}", "order_id": order_id, "seq": seq, "index": index, "type": "?", "v": 1}
    return {"messageId": message_id, "body": json.dumps(body), "attributes": {"ApproximateReceiveCount": "1"}}


def last(entries: Sequence[Entry]) -> dict[str, Any]:
    return message(entries[-1].seq, len(entries[-1].events) - 1)


def deliver(*records: dict[str, Any]) -> list[str]:
    answer = load_app_module("notify").send({"Records": list(records)}, CALL)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def feed(*bodies: str) -> list[str]:
    records = [{"messageId": f"f{n}", "body": body} for n, body in enumerate(bodies)]
    answer = load_app_module("notify").feedback({"Records": records}, CALL)
    return [failed["itemIdentifier"] for failed in answer["batchItemFailures"]]


def mails() -> list[Any]:
    return list(ses_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sent_messages)


def texts() -> list[tuple[str, str]]:
    return list(sns_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].sms_messages.values())


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("kind", "subject", "by_sms"),
    [
        (Kind.ORDER_CONFIRMED, "Il Suo ordine 1001 è confermato", False),
        (Kind.PARCEL_SHIPPED, "Una parte del Suo ordine 1001 è in viaggio", True),
        (Kind.PARCEL_DELIVERED, "Un pacco del Suo ordine 1001 è stato consegnato", True),
        (Kind.ACTION_NEEDED, "Verifichi l’indirizzo di consegna del Suo ordine 1001", False),
        (Kind.ORDER_CANCELLED, "Una parte del Suo ordine 1001 è stata annullata", False),
        (Kind.RETURN_APPROVED, "Può restituire articoli del Suo ordine 1001", False),
    ],
)
def test_an_event_becomes_a_mail_and_where_it_matters_an_sms(kind: Kind, subject: str, *, by_sms: bool) -> None:
    entries = story(kind)
    keep(entries)
    assert deliver(last(entries)) == []
    (mail,) = mails()
    assert mail.subject == subject
    assert mail.destinations == {"ToAddresses": ["maria.rossi@example.com"]}
    assert [number for number, _ in texts()] == (["+390471123456"] if by_sms else [])


@pytest.mark.parametrize("signed", [True, False])
def test_a_return_links_to_the_customers_page_when_there_is_an_address_and_a_key(
    monkeypatch: pytest.MonkeyPatch, *, signed: bool
) -> None:
    monkeypatch.setenv("OMS_PUBLIC_URL", "https://api.shop.example/v1")
    settings.cache_clear()
    if signed:
        put_secret(LINKS, {"signing_secret": "a key of thirty-two random bytes"})
    entries = story(Kind.RETURN_REQUESTED)
    keep(entries)
    assert deliver(last(entries)) == []
    links = read(mails()[0].body).all("a", "href")
    assert [link.partition("/return/")[0] for link in links] == (["https://api.shop.example/v1"] if signed else [])


def test_an_event_that_comes_twice_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    entries = story(Kind.PARCEL_SHIPPED)
    keep(entries)
    assert deliver(last(entries), replace_id(last(entries), "m2")) == []
    assert deliver(last(entries)) == []
    assert (len(mails()), len(texts())) == (1, 1)
    told = [line["message"] for line in lines(capsys) if "message" in line]
    assert told == ["message_sent"] * 2 + ["message_repeated"] * 4


def replace_id(record: dict[str, Any], message_id: str) -> dict[str, Any]:
    return {**record, "messageId": message_id}


def test_the_channels_language_is_spoken_to_who_speaks_none_of_ours() -> None:
    entries = story(Kind.ORDER_CONFIRMED, usual(language="ja"))
    keep(entries)
    deliver(last(entries))
    assert mails()[0].subject == "Votre commande 1001 est confirmée"


def test_an_order_that_is_not_there_yet_comes_again_and_its_neighbours_are_told() -> None:
    entries = story(Kind.ORDER_CONFIRMED)
    keep(entries)
    assert deliver(message(1, 0, "o404", "m404"), last(entries), message(9, 0, message_id="m9")) == ["m404", "m9"]
    assert len(mails()) == 1


def test_a_corrected_address_is_used_for_what_is_still_to_be_told() -> None:
    entries = [*story(Kind.ORDER_CONFIRMED)]
    change = history([ev.ContactChanged(fields=("email",))])[0]
    keep([*entries, replace(change, seq=3, contact=replace(CONTACT, email="new@example.com"))])
    deliver(last(entries))
    assert mails()[0].destinations == {"ToAddresses": ["new@example.com"]}


def test_an_erased_customer_is_told_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    entries = story(Kind.PARCEL_SHIPPED, contact=Contact())
    keep(entries)
    assert deliver(last(entries)) == []
    assert (mails(), texts()) == ([], [])
    (line,) = lines(capsys)
    assert (line["message"], line["order_id"]) == ("message_without_recipient", ORDER_ID)


def test_a_customer_who_has_acted_is_not_called_to_act() -> None:
    entries = history([usual()], [held(HoldReason.PAYMENT_DECLINED)], [ev.HoldReleased(handle="hold-1")])
    keep(entries)
    assert deliver(message(2, 0)) == []
    assert mails() == []


def test_a_hold_of_the_merchants_own_is_not_told() -> None:
    entries = history([usual()], [held(HoldReason.MANUAL)])
    keep(entries)
    assert deliver(last(entries)) == []
    assert mails() == []


def bounced(address: str) -> str:
    recipients = [{"emailAddress": address}]
    return json.dumps(
        {
            "eventType": "Bounce",
            "bounce": {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": recipients},
            "mail": {"tags": {"order_id": [ORDER_ID]}},
        }
    )


def test_after_a_bounce_the_address_gets_no_more_mail_and_sms_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    entries = story(Kind.PARCEL_SHIPPED)
    keep(entries)
    assert deliver(message(2, 2)) == []
    assert feed(bounced("MARIA.ROSSI@example.com"), "Successfully validated SNS topic.") == []
    assert deliver(last(entries)) == []
    assert len(mails()) == 1
    assert len(texts()) == 1
    printed = lines(capsys)
    counted = [name for line in printed for name in ("MessagesSent", "MessagesSuppressed") if name in line]
    assert counted == ["MessagesSent", "MessagesSent", "MessagesSuppressed"]
    (suppressed,) = [line for line in printed if line.get("message") == "recipient_suppressed"]
    assert suppressed["order_id"] == ORDER_ID


def test_nothing_personal_is_logged(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POWERTOOLS_LOG_LEVEL", "DEBUG")
    entries = story(Kind.PARCEL_SHIPPED)
    keep(entries)
    deliver(last(entries))
    feed(bounced("maria.rossi@example.com"))
    monkeypatch.setenv("OMS_MAIL_SENDER", "unverified@nowhere.example")
    settings.cache_clear()
    keep(replaced := story(Kind.PARCEL_SHIPPED, contact=replace(CONTACT, email="Maria.Bianchi@example.com")))
    assert deliver(last(replaced)) == ["m1"]
    printed = capsys.readouterr()
    assert "message_sent" in printed.out
    for word in ("maria", "rossi", "bianchi", "0471", "390471", "Portici"):
        assert word.lower() not in (printed.out + printed.err).lower()


def test_a_mail_that_ses_does_not_take_now_comes_again_and_the_sms_goes_out_once_and_at_once() -> None:
    entries = story(Kind.PARCEL_SHIPPED)
    keep(entries)
    client("sesv2").delete_email_identity(EmailIdentity="orders@shop.example")
    assert deliver(last(entries)) == ["m1"]
    assert (len(mails()), len(texts())) == (0, 1)
    client("sesv2").create_email_identity(EmailIdentity="orders@shop.example")
    assert deliver(last(entries)) == []
    assert (len(mails()), len(texts())) == (1, 1)


def test_the_door_opens_without_what_only_messages_need() -> None:
    program = (
        "import sys; sys.path[:0] = ['functions/notify', 'layers/core/python']; import app;"
        " print(*{'boto3', 'botocore', 'babel', 'jinja2', 'pydantic', 'tomllib'} & set(sys.modules))"
    )
    root = Path(__file__).parents[3]
    found = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)  # noqa: S603
    assert found.stdout.strip() == ""
