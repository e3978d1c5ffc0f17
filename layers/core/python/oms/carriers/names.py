"""Words about carriers that set-up needs without any carrier being loaded."""

from __future__ import annotations

from enum import StrEnum

DEFAULT = "simulated"
"""The carrier of those who name none and have no account."""

AGGREGATORS = ("easypost", "aftership", "shippo")
"""Those who tell where parcels of whatever carrier are; see `oms.carriers.aggregator`."""


class LabelFormat(StrEnum):
    """How a label comes: for any printer, or for one of thermal labels that draws by itself."""

    PDF = "pdf"
    ZPL = "zpl"
