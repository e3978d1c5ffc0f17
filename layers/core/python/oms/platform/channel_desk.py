"""What a merchant sees of channels that are read: the work that they make for people, and comparisons with us."""

from __future__ import annotations

from oms.channels.work_forms import Compare
from oms.channels.work_shapes import ComparisonResource, WorkPage, WorkResource
from oms.clock import now, to_text
from oms.errors import InvalidInput
from oms.ids import derived
from oms.platform import channel_work, reconciliation_table, reconciling, setup
from oms.platform.channel_work import Work
from oms.platform.reconciliation_table import Run

STATES = ("open", "closed")


def work_page(channel_id: str, *, state: str, limit: int, cursor: str) -> WorkPage:
    """A page of a channel's open or closed work.

    Raises:
        NotFound: there is no such channel.
        InvalidInput: the state, limit or cursor is none.
    """
    setup.channel(channel_id)
    if state not in STATES:
        raise InvalidInput(f"one of {', '.join(STATES)}", path="state")
    found, following = channel_work.listed(channel_id, closed=state == "closed", limit=limit, cursor=cursor)
    return {"work": [work_resource(each) for each in found], "cursor": following}


def close_work(channel_id: str, work_id: str, *, by: str) -> WorkResource:
    """Close a piece of work.

    Raises:
        NotFound: there is none.
    """
    return work_resource(channel_work.close(channel_id, work_id, now(), by=by))


def compare(channel_id: str, wish: Compare, cause: str) -> ComparisonResource:
    """Have a channel compared with us; the same wish (`cause`) again is the same comparison.

    Raises:
        NotFound: there is no such channel.
        Conflict: it cannot be asked what it has.
        InvalidInput: the time is not over yet.
    """
    if wish.until > now():
        raise InvalidInput("in the future", path="to")
    return comparison_resource(reconciling.ask(channel_id, derived(cause, length=16), wish.since, wish.until))


def comparison(channel_id: str, run_id: str) -> ComparisonResource:
    """A comparison as it stands.

    Raises:
        NotFound: there is none of this id, or no more.
    """
    return comparison_resource(reconciliation_table.read(channel_id, run_id))


def comparison_resource(run: Run) -> ComparisonResource:
    """A comparison as the API shows it."""
    return {
        "run_id": run.run_id,
        "channel_id": run.channel_id,
        "since": to_text(run.since),
        "until": to_text(run.until),
        "state": run.stage.value,
        "started_at": to_text(run.started_at),
        "finished_at": to_text(run.finished_at) if run.finished_at else None,
        "found": {
            "listed": run.counts.get("listed", 0),
            "missed": run.counts.get("missed", 0),
            "differing": run.counts.get("differing", 0),
            "missing_there": run.counts.get("missing_there", 0),
        },
    }


def work_resource(one: Work) -> WorkResource:
    """A piece of work as the API shows it."""
    return {
        "work_id": one.work_id,
        "channel_id": one.channel_id,
        "kind": one.kind,
        "external_id": one.external_id,
        "problem": one.problem,
        "since": one.since,
        "last_at": one.last_at,
        "times": one.times,
        "closed_at": one.closed_at or None,
        "closed_by": one.closed_by or None,
    }
