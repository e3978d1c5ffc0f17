"""The packing slip of a fulfillment order: A4, for the picker's hand and the customer's parcel. Never any money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from oms.fulfillment.headings import Headings, headings, write_date, write_size, write_weight
from oms.orders.contact import Address, address_lines
from oms.orders.events import UnitState
from oms.orders.order import FulfillmentOrder, Order, Parcel
from oms.paper import Paper, line_height
from oms.setup import Channel, Location

WIDTH, HEIGHT = 210.0, 297.0
LEFT, RIGHT = 20.0, 190.0
INNER = RIGHT - LEFT
BOTTOM = 280.0
"""Where the table ends and the foot begins."""

FIRST_TABLE, NEXT_TABLE = 98.0, 30.0
"""Where the table begins on the first page, and on those after it."""

TEXT = 9.0
PADDING = 1.6
COLUMNS = {"picked": 20.0, "quantity": 40.0, "sku": 53.0, "item": 96.0}
"""Where each column begins, from the left edge of the page."""

TABLE_HEAD = line_height(8) + 2 * PADDING
PARCEL_ROW = line_height(TEXT) + 2 * PADDING
SUMS = 11.0

ROOMY = 4
"""Lines of an address up to which each may take two in the window, which has room for eight."""

ITEM_LINES = 3
"""Lines that a title may take; the rest is cut off."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of the table, broken into the lines that fit its columns."""

    quantity: int
    sku: Sequence[str]
    item: Sequence[str]
    component: bool = False
    """Whether it is what a kit is put together of: to be picked, and no article of its own."""

    @property
    def height(self) -> float:
        return max(len(self.sku), len(self.item), 1) * line_height(TEXT) + 2 * PADDING


@dataclass(slots=True)
class _Page:
    """What stands on one page: rows of the table, then parcels with their numbers."""

    rows: list[_Row] = field(default_factory=list)
    parcels: list[tuple[int, Parcel]] = field(default_factory=list)
    sums: bool = False
    """Whether the number of units stands here, after the last row."""


def packing_slip(order: Order, share: FulfillmentOrder, *, channel: Channel, location: Location) -> bytes:
    """The slip as PDF, in the customer's language: who sends what to whom, check boxes, and the id as Code 128.

    Cancelled units are left out. Under a kit stands what it is put together of. Lines and parcels run over as many
    pages as they need.
    """
    words = headings(order.placed.language or channel.default_language)
    paper = Paper(width=WIDTH, height=HEIGHT, title=f"{words.title} {order.placed.number}")
    rows = list(_rows(paper, order, share))
    pages = _paginate(rows, [order.parcels[each] for each in share.parcel_ids])
    for number, page in enumerate(pages, start=1):
        paper.page()
        if number == 1:
            _head(paper, order, share, words, channel, location)
        else:
            _short_head(paper, order, share, words)
        y = _table(paper, page.rows, words, FIRST_TABLE if number == 1 else NEXT_TABLE)
        if page.sums:
            units = f"{words.units}: {sum(row.quantity for row in rows if not row.component)}"
            paper.text(units, x=LEFT + 1, y=y + 2.5, size=TEXT, bold=True)
            y += SUMS
        _parcels(paper, page.parcels, len(share.parcel_ids), words, y)
        _foot(paper, share, words, number, len(pages))
    return paper.content()


def _rows(paper: Paper, order: Order, share: FulfillmentOrder) -> Iterator[_Row]:
    for line_id, counts in share.lines.items():
        quantity = sum(count for state, count in counts.items() if state is not UnitState.CANCELLED)
        if quantity:
            placed = order.lines[line_id].placed
            yield _Row(
                quantity,
                paper.wrap(placed.sku, width=COLUMNS["item"] - COLUMNS["sku"] - 3, size=TEXT, lines=ITEM_LINES),
                paper.wrap(placed.title, width=RIGHT - COLUMNS["item"], size=TEXT, lines=ITEM_LINES),
            )
            for each in order.kits.get(placed.sku, ()):
                named = paper.wrap(f"› {each.sku}", width=RIGHT - COLUMNS["sku"], size=TEXT, lines=ITEM_LINES)
                yield _Row(quantity * each.quantity, named, (), component=True)


def _paginate(rows: Sequence[_Row], parcels: Sequence[Parcel]) -> list[_Page]:
    """What stands on which page; each table has its head anew on each of its pages."""
    pages = [_Page()]
    y = FIRST_TABLE + TABLE_HEAD

    def need(height: float) -> None:
        nonlocal y
        if y + height > BOTTOM:
            pages.append(_Page())
            y = NEXT_TABLE + TABLE_HEAD
        y += height

    for row in rows:
        need(row.height)
        pages[-1].rows.append(row)
    need(SUMS)
    pages[-1].sums = True
    need(TABLE_HEAD if parcels else 0)
    for number, parcel in enumerate(parcels, start=1):
        need(PARCEL_ROW)
        pages[-1].parcels.append((number, parcel))
    return pages


def _head(
    paper: Paper, order: Order, share: FulfillmentOrder, words: Headings, channel: Channel, location: Location
) -> None:
    paper.text(channel.name, x=LEFT, y=13, size=17, bold=True, width=80)
    paper.text(words.title, x=LEFT, y=22, size=12, grey=True, width=80)
    paper.barcode(share.fulfillment_order_id, x=102, y=12, width=91, height=15)
    paper.text(share.fulfillment_order_id, x=102, y=27.8, size=8, align="C", width=91)
    sender = replace(location.address, name=channel.name, company=location.name)
    paper.text(" · ".join(address_lines(sender)), x=LEFT, y=46, size=6.5, grey=True, width=85)
    paper.rule(x=LEFT, y=49.6, width=85, weight=0.1)
    _address(paper, order, share, words)
    _facts(paper, order, share, words, sender)


def _address(paper: Paper, order: Order, share: FulfillmentOrder, words: Headings) -> None:
    """The recipient where the window of an envelope is (DIN 5008, form B); of what is fetched the name alone."""
    contact = order.contact
    address = contact.shipping if contact else None
    y = 52.0
    lines = address_lines(address or Address())
    if share.pickup is not None:
        lines = [words.pickup, *([contact.name] if contact and contact.name else [])]
    for line in lines:
        y = paper.text(line, x=LEFT, y=y, size=11, width=85, lines=2 if len(lines) <= ROOMY else 1)


def _facts(paper: Paper, order: Order, share: FulfillmentOrder, words: Headings, sender: Address) -> None:
    facts = {
        words.order: [order.placed.number],
        words.date_name: [write_date(order.placed.placed_at, words)],
        words.location: address_lines(replace(sender, name="")),
        words.parcels: [str(len(share.parcel_ids))] if share.parcel_ids else [],
    }
    y = 46.0
    for name, values in facts.items():
        for value in values[:5]:
            if value is values[0]:
                paper.text(name, x=120, y=y, size=8, grey=True, width=30)
            y = paper.text(value, x=150, y=y, size=9, width=RIGHT - 150, bold=name == words.order)
        y += 1.2 if values else 0


def _short_head(paper: Paper, order: Order, share: FulfillmentOrder, words: Headings) -> None:
    paper.text(f"{words.title} · {words.order} {order.placed.number}", x=LEFT, y=14, size=10, bold=True, width=75)
    paper.barcode(share.fulfillment_order_id, x=102, y=11, width=91, height=10)
    paper.text(share.fulfillment_order_id, x=102, y=21.4, size=7, align="C", width=91)


def _table(paper: Paper, rows: Sequence[_Row], words: Headings, y: float) -> float:
    """Draw the rows of one page, and return where they end."""
    if not rows:
        return y
    paper.band(x=LEFT, y=y, width=INNER, height=TABLE_HEAD, shade=232)
    for name, text in (("picked", words.picked), ("sku", words.sku), ("item", words.item)):
        indent = 1 if name == "picked" else 0
        paper.text(text, x=COLUMNS[name] + indent, y=y + PADDING, size=8, bold=True)
    paper.text(words.quantity, x=COLUMNS["quantity"], y=y + PADDING, size=8, bold=True, align="R", width=9)
    y += TABLE_HEAD
    for row in rows:
        _row(paper, row, y)
        y += row.height
        paper.rule(x=LEFT, y=y, width=INNER, weight=0.1)
    return y


def _row(paper: Paper, row: _Row, y: float) -> None:
    paper.box(x=COLUMNS["picked"] + 1.5, y=y + PADDING, width=3.8, height=3.8)
    bold = not row.component
    paper.text(str(row.quantity), x=COLUMNS["quantity"], y=y + PADDING, size=TEXT, bold=bold, align="R", width=9)
    for name, lines in (("sku", row.sku), ("item", row.item)):
        paper.lines(lines, x=COLUMNS[name], y=y + PADDING, size=TEXT)


def _parcels(paper: Paper, parcels: Sequence[tuple[int, Parcel]], count: int, words: Headings, y: float) -> None:
    """The parcels that the units are in."""
    if not parcels:
        return
    columns = {words.parcel: 21.0, words.weight: 40.0, words.size: 68.0, words.tracking: 110.0}
    paper.band(x=LEFT, y=y, width=INNER, height=TABLE_HEAD, shade=232)
    for name, x in columns.items():
        paper.text(name, x=x, y=y + PADDING, size=8, bold=True)
    y += TABLE_HEAD
    for number, parcel in parcels:
        packed, label = parcel.packed, parcel.label
        cells = (
            f"{number} / {count}",
            write_weight(packed.grams, words),
            write_size(packed.length, packed.width, packed.height),
            label.tracking_number if label else "–",
        )
        for x, cell in zip(columns.values(), cells, strict=True):
            paper.text(cell, x=x, y=y + PADDING, size=TEXT)
        y += PARCEL_ROW
        paper.rule(x=LEFT, y=y, width=INNER, weight=0.1)


def _foot(paper: Paper, share: FulfillmentOrder, words: Headings, number: int, count: int) -> None:
    paper.rule(x=LEFT, y=284, width=INNER, weight=0.1)
    paper.text(f"{words.fulfillment_order} {share.fulfillment_order_id}", x=LEFT, y=285.5, size=7.5, grey=True)
    paper.text(f"{words.page} {number}/{count}", x=LEFT, y=285.5, size=7.5, grey=True, align="R", width=INNER)
