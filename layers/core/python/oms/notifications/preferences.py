"""What a customer wishes: in which language, by which medium, and when not to be disturbed.

The wishes are kept with the customer's record as this form's JSON. Without any, everything is as it always was.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator

from oms.notifications.catalogue import Kind, Medium, Recipient

OPTIONAL = frozenset(
    {
        Kind.PARCEL_SHIPPED,
        Kind.PARCEL_DELIVERED,
        Kind.PAYMENT_RECEIVED,
        Kind.RETURN_REQUESTED,
        Kind.RETURN_RECEIVED,
        Kind.CREDITED,
        Kind.PICKUP_REMINDER,
        Kind.PICKED_UP,
        Kind.OUT_FOR_DELIVERY,
        Kind.PARCEL_HELD_UP,
    }
)
"""What a customer can do without. All others must reach them: a confirmation of the contract and of what was changed or
ended in it, money that goes back, an answer that they asked for, and what nobody but they can do."""

URGENT = frozenset(
    {
        Kind.ORDER_CONFIRMED,
        Kind.ACTION_NEEDED,
        Kind.PICKUP_READY,
        Kind.OUT_FOR_DELIVERY,
        Kind.DELIVERY_FAILED,
        Kind.PARCEL_WAITS,
    }
)
"""Mails that go out in quiet hours too: a mail wakes nobody, and these are waited for. An SMS always waits."""

Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
"""A time of the day: `21:30`."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class QuietHours(_Form):
    """From when to when the customer wants quiet, in their own time; over midnight when `end` is the earlier one."""

    start: Clock
    end: Clock
    time_zone: Annotated[str, Field(max_length=64)]
    """IANA name of the time zone: `Europe/Rome`."""

    @field_validator("time_zone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("there is no such time zone") from None
        return name


class Preferences(_Form):
    """A customer's wishes about messages, whole: what is left out is no wish."""

    language: Annotated[str, Field(max_length=35, pattern=r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$")] = ""
    """BCP 47; empty for the language that each order was placed in."""
    mail: dict[Kind, bool] = {}
    """Kinds of message that are to come by mail, or not. Kinds that must reach the customer cannot be switched off."""
    sms: dict[Kind, bool] = {}
    """The same for SMS. Who has no mail address gets what must reach them by SMS all the same."""
    quiet_hours: QuietHours | None = None
    """SMS wait until these are over, and so do mails that are not urgent."""

    @field_validator("mail")
    @classmethod
    def _obligatory(cls, mail: dict[Kind, bool]) -> dict[Kind, bool]:
        refused = sorted(kind for kind, wanted in mail.items() if not wanted and kind not in OPTIONAL)
        if refused:
            raise ValueError(f"cannot be switched off: {', '.join(refused)}")
        return mail


def wanted(preferences: Preferences, kind: Kind, to: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Those of the recipients that the customer wants to be told by; what must reach them keeps one way at least."""
    to = tuple(to)
    by_mail = any(each.medium is Medium.MAIL for each in to)

    def wants(recipient: Recipient) -> bool:
        if recipient.medium is Medium.MAIL:
            return kind not in OPTIONAL or preferences.mail.get(kind, True)
        return preferences.sms.get(kind, True) or not (by_mail or kind in OPTIONAL)

    return tuple(each for each in to if wants(each))


def waits_until(preferences: Preferences, kind: Kind, medium: Medium, now: datetime) -> datetime | None:
    """When a message may go out that came in quiet hours; None when it may go now."""
    quiet = preferences.quiet_hours
    if quiet is None or (medium is Medium.MAIL and kind in URGENT):
        return None
    zone = ZoneInfo(quiet.time_zone)
    local = now.astimezone(zone)
    start, end = time.fromisoformat(quiet.start), time.fromisoformat(quiet.end)
    clock = local.time()
    if start <= end:
        inside, days = start <= clock < end, 0
    else:
        inside, days = clock >= start or clock < end, int(clock >= start)
    if not inside:
        return None
    over = datetime.combine(local.date() + timedelta(days=days), end, zone).astimezone(UTC)
    # When clocks are set back, the end that comes first may be over already.
    return over if over > now else None


def read(text: str) -> Preferences:
    """Read what is kept; kinds that this version does not know are passed over."""
    import json

    body = json.loads(text)
    known = set(Kind)
    for medium in ("mail", "sms"):
        body[medium] = {kind: wish for kind, wish in body.get(medium, {}).items() if kind in known}
    return Preferences.model_validate(body)
