"""What the demonstration's shop sells, for how much, and where it keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SHOP = "Alder & Finch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """Something on sale: weight in grams, size in millimetres, price in euro cents with tax, for one unit."""

    sku: str
    title: str
    grams: int
    size: tuple[int, int, int]
    cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A warehouse or store."""

    location_id: str
    name: str
    line1: str
    city: str
    region: str
    postal_code: str
    country: str
    latitude: float
    longitude: float
    processing_days: int = 1
    rate_card: str = ""
    """By which its parcels are charged, where a rule of sourcing asks."""


ARTICLES = (
    Article(sku="MUG-SAGE", title="Stoneware mug, sage", grams=420, size=(120, 120, 110), cents=1850),
    Article(sku="MUG-CLAY", title="Stoneware mug, clay", grams=420, size=(120, 120, 110), cents=1850),
    Article(sku="TOWEL-OAT", title="Linen towel, oat", grams=300, size=(280, 200, 40), cents=2400),
    Article(sku="NOTE-A5", title="Notebook A5, dotted", grams=260, size=(215, 155, 20), cents=1290),
    Article(sku="CANDLE-FIG", title="Beeswax candle, fig", grams=540, size=(100, 100, 120), cents=2750),
    Article(sku="TRAY-ASH", title="Serving tray, ash", grams=900, size=(460, 310, 50), cents=4990),
    Article(sku="VASE-RIB", title="Ribbed vase, white", grams=1300, size=(180, 180, 260), cents=5450),
    Article(sku="THROW-WOOL", title="Wool throw, moss", grams=1600, size=(400, 300, 120), cents=11900),
    Article(sku="LAMP-BRASS", title="Table lamp, brass", grams=2400, size=(250, 250, 420), cents=18900),
    Article(sku="KNIFE-OAK", title="Bread knife, oak handle", grams=350, size=(360, 80, 40), cents=6900),
)
"""What is in stock in several places, with more than enough of each: any order of these can be filled at once."""

CLOCK = Article(sku="CLOCK-TIN", title="Wall clock, tin", grams=1100, size=(320, 320, 80), cents=8900)
RADIO = Article(sku="RADIO-TEAK", title="Kitchen radio, teak", grams=1900, size=(300, 200, 160), cents=14900)
"""Each in one place only, and not the same: an order of both is split."""

BOWL = Article(sku="BOWL-SET", title="Bowl, glazed", grams=700, size=(180, 180, 90), cents=3200)
"""A few in each of two places: an order of more than one place has is split."""

STOOL = Article(sku="STOOL-ELM", title="Milking stool, elm", grams=3900, size=(380, 380, 460), cents=12900)
"""Sold out at first; a delivery comes while customers wait."""

PRINT = Article(sku="PRINT-42", title="Linocut no. 42", grams=400, size=(520, 420, 15), cents=7500)
"""Sold out, and no delivery comes."""


BAUBLE = Article(sku="BAUBLE-BLOWN", title="Blown glass bauble", grams=90, size=(90, 90, 90), cents=1690)
"""Sold before there is any; a purchase order is on its way."""

LANTERN = Article(sku="LANTERN-IRON", title="Storm lantern, iron", grams=1400, size=(170, 170, 300), cents=4390)
"""Of which somebody wants to know when little is left."""

LOW = 10
"""Units of it at which an alert is sent."""

BY_COST = "by-cost"
"""Marks orders that are sent from where it costs least."""

PICKUP_STORE = "lyon"
"""Where customers fetch what they bought."""


def novelty(run: int) -> Article:
    """Already sold in a channel when nobody has set it up here yet: another one in each run."""
    return Article(sku=f"KITE-{run}", title="Paper kite, red", grams=250, size=(600, 120, 60), cents=2900)


VOUCHER = Article(sku="VOUCHER-25", title="Gift voucher by mail", grams=0, size=(0, 0, 0), cents=2500)
"""Needs no parcel."""

KNOWN = (*ARTICLES, CLOCK, RADIO, BOWL, STOOL, PRINT, BAUBLE, LANTERN, VOUCHER)
"""What is set up before the first order."""

PLACES = (
    Place(
        location_id="verona",
        name="Verona warehouse",
        line1="Via della Tecnica 18",
        city="Verona",
        region="VR",
        postal_code="37135",
        country="IT",
        latitude=45.40,
        longitude=10.98,
        rate_card="south",
    ),
    Place(
        location_id="hamburg",
        name="Hamburg warehouse",
        line1="Am Speicher 7",
        city="Hamburg",
        region="",
        postal_code="20457",
        country="DE",
        latitude=53.54,
        longitude=9.99,
        rate_card="north",
    ),
    Place(
        location_id="lyon",
        name="Lyon store",
        line1="9 rue des Ateliers",
        city="Lyon",
        region="",
        postal_code="69002",
        country="FR",
        latitude=45.75,
        longitude=4.83,
        processing_days=0,
        rate_card="middle",
    ),
    Place(
        location_id="leeds",
        name="Leeds warehouse",
        line1="4 Mill Yard",
        city="Leeds",
        region="",
        postal_code="LS10 1AA",
        country="GB",
        latitude=53.79,
        longitude=-1.53,
        rate_card="far",
    ),
    Place(
        location_id="newark",
        name="Newark warehouse",
        line1="220 Foundry Street",
        city="Newark",
        region="NJ",
        postal_code="07105",
        country="US",
        latitude=40.73,
        longitude=-74.14,
        processing_days=2,
        rate_card="far",
    ),
    Place(
        location_id="osaka",
        name="Osaka warehouse",
        line1="3-8-1 Nankohigashi",
        city="Osaka",
        region="27",
        postal_code="559-0031",
        country="JP",
        latitude=34.64,
        longitude=135.42,
        rate_card="far",
    ),
)

_EVERYWHERE = ("verona", "hamburg", "lyon", "leeds", "newark", "osaka")


def opening_stock(orders: int) -> dict[tuple[str, str], int]:
    """Units by (sku, location) before the first of so many orders: more of the common articles than they all take."""
    enough = 20 + 4 * orders
    levels = {(article.sku, place): enough for article in ARTICLES for place in _EVERYWHERE}
    levels |= {(CLOCK.sku, "osaka"): 10, (RADIO.sku, "hamburg"): 10}
    levels |= {(BOWL.sku, "hamburg"): 4, (BOWL.sku, "verona"): 3}
    levels |= {(LANTERN.sku, "leeds"): LOW + 4, (BAUBLE.sku, "hamburg"): 0}
    return levels


PER_EURO_CENT: Mapping[str, tuple[int, int, int]] = {
    "EUR": (100, 100, 1),
    "GBP": (88, 100, 5),
    "USD": (110, 100, 5),
    "CHF": (97, 100, 5),
    "JPY": (165, 100, 10),
    "KWD": (335, 100, 250),
}
"""Minor units for a euro cent as a fraction, and the step that prices are rounded to."""


def price(cents: int, currency: str) -> int:
    """Euro cents in minor units of a currency, at this shop's own rate and rounded to its step."""
    numerator, denominator, step = PER_EURO_CENT[currency]
    return max(1, round(cents * numerator / denominator / step)) * step
