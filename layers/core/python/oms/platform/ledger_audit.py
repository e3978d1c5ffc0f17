"""The audit: each night every level of the stock table is compared with the sum of its ledger.

The clock calls it every few minutes. After `BEGINS` the first call begins anew; each goes on where the one before
stopped and works until its time is up; the rest of the day's calls find that it is done, and only say again how many
differences there are, so that the alarm stands. What was proved stands as a checkpoint beside the ledger: a night reads
only the entries of the day. What does not add up is told each night until it does.

    account `#audit`, version 0             the audit of this night: how far it is and what it found
    account `#audit`, version <yyyymmdd>    the audits of other nights, when they were done
    account `#accepted`, version <moment>   differences that somebody took for known
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from oms.clock import from_text, to_text
from oms.errors import NotFound
from oms.inventory.ledger import Audit, Balance, Checkpoint, Difference, LedgerEntry, Proof, prove
from oms.orders.log import Caller
from oms.platform.aws import client
from oms.platform.batch_read import read_items
from oms.platform.config import settings
from oms.platform.ledger import account_of, entries, entry_of, numbers, put_all, units_of
from oms.platform.observability import Metric, flush, gauge, logger
from oms.platform.stock_items import bucket_key, number_in, owner
from oms.stock.buckets import MAX_BUCKETS

AUDIT, ACCEPTED = "#audit", "#accepted"

BEGINS = timedelta(hours=1)
"""After midnight (UTC), when the day's writes are out of the stream."""

PAGE = 250
"""Items of the stock table that are proved together, and after which the place is written down."""

LEFT = 10_000
"""Milliseconds of a call that must be left for one more part."""

FEW = 4
"""Entries of a level that are read by their keys, together with those of others; of more, a query costs less."""

TOLD = 100
"""Differences that a report has at most; the log has all of them."""


def last() -> Audit | None:
    """The audit of the last night, or the one that is under way."""
    item = (
        client("dynamodb")
        .get_item(TableName=settings().ledger_table, Key=_key(AUDIT, 0), ConsistentRead=True)
        .get("Item")
    )
    return _read(item["body"]["S"]) if item else None


def audit(now: datetime, in_time: Callable[[], bool]) -> Audit:
    """Begin today's audit or go on with it, while `in_time`; when it is done already, nothing is read."""
    day = (now - BEGINS).strftime("%Y%m%d")
    known = last()
    if known is None or known.day != day:
        # A night that did not get through is over: its report says so by having no end.
        before = 0 if known is None else known.found if known.finished_at else max(known.found, known.before)
        known = Audit(day=day, started_at=to_text(now), before=before)
    done = bool(known.finished_at)
    while not known.finished_at and in_time():
        known = _part(known, now)
        _keep(known, 0)
    if known.finished_at and not done:
        _keep(known, int(day))
    gauge(Metric.STOCK_DIFFERENCES, known.found if known.finished_at else max(known.found, known.before))
    flush()
    return known


def _part(known: Audit, now: datetime) -> Audit:
    scan: dict[str, Any] = {
        "TableName": settings().stock_table,
        "FilterExpression": "attribute_exists(on_hand)",
        "Limit": PAGE,
    }
    if known.place:
        scan["ExclusiveStartKey"] = json.loads(known.place)
    answer = client("dynamodb").scan(**scan)
    proofs = prove_all([_balance(item) for item in answer["Items"]], now)
    differences = [each for proof in proofs for each in proof.differences]
    for each in differences:
        logger().error(
            "stock_difference", extra={"account": each.account, "problem": each.problem, "detail": each.detail}
        )
    place = answer.get("LastEvaluatedKey")
    return replace(
        known,
        levels=known.levels + len(proofs),
        behind=known.behind + sum(proof.behind for proof in proofs),
        found=known.found + len(differences),
        differences=(*known.differences, *differences)[:TOLD],
        place=json.dumps(place) if place else "",
        finished_at="" if place else to_text(now),
    )


def accept(sku: str, location_id: str, note: str, caller: Caller) -> list[Difference]:
    """Take what does not add up for known, and prove the level from where it is now on; returns what was accepted.

    The ledger keeps its gap: nothing is made up. Who accepted what, and why, is kept for good.

    Raises:
        NotFound: there is no such level.
    """
    now = caller.clock()
    keys = [bucket_key(sku, location_id, number) for number in range(MAX_BUCKETS)]
    items = [item for item in read_items(settings().stock_table, keys) if "on_hand" in item]
    if not items:
        raise NotFound(f"there is no stock of {sku} at {location_id}")
    accepted: list[Difference] = []
    for balance in map(_balance, items):
        (proof,) = prove_all([balance], now)
        if proof.differences:
            accepted += proof.differences
            agreed = _checkpoint(balance.account, Checkpoint(version=balance.version, balance=balance.units), now)
            client("dynamodb").put_item(TableName=settings().ledger_table, Item=agreed)
    if accepted:
        told = {
            "account": f"{sku}#{location_id}",
            "by": caller.actor,
            "at": to_text(now),
            "note": note,
            "differences": [asdict(each) for each in accepted],
        }
        logger().warning("stock_difference_accepted", extra=told)
        client("dynamodb").put_item(
            TableName=settings().ledger_table,
            Item={**_key(ACCEPTED, int(now.timestamp() * 1_000_000)), "body": {"S": json.dumps(told)}},
        )
    return accepted


def prove_all(balances: Sequence[Balance], now: datetime) -> list[Proof]:
    """Prove these accounts from their checkpoints on, and write down how far each is proved now."""
    keys = [_key(each.account, 0) for each in balances]
    known = {
        item["account"]["S"]: Checkpoint(version=number_in(item, "checked"), balance=numbers(item["balance"]))
        for item in read_items(settings().ledger_table, keys)
    }
    before = {each.account: known.get(each.account, Checkpoint()) for each in balances}
    news = _news(balances, before)
    proofs = [prove(each, before[each.account], news[each.account], now) for each in balances]
    further = [
        _checkpoint(balance.account, proof.checkpoint, now)
        for balance, proof in zip(balances, proofs, strict=True)
        if proof.checkpoint.version > before[balance.account].version
    ]
    # One by one where there is one: who accepts a difference may not write in batches.
    if len(further) == 1:
        client("dynamodb").put_item(TableName=settings().ledger_table, Item=further[0])
    else:
        put_all(further)
    return proofs


def _news(balances: Sequence[Balance], before: Mapping[str, Checkpoint]) -> Mapping[str, Iterable[LedgerEntry]]:
    """The entries of each account after its checkpoint: of few their keys are known, and a call reads a hundred."""
    ranges = {each.account: range(before[each.account].version + 1, each.version + 1) for each in balances}
    keys = [
        _key(account, version) for account, versions in ranges.items() if len(versions) <= FEW for version in versions
    ]
    found: dict[str, list[LedgerEntry]] = {account: [] for account in ranges}
    for entry in sorted(map(entry_of, read_items(settings().ledger_table, keys)), key=lambda each: each.version):
        found[entry.account].append(entry)
    return {
        account: found[account] if len(versions) <= FEW else entries(account, versions.start - 1, versions.stop - 1)
        for account, versions in ranges.items()
    }


def _checkpoint(account: str, proved: Checkpoint, now: datetime) -> dict[str, Any]:
    return {
        **_key(account, 0),
        "checked": {"N": str(proved.version)},
        "balance": {"M": {name: {"N": str(units)} for name, units in proved.balance.items()}},
        "at": {"S": to_text(now)},
    }


def _balance(item: Any) -> Balance:
    return Balance(
        account=account_of(*owner(item)),
        version=number_in(item, "version"),
        units=units_of(item),
        moved_at=from_text(item["last"]["M"]["at"]["S"]),
    )


def _keep(known: Audit, version: int) -> None:
    client("dynamodb").put_item(
        TableName=settings().ledger_table,
        Item={**_key(AUDIT, version), "body": {"S": json.dumps(asdict(known))}},
    )


def _read(body: str) -> Audit:
    known = json.loads(body)
    return Audit(**{**known, "differences": tuple(Difference(**each) for each in known["differences"])})


def _key(account: str, version: int) -> dict[str, Any]:
    return {"account": {"S": account}, "version": {"N": str(version)}}
