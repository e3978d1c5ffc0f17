"""The carrier of the local cloud: hears of shipped parcels and posts signed tracking webhooks, like the world outside.

It is a system of its own. It subscribes a queue to the topic as a merchant's system could, and knows nothing of the
stack but the topic, the API and its webhook secret. It may be killed and started at any time: a parcel's message stays
in the queue until its whole journey has been told, and a journey planned again is the same journey.
"""

from __future__ import annotations

import heapq
import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import click

from oms.carriers.simulated import NAME, SIGNATURE_HEADER, sign, tracking_number, webhook
from oms.carriers.simulated_journey import Posting, plan_journey
from oms.clock import from_text

SPEED = 15_000.0
"""So much faster than life: a parcel is on its way for four to fifteen seconds."""

VISIBILITY = 60
"""Seconds for which a parcel's message is ours; renewed while its journey lasts."""

POLL = 1
"""Seconds that the queue is asked to wait for a message."""

HEARD = ["UnitsShipped", "ReturnLabelIssued"]
"""What a parcel's journey begins with: on the way to the customer, and on the way back."""

WORKERS = 4
ATTEMPTS = 10
"""How often a webhook is posted before its parcel is left to the queue, which brings it back."""

LONGEST_PAUSE = 15.0

Post = Callable[[bytes, dict[str, str]], int]
"""Posts a body with headers to the webhook's address, and returns the status; raises `OSError` without an answer."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the carrier knows of the outside: clients, the topic, and how to post."""

    sqs: Any
    sns: Any
    topic: str
    queue_name: str
    secret: str
    post: Post


@dataclass(slots=True)
class _Parcel:
    """A journey that is being told: the message that it came with, and how many webhooks are still to be taken."""

    receipt: str
    left: int
    ours_until: float
    failed: bool = False


@dataclass(order=True, slots=True)
class _Due:
    at: float
    turn: int
    posting: Posting = field(compare=False)
    parcel: _Parcel = field(compare=False)
    attempt: int = field(compare=False, default=0)


class StandIn:
    """The carrier; `run` until `stop` is set. `posted` counts the webhooks that were taken.

    `clock` tells the seconds since 1970.
    """

    def __init__(
        self,
        world: World,
        *,
        speed: float = SPEED,
        seed: str = "",
        say: Say = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._world = world
        self._clock = clock
        self._speed = speed
        self._seed = seed
        self._say = say
        self._queue = ""
        self._due: list[_Due] = []
        self._parcels: list[_Parcel] = []
        self._lock = threading.Lock()
        self._turn = 0
        self.posted = 0

    def open(self) -> None:
        """Make the queue and subscribe it, unless that has been done before."""
        world = self._world
        self._queue = world.sqs.create_queue(QueueName=world.queue_name)["QueueUrl"]
        asked = world.sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])
        arn = asked["Attributes"]["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": world.topic}},
                }
            ],
        }
        world.sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": json.dumps(policy)})
        world.sns.subscribe(
            TopicArn=world.topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true", "FilterPolicy": json.dumps({"type": HEARD})},
            ReturnSubscriptionArn=True,
        )

    def run(self, stop: threading.Event) -> None:
        """Carry parcels until told to stop; AWS that does not answer for a while is asked again."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="courier") as couriers:
            for _ in range(WORKERS):
                couriers.submit(self._courier, stop)
            try:
                self._listen(stop)
            finally:
                stop.set()

    def turn(self) -> None:
        """One round of its work, without threads: take what came, tell what is due, settle what was told."""
        if not self._queue:
            self.open()
        self._collect()
        while self._tell_next():
            pass
        self._settle()

    def _listen(self, stop: threading.Event) -> None:
        pause = 0.5
        while not stop.is_set():
            try:
                if not self._queue:
                    self.open()
                self._collect()
                self._settle()
                pause = 0.5
            except Exception as error:  # noqa: BLE001 - the cloud may be restarting; said, and tried again
                self._say(f"AWS does not answer: {type(error).__name__}: {error}")
                stop.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE)

    def _collect(self) -> None:
        """Take parcels from the queue and plan their journeys."""
        answer = self._world.sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=POLL, VisibilityTimeout=VISIBILITY
        )
        for message in answer.get("Messages", []):
            self._take(json.loads(message["Body"]), message["ReceiptHandle"])

    def _take(self, body: dict[str, Any], receipt: str) -> None:
        begun = body["data"]
        postings: Iterable[Posting] = ()
        if begun.get("complete", True):  # else more of the parcel follows, and it leaves with the last
            number = begun.get("tracking_number") or tracking_number(begun["parcel_id"])
            postings = plan_journey(number, from_text(body["at"]), seed=self._seed, speed=self._speed)
        planned = list(postings)
        parcel = _Parcel(receipt, len(planned), self._clock() + VISIBILITY / 2)
        with self._lock:
            self._parcels.append(parcel)
            for posting in planned:
                self._plan(_Due(posting.at.timestamp(), 0, posting, parcel))

    def _plan(self, due: _Due) -> None:
        self._turn += 1
        due.turn = self._turn
        heapq.heappush(self._due, due)

    def _settle(self) -> None:
        """Give back messages whose journeys are told, and keep those whose are not."""
        for parcel in list(self._parcels):
            if not parcel.left and not parcel.failed:
                self._world.sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=parcel.receipt)
            elif parcel.left and self._clock() > parcel.ours_until:
                self._world.sqs.change_message_visibility(
                    QueueUrl=self._queue, ReceiptHandle=parcel.receipt, VisibilityTimeout=VISIBILITY
                )
                parcel.ours_until = self._clock() + VISIBILITY / 2
            if not parcel.left:
                self._parcels.remove(parcel)

    def _courier(self, stop: threading.Event) -> None:
        while not stop.is_set():
            if not self._tell_next():
                stop.wait(0.02)

    def _tell_next(self) -> bool:
        """Post the webhook that is due first; False when none is."""
        due = self._next()
        if due is None:
            return False
        if self._deliver(due.posting):
            with self._lock:
                self.posted += 1
                due.parcel.left -= 1
        else:
            self._again(due)
        return True

    def _next(self) -> _Due | None:
        with self._lock:
            if self._due and self._due[0].at <= self._clock():
                return heapq.heappop(self._due)
        return None

    def _deliver(self, posting: Posting) -> bool:
        raw = webhook(posting.scans)
        headers = {
            "Content-Type": "application/json",
            SIGNATURE_HEADER: sign(raw, self._world.secret, at=datetime.fromtimestamp(self._clock(), UTC)),
        }
        try:
            status = self._world.post(raw, headers)
        except OSError as error:
            self._say(f"no answer to a webhook: {error}")
            return False
        if status >= 300:  # noqa: PLR2004 - everything but success
            self._say(f"a webhook was answered with {status}")
            return False
        return True

    def _again(self, due: _Due) -> None:
        with self._lock:
            if due.attempt + 1 >= ATTEMPTS:
                self._say("a webhook was given up; its parcel comes back from the queue")
                due.parcel.left -= 1
                due.parcel.failed = True
                return
            pause = min(0.5 * 2**due.attempt, LONGEST_PAUSE)
            self._plan(_Due(self._clock() + pause, 0, due.posting, due.parcel, due.attempt + 1))


def local_world() -> World:
    """The world of the local cloud that runs.

    Raises:
        click.ClickException: none runs.
    """
    import requests

    from infra import local

    cloud = local.current()
    if cloud is None:
        raise click.ClickException("no local cloud runs; start one with `oms up`")
    session = requests.Session()
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=WORKERS))
    address = f"{cloud.url}/carriers/{NAME}/webhooks"

    def post(raw: bytes, headers: dict[str, str]) -> int:
        return session.post(address, data=raw, headers=headers, timeout=30).status_code

    return World(
        sqs=cloud.client("sqs"),
        sns=cloud.client("sns"),
        topic=cloud.names["EventsTopic"],
        queue_name=f"{cloud.stack}-carrier",
        secret=cloud.carriers[NAME]["webhook_secret"],
        post=post,
    )


@click.command()
@click.option("--speed", default=SPEED, show_default=True, help="How many times faster than life parcels travel.")
@click.option("--seed", default="", help="Another seed gives every parcel another journey.")
def carrier(*, speed: float, seed: str) -> None:
    """Carry the parcels of the local cloud: post tracking webhooks, some of them twice, late or out of order.

    `oms up` starts it by itself. It may be ended and started again at any time.
    """
    stop = threading.Event()
    stand_in = StandIn(local_world(), speed=speed, seed=seed, say=lambda text: click.echo(text, err=True))
    try:
        stand_in.run(stop)
    except KeyboardInterrupt:
        stop.set()
    click.echo(f"{stand_in.posted} webhooks posted")
