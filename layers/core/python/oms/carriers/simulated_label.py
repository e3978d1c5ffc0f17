"""The simulated carrier's label: 100 by 150 mm, as thermal printers take it."""

from __future__ import annotations

from functools import lru_cache

from oms.carriers.protocol import Shipment
from oms.orders.contact import Address, address_lines
from oms.paper import Paper

WIDTH, HEIGHT = 100.0, 150.0
MARGIN = 5.0
INNER = WIDTH - 2 * MARGIN


@lru_cache(maxsize=64)
def draw_label(shipment: Shipment, *, service: str, tracking_number: str) -> bytes:
    """The label as PDF: sender, recipient, service, and the tracking number as Code 128."""
    paper = Paper(width=WIDTH, height=HEIGHT, title=f"Label {tracking_number}")
    paper.page()
    paper.box(x=2, y=2, width=WIDTH - 4, height=HEIGHT - 4, weight=0.4)
    _service(paper, service)
    _sender(paper, Address(name=f"Order {shipment.reference}") if shipment.discreet else shipment.sender)
    _recipient(paper, shipment.recipient)
    _number(paper, tracking_number)
    _references(paper, shipment)
    return paper.content()


def _service(paper: Paper, service: str) -> None:
    paper.text("SIM PARCEL", x=MARGIN, y=5, size=15, bold=True)
    paper.text("simulated carrier", x=MARGIN, y=11.6, size=7, grey=True)
    paper.text(service.upper(), x=MARGIN, y=5.5, size=18, bold=True, align="R", width=INNER)
    paper.rule(x=2, y=16.5, width=WIDTH - 4, weight=0.4)


def _sender(paper: Paper, sender: Address) -> None:
    y = paper.text("From", x=MARGIN, y=18, size=6.5, grey=True)
    for line in address_lines(sender)[:5]:
        y = paper.text(line, x=MARGIN, y=y, size=7.5, width=INNER)
    paper.rule(x=2, y=39.5, width=WIDTH - 4, weight=0.4)


def _recipient(paper: Paper, recipient: Address) -> None:
    y = paper.text("To", x=MARGIN, y=41, size=6.5, grey=True)
    first, *others = address_lines(recipient, country=False) or [""]
    y = paper.text(first, x=MARGIN, y=y, size=13, bold=True, width=INNER, lines=1 + (len(others) < 4)) + 0.6  # noqa: PLR2004
    for line in others:
        y = paper.text(line, x=MARGIN, y=y, size=10.5, width=INNER, lines=1 + (len(others) < 4))  # noqa: PLR2004
    if recipient.phone:
        paper.text(recipient.phone, x=MARGIN, y=81, size=8, width=INNER / 2)
    paper.rule(x=2, y=87, width=WIDTH - 4, weight=0.4)
    _route(paper, recipient)


def _route(paper: Paper, recipient: Address) -> None:
    """Where it goes in large letters, for those who sort by hand."""
    paper.box(x=WIDTH - 36, y=75, width=34, height=12, weight=0.4)
    code = f"{recipient.country} {recipient.postal_code}".strip()
    paper.text(code, x=WIDTH - 35, y=77.6, size=15 if len(code) < 12 else 9, bold=True, align="C", width=32)  # noqa: PLR2004


def _number(paper: Paper, tracking_number: str) -> None:
    paper.barcode(tracking_number, x=MARGIN, y=91, width=INNER, height=30)
    grouped = " ".join([tracking_number[:3], *(tracking_number[at : at + 3] for at in range(3, 21, 3))])
    paper.text(grouped, x=MARGIN, y=122, size=12, bold=True, align="C", width=INNER)
    paper.rule(x=2, y=130, width=WIDTH - 4, weight=0.4)


def _references(paper: Paper, shipment: Shipment) -> None:
    for y, name, value in ((132.0, "Order", shipment.reference), (137.5, "Parcel", shipment.parcel_id)):
        paper.text(name, x=MARGIN, y=y + 0.4, size=6.5, grey=True)
        paper.text(value, x=MARGIN + 12, y=y, size=8, width=INNER - 12)
    paper.text("Not valid for carriage", x=MARGIN, y=143, size=6.5, grey=True, align="R", width=INNER)
