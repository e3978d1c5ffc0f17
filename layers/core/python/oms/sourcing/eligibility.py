"""Which rule an order is sourced by, and which locations may give what: the first two layers of the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from oms.sourcing.facts import OrderFacts
from oms.sourcing.rates import begins
from oms.sourcing.rules import STANDARD, Applies, Places, SourcingRule
from oms.sourcing.sites import Barred, Site

MILLION = 1_000_000


def rule_for(order: OrderFacts, rules: Iterable[SourcingRule]) -> SourcingRule:
    """The rule of the lowest priority number, then of the first id, among those that apply; else that of the house."""
    ordered = sorted(rules, key=lambda rule: (rule.priority, rule.rule_id))
    return next((rule for rule in ordered if rule.active and applies(order, rule)), STANDARD)


def applies(order: OrderFacts, rule: SourcingRule) -> bool:
    """Whether an order meets every field that is set in the first layer of a rule."""
    asked = rule.applies
    return (
        (not asked.channels or order.channel_id in asked.channels)
        and (not asked.countries or order.country in asked.countries)
        and (not asked.postal_prefixes or begins(order.postal_code, asked.postal_prefixes))
        and (not asked.services or _folded([order.service]) <= _folded(asked.services))
        and (not asked.tags or bool(_folded(order.tags) & _folded(asked.tags)))
        and _of_goods(order, asked)
        and _of_value(order, rule)
    )


def in_currency(amount: int, currency: str, rule: SourcingRule) -> int | None:
    """An amount in minor units of the rule's currency, rounded to the nearest; None when the rule cannot tell."""
    if not rule.currency or not currency or currency == rule.currency:
        return amount
    rate = rule.exchange.get(currency)
    return None if rate is None else (amount * rate + MILLION // 2) // MILLION


def bars(order: OrderFacts, skus: Iterable[str], sites: Iterable[Site], rule: SourcingRule, pinned: str) -> Barred:
    """Who may not give what, by the set-up of locations and products and the second layer of the rule.

    `pinned` is the one location that the order is to come from, whatever the rule says; empty when there is none.
    """
    skus = list(skus)
    barred: dict[tuple[str, str], str] = {}
    for site in sites:
        if pinned or site.location_id == order.fetched_at:
            why = _not_pinned(site, pinned) if pinned else ""
        else:
            why = _unfit(site, order) or _not_meant(site, rule)
        if why:
            barred[site.location_id, ""] = why
            continue
        for sku in skus:
            if missing := [each for each in order.of(sku).requires if each not in site.abilities]:
                barred[site.location_id, sku] = f"cannot handle {' and '.join(missing)}"
    return barred


def tiers(sites: Sequence[Site], rule: SourcingRule, full: Iterable[str] = ()) -> list[frozenset[str]]:
    """The locations to try first, then those with further ones, and so on: the groups of the rule in their order.

    Those that have no room left today come last of all.
    """
    late = set(full)
    groups = rule.places.groups
    wanted = groups or ("",)
    found: list[frozenset[str]] = []
    reached: set[str] = set()
    for group in wanted:
        reached |= {site.location_id for site in sites if not group or belongs(site, group)}
        found.append(frozenset(reached - late))
    if reached & late:
        found.append(frozenset(reached))
    return list(dict.fromkeys(found))


def belongs(site: Site, name: str) -> bool:
    """Whether a location is meant by a name: its id, or one of its groups."""
    return name == site.location_id or name in site.groups


def _not_pinned(site: Site, pinned: str) -> str:
    return "" if site.location_id == pinned else f"the order is to come from {pinned}"


def _unfit(site: Site, order: OrderFacts) -> str:
    if not site.ships:
        return "sends no parcels"
    if site.markets and order.country not in site.markets:
        return f"does not ship to {order.country or 'an unknown country'}"
    if site.services and order.service and order.service.casefold() not in _folded(site.services):
        return f"does not offer {order.service}"
    return ""


def _not_meant(site: Site, rule: SourcingRule) -> str:
    places = rule.places
    if any(belongs(site, name) for name in places.exclude):
        return f"excluded by rule {rule.rule_id}"
    if places.kinds and site.kind not in places.kinds:
        return f"rule {rule.rule_id} takes {' and '.join(f'{kind.value}s' for kind in places.kinds)} only"
    if places.groups and not any(belongs(site, group) for group in places.groups):
        return f"in none of the groups of rule {rule.rule_id}"
    return _lacks(site, places, rule)


def _lacks(site: Site, places: Places, rule: SourcingRule) -> str:
    missing = [each for each in places.requires if each not in site.abilities]
    return f"cannot handle {' and '.join(missing)}, which rule {rule.rule_id} asks for" if missing else ""


def _of_goods(order: OrderFacts, asked: Applies) -> bool:
    if not asked.skus and not asked.categories:
        return True
    categories = _folded(asked.categories)
    return any(sku in asked.skus or goods.category.casefold() in categories for sku, goods in order.goods.items())


def _of_value(order: OrderFacts, rule: SourcingRule) -> bool:
    asked = rule.applies
    if asked.min_value is None and asked.max_value is None:
        return True
    value = in_currency(order.value, order.currency, rule)
    if value is None:
        return False
    return (asked.min_value is None or value >= asked.min_value) and (
        asked.max_value is None or value <= asked.max_value
    )


def _folded(names: Iterable[str]) -> set[str]:
    return {each.casefold() for each in names}
