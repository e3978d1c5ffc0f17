"""The stock ledger: every movement of every level with its balance, and the proof that they add up.

Each write of a level raises its version by one, so the ledger of a level has an entry for each version and no gap. A
hot level is held in several buckets, each with a version of its own: each is an account of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

Units = Mapping[str, int]
"""Units by what counts them: `on_hand`, `available`, `committed`, `incoming`, `unavailable_<reason>`."""

APART = frozenset({"on_hand", "incoming"})
"""`on_hand` is the sum of all others but `incoming`, which is not there yet."""

PATIENCE = timedelta(hours=1)
"""How long an entry may take to come out of the stream before its absence is a difference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One movement of an account: what changed, what it was then, and who did it and why."""

    account: str
    version: int
    sku: str
    location_id: str
    bucket: int = 0
    at: str
    reason: str
    reference: str
    cause: str
    actor: str
    changes: Units = field(default_factory=dict)
    balance: Units = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """How far an account was proved: its entries up to `version` add up to `balance`."""

    version: int = 0
    balance: Units = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account as the stock table has it."""

    account: str
    version: int
    units: Units
    moved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that does not add up, in words, with the account that it is about."""

    account: str
    problem: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What became of the proof of an account: how far it holds, and what does not add up."""

    checkpoint: Checkpoint
    differences: tuple[Difference, ...] = ()
    behind: bool = False
    """The newest entries are still on their way out of the stream."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """How far an audit is, and what it found."""

    day: str
    started_at: str
    finished_at: str = ""
    levels: int = 0
    """Levels and buckets that were looked at."""
    behind: int = 0
    """Of these, those whose newest movements were still on their way to the ledger."""
    found: int = 0
    before: int = 0
    """What the audit before it found: it stands until this one is through."""
    differences: tuple[Difference, ...] = ()
    place: str = ""
    """Where to go on; empty at the beginning and at the end."""


def changes(before: Units, after: Units) -> dict[str, int]:
    """What changed between two balances; what did not is left out."""
    return {
        name: delta for name in dict.fromkeys((*before, *after)) if (delta := after.get(name, 0) - before.get(name, 0))
    }


def prove(balance: Balance, known: Checkpoint, entries: Iterable[LedgerEntry], now: datetime) -> Proof:
    """Add the entries after `known` up and compare them with the balance.

    `entries` are those with versions after the checkpoint's up to the balance's, in their order.
    """
    wrong = []
    if sum(units for name, units in balance.units.items() if name not in APART) != balance.units.get("on_hand", 0):
        wrong.append(_difference(balance, "level", "on_hand is not the sum of its parts", balance.units))
    reached, total, missing = known.version, dict(known.balance), list[int]()
    for entry in entries:
        if gap := list(range(reached + 1, entry.version)):
            missing += gap
            # Go on from where the books are after the gap: what is missing is told once.
            total = changes(entry.changes, entry.balance)
        total = _sum(total, entry.changes)
        if changes(total, entry.balance):
            wrong.append(_difference(balance, "entry", f"entry {entry.version} does not follow", entry.balance, total))
            total = dict(entry.balance)
        reached = entry.version
    tail = list(range(reached + 1, balance.version + 1))
    if tail and now - balance.moved_at < PATIENCE and not missing:
        return Proof(
            checkpoint=known if wrong else Checkpoint(version=reached, balance=_plain(total)),
            differences=tuple(wrong),
            behind=True,
        )
    missing += tail
    if missing:
        told = ", ".join(map(str, missing[:10])) + (" and more" if len(missing) > 10 else "")  # noqa: PLR2004 - a line of them
        wrong.append(Difference(account=balance.account, problem="missing", detail=f"no entries of versions {told}"))
    elif changes(total, balance.units):
        wrong.append(_difference(balance, "sum", "the entries do not add up to the level", balance.units, total))
    if wrong:
        return Proof(checkpoint=known, differences=tuple(wrong))
    return Proof(checkpoint=Checkpoint(version=reached, balance=_plain(total)))


def _sum(one: Units, other: Units) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in dict.fromkeys((*one, *other))}


def _plain(units: Units) -> dict[str, int]:
    return {name: count for name, count in units.items() if count}


def _difference(balance: Balance, problem: str, text: str, is_now: Units, should_be: Units | None = None) -> Difference:
    told = f"{text}: {_told(is_now)}"
    if should_be is not None:
        told += f", by the entries {_told(should_be)}"
    return Difference(account=balance.account, problem=problem, detail=told)


def _told(units: Units) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(units.items()) if count) or "nothing"
