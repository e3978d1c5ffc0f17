"""What callers may change in an order over HTTP: the body of the request, and the request carried out or previewed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, model_validator

from oms.errors import FieldError, InvalidInput, VersionRequired
from oms.ids import MAX_SKU
from oms.orders.amending import Amendment, NewLine, NewShipping, Price, amend
from oms.orders.cancellation import Cancelled
from oms.orders.commands import Command, Name, Note
from oms.orders.contact import Address, Contact
from oms.orders.log import Caller, OrderLog, load
from oms.orders.order import Order
from oms.orders.preview import Effect, preview
from oms.orders.reasons import CancellationReason
from oms.orders.several import Step, carry_out, check_version
from oms.orders.sold import MAX_UNITS, Charge, ChargeKind, PriceMode, short

if TYPE_CHECKING:
    from oms.setup import Product

MAX_LINES = 200
"""Lines that one edit may add or change."""

Products = Callable[[Iterable[str]], Mapping[str, "Product"]]
"""Those of the skus that are set up, by sku."""


class Amount(Command):
    """An amount of money: 1999 EUR are 19.99 euro."""

    amount: Annotated[int, Field(ge=0, lt=10**14)]
    """Minor units."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


class AddLine(Command):
    """More to sell on the same order, at the price that is quoted here."""

    sku: Annotated[str, Field(min_length=1, max_length=MAX_SKU)]
    quantity: Annotated[int, Field(ge=1, le=MAX_UNITS)]
    unit_price: Amount
    """For each unit, in the order's `prices`: with the tax in it, or without."""
    tax: Amount | None = None
    """The tax on all units of the line."""
    prices: PriceMode | None = None
    """How this price is quoted, if not as the order's."""
    title: Annotated[str, Field(max_length=500)] = ""
    """That of the product, unless another is given."""


class EditLine(Command):
    """How many units of a line there are to be, counting those that have left; 0 removes the line.

    More units than there are become a line of their own: what was sold stays as it was sold.
    """

    line_id: Name
    quantity: Annotated[int, Field(ge=0, le=MAX_UNITS)]
    unit_price: Amount | None = None
    """For each unit that is added, in the order's `prices`. Without it: what the line's first unit was sold for."""
    tax: Amount | None = None
    """The tax on all units that are added."""

    @model_validator(mode="after")
    def _priced(self) -> EditLine:
        if self.tax is not None and self.unit_price is None:
            raise ValueError("a tax needs the unit_price that it belongs to")
        return self


class EditShipping(Command):
    """Another shipping service, with what it costs in place of all that shipping cost before."""

    service: Name
    amount: Amount | None = None
    """In the order's `prices`. Without it: what was agreed."""
    tax: Amount | None = None
    title: Name = ""

    @model_validator(mode="after")
    def _priced(self) -> EditShipping:
        if self.tax is not None and self.amount is None:
            raise ValueError("a tax needs the amount that it belongs to")
        return self


class AddressEdit(Command):
    """A postal address, whole."""

    name: Name = ""
    company: Name = ""
    line1: Name = ""
    line2: Name = ""
    city: Name = ""
    region: Name = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")] = ""
    """ISO 3166-1 alpha-2."""
    phone: Annotated[str, Field(max_length=50)] = ""


class ContactEdit(Command):
    """The parts of the contact that are to change; the others stay. An address is replaced whole."""

    name: Name | None = None
    email: Annotated[str, Field(max_length=254, pattern=r"^(\S+@\S+)?$")] | None = None
    phone: Annotated[str, Field(max_length=50)] | None = None
    shipping: AddressEdit | None = None
    billing: AddressEdit | None = None


class EditOrder(Command):
    """What is to change in the order, all of it or nothing. What is left out stays.

    Lines and shipping are money: such an edit needs `If-Match`, or is a preview.
    """

    add: Annotated[tuple[AddLine, ...], Field(max_length=MAX_LINES)] = ()
    lines: Annotated[tuple[EditLine, ...], Field(max_length=MAX_LINES)] = ()
    shipping: EditShipping | None = None
    contact: ContactEdit | None = None
    reason: Note = ""
    """In words, for staff."""
    code: CancellationReason = CancellationReason.CUSTOMER
    """Why units are taken away, as the customer is told in their language."""

    @property
    def of_money(self) -> bool:
        """Whether it changes what is sold or what that costs."""
        return bool(self.add or self.lines or self.shipping)


def edit_order(
    log: OrderLog,
    order_id: str,
    command: EditOrder,
    caller: Caller,
    expected_version: int | None = None,
    *,
    products: Products = lambda _: {},
    check: Callable[[Contact], Contact] = lambda contact: contact,
) -> Order:
    """Change the order, in one entry, or when it frees the stock of very many skus in as few as it takes.

    `check` puts the normal form beside a contact that changes: see `oms.orders.checking`.

    Raises:
        InvalidInput: nothing is to change; a sku that is no product; an amount in another currency; a line named twice.
        NotAllowed, NotFound: see `amend`.
        VersionRequired: it changes lines or money, and names no version.
        VersionMismatch: `expected_version` is not the order's version.
    """
    _check(command)
    if command.of_money and expected_version is None:
        raise VersionRequired("an edit of lines or shipping needs If-Match: preview it, and send its ETag along")

    def decide(order: Order) -> Step:
        wish = amendment(order, command, products)
        decided = amend(order, wish)
        contact = check(wish.contact) if wish.contact and decided.complete and decided.events else None
        return Step(events=decided.events, contact=contact, last=decided.complete)

    return carry_out(log, order_id, decide, caller, expected_version)


def preview_edit(
    log: OrderLog,
    order_id: str,
    command: EditOrder,
    expected_version: int | None = None,
    *,
    products: Products = lambda _: {},
) -> Effect:
    """What `edit_order` would change; nothing is written.

    Raises:
        InvalidInput, NotAllowed, NotFound, VersionMismatch: as the edit would.
    """
    _check(command)
    order = load(log, order_id)
    check_version(order, expected_version)
    return preview(order, lambda now: _amended(now, command, products))


def _amended(order: Order, command: EditOrder, products: Products) -> Cancelled:
    return amend(order, amendment(order, command, products))


def _check(command: EditOrder) -> None:
    if not command.of_money and (command.contact is None or not command.contact.model_fields_set):
        raise InvalidInput("names nothing that is to change: add, lines, shipping, contact", path="contact")
    named = [line.line_id for line in command.lines]
    twice = [FieldError(f"lines[{i}]", "names a line twice") for i, each in enumerate(named) if each in named[:i]]
    if twice:
        raise InvalidInput("each line can be named once", errors=twice)


def amendment(order: Order, command: EditOrder, products: Products) -> Amendment:
    """The wish in the domain's words: amounts split into net and tax, titles and weights from the products.

    Raises:
        InvalidInput: names each field: no such product, another currency, a tax beyond the price.
    """
    problems = list(_currencies(order, command))
    known = products(line.sku for line in command.add) if command.add else {}
    problems += [
        FieldError(f"add[{i}].sku", "no such product") for i, line in enumerate(command.add) if line.sku not in known
    ]
    if problems:
        raise InvalidInput("the edit does not fit the order; see errors", errors=problems[:50])
    quoted = order.placed.prices
    return Amendment(
        add=tuple(_new_line(i, line, known[line.sku], line.prices or quoted) for i, line in enumerate(command.add)),
        quantities={line.line_id: line.quantity for line in command.lines},
        prices={
            line.line_id: price
            for i, line in enumerate(command.lines)
            if line.unit_price is not None and (price := _price_of_more(order, i, line)) is not None
        },
        shipping=_new_shipping(command.shipping, quoted) if command.shipping else None,
        contact=_edited(order.contact or Contact(), command.contact) if command.contact else None,
        reason=command.reason,
        code=command.code,
    )


def _new_line(i: int, line: AddLine, product: Product, quoted: PriceMode) -> NewLine:
    price = _price(line.quantity * line.unit_price.amount, line.tax, quoted, f"add[{i}].tax")
    return NewLine(
        sku=line.sku,
        title=line.title or product.title,
        quantity=line.quantity,
        net=price.net,
        tax=price.tax,
        list_price=line.unit_price.amount,
        grams=product.grams,
    )


def _price_of_more(order: Order, i: int, line: EditLine) -> Price | None:
    known = order.lines.get(line.line_id)
    more = line.quantity - known.live if known else 0
    if more <= 0 or line.unit_price is None:
        return None
    return _price(more * line.unit_price.amount, line.tax, order.placed.prices, f"lines[{i}].tax")


def _new_shipping(shipping: EditShipping, quoted: PriceMode) -> NewShipping:
    if shipping.amount is None:
        return NewShipping(service=shipping.service)
    price = _price(shipping.amount.amount, shipping.tax, quoted, "shipping.tax")
    title = short(shipping.title or shipping.service)
    charge = Charge(kind=ChargeKind.SHIPPING, title=title, net=price.net, tax=price.tax, code=shipping.service)
    return NewShipping(service=shipping.service, charge=charge)


def _price(amount: int, tax: Amount | None, quoted: PriceMode, path: str) -> Price:
    of_it = tax.amount if tax else 0
    net = amount - of_it if quoted is PriceMode.GROSS else amount
    if net < 0:
        raise InvalidInput("prices are gross, so the tax is in them: it is more than the price", path=path)
    return Price(net=net, tax=of_it)


def _currencies(order: Order, command: EditOrder) -> Iterable[FieldError]:
    named: list[tuple[str, Amount | None]] = []
    for i, added in enumerate(command.add):
        named += [(f"add[{i}].unit_price", added.unit_price), (f"add[{i}].tax", added.tax)]
    for i, line in enumerate(command.lines):
        named += [(f"lines[{i}].unit_price", line.unit_price), (f"lines[{i}].tax", line.tax)]
    if command.shipping:
        named += [("shipping.amount", command.shipping.amount), ("shipping.tax", command.shipping.tax)]
    for path, amount in named:
        if amount is not None and amount.currency != order.placed.currency:
            yield FieldError(f"{path}.currency", f"the order is in {order.placed.currency}")


def _edited(contact: Contact, edit: ContactEdit) -> Contact:
    """The contact with the parts that the edit names. Null empties a part."""
    given: dict[str, Any] = {}
    for name in edit.model_fields_set:
        value = getattr(edit, name)
        if isinstance(value, AddressEdit):
            given[name] = Address(**value.model_dump())
        else:
            given[name] = value if value is not None or name in {"shipping", "billing"} else ""
    return replace(contact, **given, normal=None)
