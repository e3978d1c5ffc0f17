"""Runs the programme against a local cloud: opens shop, lets everything happen, waits for the end, looks at it."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from infra.demo import opening
from infra.demo.alarms import Alarms
from infra.demo.api import Api, Json
from infra.demo.desk import Desk, id_of
from infra.demo.episodes import programme
from infra.demo.fourth_act import BY_FEDEX
from infra.demo.goods import KNOWN, PLACES
from infra.demo.listener import NAME, Listener
from infra.demo.outcome import Outcome, StockRow, seconds, stock_rows
from infra.demo.platforms import Platforms
from infra.demo.post import Post
from infra.demo.saboteur import Saboteur
from infra.demo.sale import Sale
from infra.demo.staff import Staff
from infra.demo.story import Book, End, Episode, new_book
from infra.demo.third_act import REJECTED
from infra.local import Cloud
from infra.redrive import waiting

POSTING = 8
"""Episodes that go on at the same time."""

HURRY = 30.0
"""Seconds of patience that are left to the others when one episode has failed."""

LOOK = 2.0
"""Seconds between two looks at all orders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be run. `patience`: seconds without any progress before it is given up."""

    orders: int
    seed: int
    kills: int = 0
    patience: float = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far it is: orders that were posted, and those that are where they should end."""

    phase: str
    orders: int
    posted: int = 0
    ended: int = 0


Show = Callable[[Progress], None]


@dataclass(slots=True, kw_only=True)
class Result:
    """Everything that was seen; `troubles` is what went wrong on the way, in words."""

    outcomes: list[Outcome] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    stock: list[StockRow] = field(default_factory=list)
    dead_letters: dict[str, int] = field(default_factory=dict)
    repeated_messages: int = 0
    """Mails and text messages that went out a second time: neither SES nor SNS can be told that it is the same."""
    explanation: Json = field(default_factory=dict)
    """Why the order that was rejected by its first location was sent from where it was."""
    told: dict[str, int] = field(default_factory=dict)
    """How many things each order's channel was told of it, by the order's id."""
    heard: dict[str, int] = field(default_factory=dict)
    """What the merchant's own system heard by webhooks, and how often it did not answer."""
    troubles: list[str] = field(default_factory=list)
    tally: Counter[str] = field(default_factory=Counter)
    repeated_calls: Counter[int] = field(default_factory=Counter)
    killed: int = 0
    duration: float = 0.0


class Run:
    """One run; `api` and `post` may be used afterwards to look further."""

    def __init__(self, cloud: Cloud, plan: Plan, show: Show) -> None:
        self._cloud, self._plan, self.show = cloud, plan, show
        self.api = Api(cloud.url, cloud.keys)
        self.post = Post(cloud)
        secrets = {name: channel["webhook_secret"] for name, channel in cloud.channels.items()}
        self._desk = Desk(self.api, self.post, secrets, plan.patience, opening.gateway_secret(cloud))
        self.listener = Listener()
        self._trails: dict[str, list[Json]] = {}
        self._result = Result()
        self._posted = 0

    def run(self) -> Result:
        """Everything, from the first call to the last look."""
        began, result, plan = time.monotonic(), self._result, self._plan
        book = new_book(plan.seed)
        result.episodes = programme(book, plan.orders)
        orders = sum(len(episode.sales) for episode in result.episodes)
        self.show(Progress(phase="opening shop", orders=orders))
        opening.check_nothing_left(self.api)
        opening.open_shop(self.api, orders)
        with Platforms(self.api, self._cloud, {NAME: self.listener}) as self._desk.platforms:
            self.listener.open(self.api, self._desk.platforms.url_of(NAME))
            try:
                self._play(book, orders)
            finally:
                self.listener.close(self.api)
        result.duration = time.monotonic() - began
        return result

    def _play(self, book: Book, orders: int) -> None:
        """All acts, to the last look."""
        result, plan = self._result, self._plan
        skus = [article.sku for article in (*KNOWN, book.novelty) if article.grams]
        before = opening.levels(self.api, skus)
        by_fedex = {str(sale.number) for sale, _ in _pairs(result.episodes) if sale.form in BY_FEDEX}
        places = [place.location_id for place in PLACES]
        staff = Staff(self.api, places, (*KNOWN, book.novelty), frozenset(by_fedex))
        self._desk.alarms = Alarms(self._cloud)
        saboteur = Saboteur(self._cloud, random.Random(plan.seed), most=plan.kills, every=(1.0, 4.0))  # noqa: S311
        if plan.kills:
            saboteur.start()
        try:
            self._tell(staff)
            self._await_end(orders)
            self._await_heard()
        finally:
            if plan.kills:
                saboteur.stop()
            staff.go_home()
            self._desk.alarms.close()
        result.killed = saboteur.killed
        result.troubles += [f"{trouble} ({count} times)" for trouble, count in staff.troubles.items()]
        self._look(before, skus)

    def _tell(self, staff: Staff) -> None:
        """All episodes: first those that come before work, then the others while the staff is at it."""
        orders = sum(len(episode.sales) for episode in self._result.episodes)

        def act(episode: Episode) -> None:
            try:
                episode.act(self._desk, episode.sales)
            except Exception as error:  # noqa: BLE001 - the other episodes go on; it is reported at the end
                self._result.troubles.append(f"{episode.name}: {type(error).__name__}: {error}")
                # Something is wrong: the other episodes wait for it less long.
                self._desk.patience = min(self._desk.patience, HURRY)
            self._posted += len(episode.sales)
            self.show(Progress(phase="orders come in", orders=orders, posted=self._posted))

        pool = ThreadPoolExecutor(POSTING, thread_name_prefix="episode")
        # The later acts wait for parcels, staff and suppliers: they take nobody's place meanwhile.
        after = ThreadPoolExecutor(POSTING, thread_name_prefix="later act")
        try:
            list(pool.map(act, [each for each in self._result.episodes if each.before_work]))
            staff.open()
            at_work = [each for each in self._result.episodes if not each.before_work]
            second = after.map(act, [each for each in at_work if each.later])
            list(pool.map(act, [each for each in at_work if not each.later]))
            list(second)
        except BaseException:
            self._desk.stopped.set()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
            after.shutdown(cancel_futures=True)

    def _await_end(self, orders: int) -> None:
        """Wait until every order is where it should end and every message is out, or nothing has moved for long."""
        wanted = _pairs(self._result.episodes)
        last_change, moving = time.monotonic(), ""
        while time.monotonic() - last_change < self._plan.patience:
            shown = {each["order_id"]: each["status"] for each in self.api.orders()}
            ended = sum(
                shown.get(id_of(sale)) == end.status and end.hears(self.post.told(id_of(sale))) for sale, end in wanted
            )
            self.show(Progress(phase="parcels travel", orders=orders, posted=orders, ended=ended))
            if ended == orders:
                return
            now = repr(sorted(shown.items())) + str(len(self.post.messages()))
            if now != moving:
                last_change, moving = time.monotonic(), now
            time.sleep(LOOK)

    def _await_heard(self) -> None:
        """Wait until the merchant's own system has caught up with all that happened, or hears no more."""
        last_change, moving = time.monotonic(), -1
        while time.monotonic() - last_change < self._plan.patience:
            if not self._unheard():
                return
            if (now := self.listener.events) != moving:
                last_change, moving = time.monotonic(), now
            time.sleep(LOOK)

    def _unheard(self) -> list[str]:
        """The orders of which it has not heard everything."""
        orders = [id_of(sale) for sale, _ in _pairs(self._result.episodes)]
        return [
            order
            for order in orders
            if not {str(each["id"]) for each in self._events(order)} <= self.listener.events_of(order)
        ]

    def _events(self, order: str) -> list[Json]:
        """An order's trail, once it is at its end and nothing comes any more."""
        if order not in self._trails:
            self._trails[order] = self.api.events(order)
        return self._trails[order]

    def _look(self, before: dict[str, Json], skus: Sequence[str]) -> None:
        result, desk = self._result, self._desk
        for episode in result.episodes:
            for sale, end in zip(episode.sales, episode.ends, strict=True):
                outcome = self._outcome(episode, sale, end)
                if outcome:
                    result.outcomes.append(outcome)
        result.stock = stock_rows(
            before, opening.levels(self.api, skus), desk.received, result.outcomes, desk.written_off
        )
        result.explanation = self._explained()
        result.told = {
            order: sum(each["type"] == "ChannelTold" for each in trail) for order, trail in self._trails.items()
        }
        result.heard = {
            "events": self.listener.events,
            "orders": len(self.listener.heard),
            "refused while it was down": self.listener.refused,
            "came twice": self.listener.repeated,
        }
        result.troubles += [f"the merchant's system misses events of order {each}" for each in self._unheard()]
        result.troubles += [f"the merchant's system sees a gap in order {each}" for each in self.listener.gaps()]
        if self.listener.forged:
            result.troubles.append(f"{self.listener.forged} webhooks had no valid signature")
        result.dead_letters = waiting(self._cloud.client, self._cloud.stack)
        recorded = {each.provider_id for each in self.post.messages()}
        result.repeated_messages = len((set(self.post.mails()) | set(self.post.texts())) - recorded)
        result.tally = self._desk.tally
        result.repeated_calls = self.api.repeated
        listed = Counter(each["order_id"] for each in self.api.orders())
        twice = [order_id for order_id, count in listed.items() if count > 1]
        if twice:
            result.troubles.append(f"listed more than once: {', '.join(twice)}")

    def _explained(self) -> Json:
        """How the order was routed that a location gave back: it was decided twice."""
        told = next((each for each in self._result.episodes if each.name == REJECTED), None)
        if told is None:
            return {}
        sale = told.sales[0]
        found = self.api.expect("GET", f"/orders/{id_of(sale)}/routing", scope="orders:read")
        if len(found["decisions"]) != 2:  # noqa: PLR2004 - at first, and without the location that gave it back
            self._result.troubles.append(f"order {sale.number} was decided {len(found['decisions'])} times, not twice")
        return {"number": f"AF-{sale.number}", "city": sale.customer.city, **found}

    def _outcome(self, episode: Episode, sale: Sale, end: End) -> Outcome | None:
        order_id = id_of(sale)
        reply = self.api.call("GET", f"/orders/{order_id}", scope="orders:read")
        if reply.status != 200:  # noqa: PLR2004 - ok
            self._result.troubles.append(f"order {sale.number} ({episode.name}) is not there: {reply.status}")
            return None
        return Outcome(
            sale=sale,
            end=end,
            order=reply.json,
            told=self.post.told(order_id),
            languages=frozenset(each.language[:2] for each in self.post.messages() if each.order_id == order_id),
            times=seconds(reply.json, self._events(order_id)),
            plain=episode.name.startswith("plain"),
        )


def _pairs(episodes: Sequence[Episode]) -> list[tuple[Sale, End]]:
    return [pair for episode in episodes for pair in zip(episode.sales, episode.ends, strict=True)]
