"""The report of a run: figures that are computed once, for the tables and for the JSON file."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.demo.outcome import Outcome, median_and_p90
from infra.demo.post import Message
from infra.demo.run import Result

MILESTONES = ("confirmed", "shipped", "delivered")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """All orders of one currency, in minor units: where the money went, and what customers keep for it.

    `charged - refunded = units + charges`: the units that they keep at the shop's own prices, with shipping and fees.
    What pays for an exchange was charged once, on the order before it. What disputes took is gone on top: of such
    an order the customer has the goods, and the money too.
    """

    currency: str
    orders: int
    charged: int
    refunded: int
    lost: int
    units: int
    charges: int

    @property
    def balances(self) -> bool:
        """Whether the equation holds."""
        return self.charged - self.refunded == self.units + self.charges


@dataclass(slots=True, kw_only=True)
class Report:
    """What `--json` writes; `wrong` is empty when everything is as it was declared."""

    orders: int
    by_form: dict[str, int]
    by_currency: dict[str, int]
    by_state: dict[str, dict[str, int]]
    """States with how many orders should be in them and how many are."""
    episodes: list[dict[str, Any]]
    parcels: dict[str, int]
    messages: dict[str, dict[str, dict[str, int]]]
    """How many by medium, kind and language."""
    repeated_messages: int
    stock: list[dict[str, Any]]
    money: list[dict[str, Any]]
    after_sale: list[dict[str, Any]]
    """The second act, order by order: what happened, what it cost in minor units, and how it ended."""
    third_act: list[dict[str, Any]]
    """The third act, order by order: what happened, from where it was sent, and how it ended."""
    fourth_act: list[dict[str, Any]]
    """The fourth act, order by order: where it was sold, how it came, what its channel was told of parcels."""
    heard: dict[str, int]
    """What the merchant's own system heard by webhooks."""
    explanation: dict[str, Any]
    """Why one of its orders was sent from where it was, as the API tells; see `oms.routing.resource`."""
    seconds: dict[str, dict[str, float]]
    dead_letters: dict[str, int]
    webhooks: dict[str, int]
    repeated_calls: dict[str, int]
    workers_killed: int
    duration: float
    wrong: list[str]
    links: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As plain values, with the verdict first."""
        return {"ok": not self.wrong, **asdict(self)}


def report_of(result: Result, messages: list[Message]) -> Report:
    """The figures of a run, and what is wrong with them."""
    outcomes = result.outcomes
    money = _money(outcomes)
    ours = {outcome.order["order_id"] for outcome in outcomes}
    sent = [each for each in messages if each.order_id in ours and each.status == "sent"]
    return Report(
        orders=len(outcomes),
        by_form=dict(Counter(str(outcome.sale.form) for outcome in outcomes)),
        by_currency=dict(Counter(outcome.sale.currency for outcome in outcomes)),
        by_state=_states(outcomes),
        episodes=_episodes(result),
        parcels=_parcels(outcomes),
        messages=_by_kind(sent),
        repeated_messages=result.repeated_messages,
        stock=[asdict(row) | {"adds_up": row.adds_up} for row in result.stock],
        money=[asdict(row) | {"balances": row.balances} for row in money],
        after_sale=_after_sale(result),
        third_act=_third_act(result),
        fourth_act=_fourth_act(result),
        heard=result.heard,
        explanation=result.explanation,
        seconds=_seconds([outcome for outcome in outcomes if outcome.plain]),
        dead_letters=result.dead_letters,
        webhooks=dict(result.tally),
        repeated_calls={str(status): count for status, count in result.repeated_calls.items()},
        workers_killed=result.killed,
        duration=round(result.duration, 1),
        wrong=_wrong(result, money),
    )


def _wrong(result: Result, money: list[MoneyRow]) -> list[str]:
    found = [*result.troubles, *(each for outcome in result.outcomes for each in outcome.differences)]
    found += [f"stock of {row.sku} does not add up: {row}" for row in result.stock if not row.adds_up]
    found += [f"{row.sku}: {row.committed} units are still committed" for row in result.stock if row.committed]
    found += [f"{row.currency}: the money does not balance: {row}" for row in money if not row.balances]
    found += [f"{count} messages lie in {queue}" for queue, count in result.dead_letters.items() if count]
    if result.repeated_messages and not result.killed:
        found.append(f"{result.repeated_messages} messages went out twice")
    return found


def _states(outcomes: list[Outcome]) -> dict[str, dict[str, int]]:
    should = Counter(outcome.end.status for outcome in outcomes)
    are = Counter(str(outcome.order["status"]) for outcome in outcomes)
    return {state: {"should": should[state], "are": are[state]} for state in sorted(should | are)}


def _episodes(result: Result) -> list[dict[str, Any]]:
    by_number = {outcome.sale.number: outcome for outcome in result.outcomes}
    found: dict[str, dict[str, Any]] = {}
    for episode in result.episodes:
        row = found.setdefault(episode.name, {"name": episode.name, "orders": 0, "as_declared": 0})
        for sale in episode.sales:
            row["orders"] += 1
            outcome = by_number.get(sale.number)
            row["as_declared"] += bool(outcome and not outcome.differences)
    return list(found.values())


def _after_sale(result: Result) -> list[dict[str, Any]]:
    by_number = {outcome.sale.number: outcome for outcome in result.outcomes}
    return [
        {
            "episode": episode.name,
            "what": episode.what,
            "order": outcome.order["number"],
            "currency": sale.currency,
            "sold": outcome.sold,
            "charged": outcome.charged,
            "refunded": outcome.refunded,
            "moved": outcome.moved,
            "lost": outcome.lost,
            "left": outcome.left,
            "ended": outcome.order["status"],
            "as_declared": not outcome.differences,
        }
        for episode in result.episodes
        if episode.what
        for sale in episode.sales
        if (outcome := by_number.get(sale.number)) is not None
    ]


def _third_act(result: Result) -> list[dict[str, Any]]:
    by_number = {outcome.sale.number: outcome for outcome in result.outcomes}
    return [
        {
            "episode": episode.name,
            "scene": episode.scene,
            "order": outcome.order["number"],
            "units": sum(item.quantity for item in sale.items),
            "sent_from": _places(outcome),
            "promised": outcome.order["expected_delivery"],
            "ended": outcome.order["status"],
            "as_declared": not outcome.differences,
        }
        for episode in result.episodes
        if episode.scene
        for sale in episode.sales
        if (outcome := by_number.get(sale.number)) is not None
    ]


def _fourth_act(result: Result) -> list[dict[str, Any]]:
    by_number = {outcome.sale.number: outcome for outcome in result.outcomes}
    return [
        {
            "episode": episode.name,
            "came": episode.came,
            "order": outcome.order["number"],
            "channel": str(sale.form),
            "carriers": sorted({parcel["carrier"] for parcel in outcome.order["parcels"]}),
            "parcels": len(outcome.order["parcels"]),
            "told": result.told.get(outcome.order["order_id"], 0),
            "ended": outcome.order["status"],
            "as_declared": not outcome.differences,
        }
        for episode in result.episodes
        if episode.came
        for sale in episode.sales
        if (outcome := by_number.get(sale.number)) is not None
    ]


def _places(outcome: Outcome) -> list[str]:
    """The locations that have sent something of an order, or handed it over."""
    shares = outcome.order["fulfillment_orders"]
    return [each["location_id"] for each in shares if each["status"] == "delivered"]


def _parcels(outcomes: list[Outcome]) -> dict[str, int]:
    parcels = [parcel for outcome in outcomes for parcel in outcome.order["parcels"]]
    places = Counter(
        share["location_id"]
        for outcome in outcomes
        for share in outcome.order["fulfillment_orders"]
        if share["parcel_ids"]
    )
    return {
        "shipped": sum(bool(parcel["shipped_at"]) for parcel in parcels),
        "delivered": sum(bool(parcel["delivered_at"]) for parcel in parcels),
        "scans": sum(len(parcel["scans"]) for parcel in parcels),
        **{f"from {place}": count for place, count in sorted(places.items())},
    }


def _by_kind(sent: list[Message]) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {}
    for each in sent:
        languages = found.setdefault(each.medium, {}).setdefault(each.kind, {})
        languages[each.language[:2]] = languages.get(each.language[:2], 0) + 1
    return found


def _money(outcomes: list[Outcome]) -> list[MoneyRow]:
    return [
        MoneyRow(
            currency=currency,
            orders=len(mine),
            charged=sum(outcome.charged - outcome.moved for outcome in mine),
            refunded=sum(outcome.refunded for outcome in mine),
            lost=sum(outcome.lost for outcome in mine),
            units=sum(outcome.units_kept for outcome in mine),
            charges=sum(outcome.charges_kept for outcome in mine),
        )
        for currency in sorted({outcome.sale.currency for outcome in outcomes})
        for mine in [[outcome for outcome in outcomes if outcome.sale.currency == currency]]
    ]


def _seconds(outcomes: list[Outcome]) -> dict[str, dict[str, float]]:
    found = {}
    for milestone in MILESTONES:
        values = [outcome.times[milestone] for outcome in outcomes if milestone in outcome.times]
        median, p90 = median_and_p90(values)
        found[milestone] = {"orders": len(values), "median": round(median, 2), "p90": round(p90, 2)}
    return found
