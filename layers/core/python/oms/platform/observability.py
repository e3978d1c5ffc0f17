"""Logs, and the one list of metric names that code, dashboards and alarms share.

Log lines are JSON with keys; `order_id` stands on every line that concerns an order; personal data on none.
Metrics are written as EMF lines, which cost no call: CloudWatch reads them from the log.
"""

from __future__ import annotations

from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger, Metrics

NAMESPACE = "OMS"
"""CloudWatch namespace of all our metrics; their one dimension is `service`, the stage."""


class Metric(StrEnum):
    """Every metric that the system emits. The unit is Count unless the name ends in a unit."""

    ORDERS_CAPTURED = "OrdersCaptured"
    ORDERS_REPEATED = "OrdersRepeated"
    SIGNATURES_REFUSED = "SignaturesRefused"
    REQUESTS_REFUSED = "RequestsRefused"
    ORDERS_ASKED_IN_VAIN = "OrdersAskedInVain"
    """Times that a platform was asked for an order that a notice named, and did not give it."""
    CHANNEL_WORK_FILED = "ChannelWorkFiled"
    CHANNEL_LAG = "ChannelLagSeconds"
    """For how long the channel that is farthest behind has not been read."""
    EVENTS_PUBLISHED = "EventsPublished"
    ORDERS_CONFIRMED = "OrdersConfirmed"
    ORDERS_HELD = "OrdersHeld"
    REVENUE = "RevenueMinorUnits"
    """With the dimension `currency` beside: amounts of different currencies are never added."""
    UNITS_ALLOCATED = "UnitsAllocated"
    UNITS_BACKORDERED = "UnitsBackordered"
    UNITS_REJECTED = "UnitsRejected"
    PAYMENTS_DECLINED = "PaymentsDeclined"
    PAYMENTS_CAPTURED = "PaymentsCaptured"
    PARCELS_SHIPPED = "ParcelsShipped"
    PARCELS_DELIVERED = "ParcelsDelivered"
    TIME_TO_CONFIRM = "TimeToConfirmSeconds"
    TIME_TO_SHIP = "TimeToShipSeconds"
    TIME_TO_DELIVER = "TimeToDeliverSeconds"
    SCANS_PARKED = "ScansParked"
    PARCELS_ASKED = "ParcelsAsked"
    """Parcels that carriers were asked about."""
    LABELS_DOUBTFUL = "LabelsDoubtful"
    """Labels that may have been bought without anybody having them, and could not be found to be taken back."""
    MESSAGES_SENT = "MessagesSent"
    MESSAGES_SUPPRESSED = "MessagesSuppressed"
    MESSAGES_FAILED = "MessagesFailed"
    APPEND_CONFLICTS = "AppendConflicts"
    STOCK_DIFFERENCES = "StockDifferences"
    """Levels whose ledger does not add up to them, as the audit of the night found."""
    TIMERS_RUNG = "TimersRung"
    STOCK_ALERTS = "StockAlerts"
    """Times that somebody was told of low stock or oversupply."""
    WEBHOOKS_DELIVERED = "WebhooksDelivered"
    WEBHOOKS_FAILED = "WebhooksFailed"
    """Tries that did not succeed."""
    WEBHOOKS_DISABLED = "WebhooksDisabled"
    """Endpoints that were given up."""
    CHANNELS_TOLD = "ChannelsTold"
    """Things that channels' platforms were told of their orders."""
    CHANNELS_NOT_TOLD = "ChannelsNotTold"
    """Tries that did not succeed."""
    LEVELS_TOLD = "LevelsTold"
    """Levels of stock that channels' platforms were told."""
    OLDEST_UPDATE = "OldestUpdateSeconds"
    """For how long the oldest thing waits that a channel is to be told."""
    UPDATES_STUCK = "UpdatesStuck"
    """Orders of which a channel cannot be told until a person has looked."""
    CHANNELS_DOWN = "ChannelsDown"
    """Channels whose platforms do not answer and are only probed."""
    QUEUE_DEPTH = "QueueDepth"
    """Orders in a work queue, with the dimension `queue` beside."""
    QUEUE_AGE = "QueueAgeSeconds"
    """For how long the oldest order in a work queue waits, with the dimension `queue` beside."""
    OLDEST_WORK = "OldestWorkSeconds"
    """For how long the oldest order in any queue waits for a person."""


@cache
def logger() -> Logger:
    """The process's logger; `POWERTOOLS_SERVICE_NAME` names the stage."""
    from aws_lambda_powertools import Logger

    return Logger()


@cache
def metrics() -> Metrics:
    """The process's metrics; a handler flushes them at its end (see `flush`)."""
    from aws_lambda_powertools import Metrics

    return Metrics(namespace=NAMESPACE)


def count(metric: Metric, value: float = 1) -> None:
    """Add to a metric of this invocation."""
    from aws_lambda_powertools.metrics import MetricUnit

    unit = MetricUnit.Seconds if metric.endswith("Seconds") else MetricUnit.Count
    metrics().add_metric(name=metric.value, unit=unit, value=value)


def count_money(metric: Metric, amount: int, currency: str) -> None:
    """Add an amount of minor units to a metric, on a line of its own with the currency as dimension."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(name=metric.value, unit=MetricUnit.Count, value=amount, namespace=NAMESPACE) as line:
        line.add_dimension(name="service", value=metrics().service or "oms")
        line.add_dimension(name="currency", value=currency)


def gauge(metric: Metric, value: float, **dimensions: str) -> None:
    """Say how high something stands now, on a line of its own with its dimensions."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    unit = MetricUnit.Seconds if metric.endswith("Seconds") else MetricUnit.Count
    with single_metric(name=metric.value, unit=unit, value=value, namespace=NAMESPACE) as line:
        line.add_dimension(name="service", value=metrics().service or "oms")
        for name, text in dimensions.items():
            line.add_dimension(name=name, value=text)


def flush() -> None:
    """Write the metrics of this invocation, if any, as one EMF line."""
    if metrics().metric_set:  # Powertools warns about an empty line on each call that counts nothing
        metrics().flush_metrics()
