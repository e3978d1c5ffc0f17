"""The report of a run: figures that are computed once, for the tables and for the JSON file."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from infra.demo.outcome import Outcome, median_and_p90
from infra.demo.post import Message
from infra.demo.run import Result
from oms.money import Money

MILESTONES = ("confirmed", "shipped", "delivered")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyRow:
    """All orders of one currency, in minor units: what was charged, and what left the house is worth."""

    currency: str
    orders: int
    charged: int
    shipped: int

    def text(self, amount: int) -> str:
        """An amount in major units."""
        return f"{Money(amount, self.currency).decimal:,f}"


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
        money=[asdict(row) for row in money],
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
    found += [f"{row.currency}: charged and shipped differ" for row in money if row.charged != row.shipped]
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
            charged=sum(outcome.order["payment"]["charged_amount"]["amount"] for outcome in mine),
            shipped=sum(outcome.value_shipped for outcome in mine),
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
