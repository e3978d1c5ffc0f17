"""The words on a packing slip in the customer's language, and how dates and weights are written there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """One language. `date` is a pattern of `strftime`, `decimal` the sign between kilograms and grams."""

    title: str
    order: str
    date_name: str
    date: str
    fulfillment_order: str
    location: str
    picked: str
    quantity: str
    sku: str
    item: str
    parcel: str
    parcels: str
    weight: str
    size: str
    tracking: str
    units: str
    page: str
    pickup: str
    """Over the customer's name, in place of an address, on what they fetch."""
    decimal: str = ","


HEADINGS: Mapping[str, Headings] = {
    "en": Headings(
        title="Packing slip",
        order="Order",
        date_name="Order date",
        date="%Y-%m-%d",
        fulfillment_order="Fulfillment order",
        location="Shipped from",
        picked="Picked",
        quantity="Qty",
        sku="SKU",
        item="Item",
        parcel="Parcel",
        parcels="Parcels",
        weight="Weight",
        size="Size",
        tracking="Tracking number",
        units="Units in total",
        page="Page",
        pickup="For pick-up",
        decimal=".",
    ),
    "de": Headings(
        title="Lieferschein",
        order="Bestellung",
        date_name="Bestelldatum",
        date="%d.%m.%Y",
        fulfillment_order="Lieferauftrag",
        location="Versand ab",
        picked="Entnommen",
        quantity="Menge",
        sku="Art.-Nr.",
        item="Artikel",
        parcel="Paket",
        parcels="Pakete",
        weight="Gewicht",
        size="Maße",
        tracking="Sendungsnummer",
        units="Stück insgesamt",
        page="Seite",
        pickup="Zur Abholung",
    ),
    "it": Headings(
        title="Documento di trasporto",
        order="Ordine",
        date_name="Data dell'ordine",
        date="%d/%m/%Y",
        fulfillment_order="Ordine di evasione",
        location="Spedito da",
        picked="Prelevato",
        quantity="Q.tà",
        sku="Codice",
        item="Articolo",
        parcel="Pacco",
        parcels="Pacchi",
        weight="Peso",
        size="Misure",
        tracking="Numero di tracciamento",
        units="Pezzi in totale",
        page="Pagina",
        pickup="Da ritirare",
    ),
    "fr": Headings(
        title="Bon de livraison",
        order="Commande",
        date_name="Date de commande",
        date="%d/%m/%Y",
        fulfillment_order="Ordre de préparation",
        location="Expédié de",
        picked="Prélevé",
        quantity="Qté",
        sku="Référence",
        item="Article",
        parcel="Colis",
        parcels="Colis",
        weight="Poids",
        size="Dimensions",
        tracking="Numéro de suivi",
        units="Articles au total",
        page="Page",
        pickup="À retirer",
    ),
    "es": Headings(
        title="Albarán de entrega",
        order="Pedido",
        date_name="Fecha del pedido",
        date="%d/%m/%Y",
        fulfillment_order="Orden de preparación",
        location="Enviado desde",
        picked="Recogido",
        quantity="Cant.",
        sku="Referencia",
        item="Artículo",
        parcel="Paquete",
        parcels="Paquetes",
        weight="Peso",
        size="Medidas",
        tracking="Número de seguimiento",
        units="Unidades en total",
        page="Página",
        pickup="Para recoger",
    ),
}


def headings(language: str) -> Headings:
    """The words of a BCP 47 language, by its first part; English for a language that is not here."""
    return HEADINGS.get(language.replace("_", "-").split("-", 1)[0].lower(), HEADINGS["en"])


def write_date(instant: datetime, words: Headings) -> str:
    """The day, in UTC."""
    return instant.strftime(words.date)


def write_weight(grams: int, words: Headings) -> str:
    """Kilograms with the grams after the decimal sign: `1.250 kg`; a dash when it was not weighed."""
    return f"{grams // 1000}{words.decimal}{grams % 1000:03d} kg" if grams else "–"


def write_size(length: int, width: int, height: int) -> str:
    """The outer size in millimetres; a dash when it was not measured."""
    return f"{length} × {width} × {height} mm" if length and width and height else "–"
