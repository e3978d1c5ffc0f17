"""Packing slips as a scanner and a reader see them: rendered pages, decoded and read."""

from __future__ import annotations

import logging
import re
from dataclasses import replace

import pypdfium2
import pytest
import zxingcpp

from oms.fulfillment import decisions, work
from oms.fulfillment.decisions import Packing
from oms.fulfillment.documents import packing_slip
from oms.fulfillment.headings import HEADINGS, headings
from oms.orders.contact import Address
from oms.orders.decisions import cancel
from oms.orders.kits import Component
from oms.orders.log import append, execute
from oms.setup import Channel, Location, Platform
from tests.support.orders import line
from tests.unit.fulfillment.warehouse import NORTH, NUMBER, ORDER, SHARE, SHOP, Warehouse, many, mugs, plates

HOSTILE = [
    "Wolfeschlegelsteinhausenbergerdorff" * 8,
    "\u202egnirts lamron a\u202c",
    "a\nb\tc\x00\x1f\x7f",
    "<b>fett</b> {nb} %s \\ (",
    "\U0001f381\U0001f469\u200d\U0001f469\u200d\U0001f467",
    "கோயம்புத்தூர் ᠮᠣᠩᠭᠣᠯ 𐎀𐎁",
    "   ",
]


def texts(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [page.get_textpage().get_text_bounded() for page in document]


def barcodes(pdf: bytes, *, dpi: int = 203) -> list[set[str]]:
    """What a scanner reads on each page, printed at the resolution of a label printer."""
    document = pypdfium2.PdfDocument(pdf)
    images = [page.render(scale=dpi / 72).to_pil() for page in document]
    return [{code.text for code in zxingcpp.read_barcodes(image)} for image in images]


def slip_of(house: Warehouse) -> bytes:
    key = work.packing_slip_link(house.desk(), SHARE).removeprefix("https://documents.example/")
    return house.papers[key]


@pytest.fixture
def house() -> Warehouse:
    house = Warehouse()
    house.sold(mugs(3), plates(2))
    return house


def pack(house: Warehouse, **packing: int) -> None:
    work.accept(house.desk(), SHARE, house.caller("accept"))
    work.pick(house.desk(), SHARE, house.caller("pick"))
    work.pack(house.desk(), SHARE, house.caller("pack"), packing=Packing(**packing))


def test_a_scanner_reads_the_fulfillment_order_on_every_page() -> None:
    house = Warehouse()
    house.sold(*many(60))
    codes = barcodes(slip_of(house))
    assert len(codes) > 1
    assert codes == [{SHARE}] * len(codes)


def test_the_slip_says_who_sends_what_to_whom(house: Warehouse) -> None:
    pack(house, grams=2450, length=300, width=200, height=120)
    (text,) = texts(slip_of(house))
    for said in (
        "Bücher & Mehr",
        "Lager Nord",
        "20457 Hamburg",
        "Kim Berg",
        "Hauptstr. 1",
        "80331 München",
        "#1001",
        "2026-03-02",
        SHARE,
        "mug",
        "Plate",
        "Units in total: 5",
        "2.450 kg",
        "300 × 200 × 120 mm",
        NUMBER,
        "Page 1/1",
    ):
        assert said in text, said


def test_there_is_never_money_on_a_slip(house: Warehouse) -> None:
    pack(house)
    text = "".join(texts(slip_of(house)))
    assert "€" not in text
    assert "EUR" not in text
    assert not {"3000", "30.00", "4000", "40.00", "7000", "70.00"} & set(text.split())


@pytest.mark.parametrize("language", sorted(HEADINGS))
def test_headings_are_in_the_customers_language(language: str) -> None:
    house = Warehouse()
    house.sold(mugs(1), language=f"{language}-XX")
    pack(house, grams=1250)
    (text,) = texts(slip_of(house))
    words = HEADINGS[language]
    for name in ("title", "order", "date_name", "picked", "quantity", "item", "parcel", "weight", "tracking", "units"):
        assert getattr(words, name) in text
    assert f"1{words.decimal}250 kg" in text
    assert f"{words.page} 1/1" in text


def test_a_language_that_we_do_not_write_is_answered_in_english() -> None:
    assert headings("ja-JP") is HEADINGS["en"]
    assert headings("de_AT") is HEADINGS["de"]


def test_five_hundred_lines_run_over_pages_and_none_is_lost() -> None:
    house = Warehouse()
    house.sold(*many(500))
    pages = texts(slip_of(house))
    words = " ".join(pages).split()
    assert {f"sku-{number}" for number in range(1, 501)} <= set(words)
    assert [f"Page {number}/{len(pages)}" in page for number, page in enumerate(pages, start=1)] == [True] * len(pages)
    assert "Units in total: 500" in pages[-1]


def test_many_parcels_run_over_pages_too() -> None:
    house = Warehouse()
    house.sold(*many(60))
    work.accept(house.desk(), SHARE, house.caller("accept"))
    work.pick(house.desk(), SHARE, house.caller("pick"))
    for number in range(1, 61):
        closed = decisions.pack(house.order(), SHARE, Packing(units={str(number): 1}, grams=1000 + number))
        append(house, house.order(), closed, house.caller(f"pack {number}"))  # without labels, which take long to draw
    pages = texts(slip_of(house))
    for number in range(1, 61):
        assert sum(f"1.{number:03d} kg" in page for page in pages) == 1


def test_cancelled_units_are_not_on_the_slip(house: Warehouse) -> None:
    execute(house, ORDER, lambda order: cancel(order, {"1": 3, "2": 1}), house.caller("cancel"))
    (text,) = texts(slip_of(house))
    assert "mug" not in text
    assert "Units in total: 1" in text


def drawn(title: str, buyer: Address, shop: str = "Shop") -> bytes:
    house = Warehouse()
    order = house.sold(replace(line("1", "sku", 1, 100), title=title), buyer=buyer)
    channel = Channel(channel_id="shop", platform=Platform.CANONICAL, name=shop)
    return packing_slip(order, order.fulfillment_orders[SHARE], channel=channel, location=NORTH)


@pytest.mark.parametrize(
    ("name", "city"),
    [
        ("Jürgen Groß-Müßig", "Łódź"),
        ("Ελένη Παπαδοπούλου", "Αθήνα"),
        ("Наталья Щукина", "Москва"),
        ("山田 太郎", "千代田区"),
        ("김철수", "서울특별시"),
        ("张伟", "北京市朝阳区"),
        ("Nguyễn Thị Minh Khai", "Đà Nẵng"),
    ],
)
def test_names_of_the_world_are_written_as_they_are(name: str, city: str) -> None:
    text = "".join(texts(drawn(name, Address(name=name, line1=city, city=city, country="DE"))))
    assert text.count(name) == 2
    assert "?" not in text


@pytest.mark.parametrize("name", ["محمد بن عبد الله", "דוד כהן", "สมชาย ใจดี", "राम कुमार", "გიორგი"])
def test_scripts_that_are_shaped_leave_no_letter_out(name: str) -> None:
    """How a PDF tells shaped letters apart from their glyphs differs by reader, so none is missing: no `?`, no box."""
    pdf = drawn(name, Address(name=name, line1=name, country="DE"))
    with_name, without = (
        pypdfium2.PdfDocument(each)[0].render(scale=2).to_pil().convert("1") for each in (pdf, drawn("-", Address()))
    )
    assert with_name.histogram()[0] > without.histogram()[0]
    assert "?" not in "".join(texts(pdf))


@pytest.mark.parametrize("evil", HOSTILE)
def test_hostile_texts_harm_nothing(evil: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        pdf = drawn(evil, Address(name=evil, company=evil, line1=evil, line2=evil, city=evil, country="DE"), evil)
    assert barcodes(pdf) == [{SHARE}]
    (text,) = texts(pdf)
    assert "Units in total: 1" in text
    assert "Page 1/1" in text
    assert "\u202e" not in text
    assert not [record for record in caplog.records if record.name.startswith(("fpdf", "fontTools"))]


def test_a_slip_drawn_again_is_the_same_slip(house: Warehouse) -> None:
    pack(house, grams=900)
    assert slip_of(house) == slip_of(house)


def test_a_slip_of_an_order_whose_contact_was_erased_is_still_drawn() -> None:
    house = Warehouse()
    house.sold(mugs(1), buyer=None)
    assert barcodes(slip_of(house)) == [{SHARE}]


def test_a_location_is_named_even_without_an_address() -> None:
    house = Warehouse()
    order = house.sold(mugs(1))
    bare = Location(location_id="north", name="Filiale 7", latitude=0, longitude=0)
    (text,) = texts(packing_slip(order, order.fulfillment_orders[SHARE], channel=SHOP, location=bare))
    assert "Filiale 7" in text


def test_under_a_kit_stands_what_is_to_be_picked_for_it(house: Warehouse) -> None:
    order = house.order()
    kits = {"mug": (Component(sku="CUP-BLUE", quantity=1), Component(sku="BOX", quantity=2))}
    (text,) = texts(
        packing_slip(replace(order, kits=kits), order.fulfillment_orders[SHARE], channel=SHOP, location=NORTH)
    )
    assert "CUP-BLUE" in text
    assert "BOX" in text
    assert re.search(r"\b6\b", text), "two boxes for each of three mugs"
    assert "5" in text.split(headings("en").units)[1][:8], "components are no articles of their own"
