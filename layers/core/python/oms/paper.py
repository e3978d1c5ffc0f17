"""Text and barcodes on PDF pages: fonts that have the world's scripts, shaped as their readers write them.

Lengths are millimetres, from the upper left corner of the page; type sizes are points. The same calls give the same
bytes on every machine, so that a document made again is the document.
"""

from __future__ import annotations

import atexit
import logging
import re
import shutil
import tempfile
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from itertools import groupby, islice
from pathlib import Path
from typing import Literal

from fpdf import FPDF
from fpdf.fonts import TTFFont

FONT = "fira"
"""FiraGO: Latin, Greek, Cyrillic, Arabic, Hebrew, Thai, Georgian, Devanagari."""

FALLBACK = "cjk"
"""WenQuanYi Micro Hei: Chinese, Japanese, Korean. Read only when a text needs it: it is 5 MB."""

MILLIMETRES_PER_POINT = 25.4 / 72
LEADING = 1.25
"""Height of a line, in type sizes."""

GREY = 110
"""How dark secondary text is, of 255."""

QUIET = 10
"""Modules of white that a scanner needs on both sides of a Code 128."""

UNKNOWN = "?"
"""Stands for a letter that no font has."""

_HARMFUL = dict.fromkeys([*range(9), *range(14, 32), *range(127, 160), *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Controls, and orders to write backwards, which let one text pass for another."""

_NO_SPACES = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_PIECES = re.compile(f"[{_NO_SPACES}] ?|[^ {_NO_SPACES}]+ ?| ")
"""What is not broken over two lines: words with the space after them, and each letter of scripts without spaces."""

_SHAPED = re.compile("[\u0300-\u036f\u0590-\u109f\u1100-\u11ff\u1780-\u18af\u200c-\u200f\ufb1d-\ufdff\ufe70-\ufeff]")
"""Letters that change with their neighbours, or are written from the right. Shaping takes ten times as long."""

_LAYOUT = ("GDEF", "GPOS", "GSUB")
"""Tables of a font that no PDF carries: to read them only to leave them out takes most of the time of a page."""

_PAST = datetime(2000, 1, 1, tzinfo=UTC)

Align = Literal["L", "C", "R"]


class Paper:
    """Pages of one size that text, lines and barcodes are put on; `content` is the PDF."""

    def __init__(self, *, width: float, height: float, title: str) -> None:
        self.width = width
        self.height = height
        self._pdf = FPDF(unit="mm", format=(width, height))
        self._pdf.set_creation_date(_PAST)
        self._pdf.set_producer("oms")
        self._pdf.set_title(title)
        self._pdf.set_auto_page_break(auto=False)
        self._pdf.set_margin(0)
        self._pdf.c_margin = 0
        for style, path in _fonts().items():
            self._pdf.add_font(FONT, style, path)
        self._pdf.set_font(FONT)

    def page(self) -> None:
        """Begin a page."""
        self._pdf.add_page()

    def text(
        self,
        text: str,
        *,
        x: float,
        y: float,
        size: float,
        bold: bool = False,
        grey: bool = False,
        align: Align = "L",
        width: float | None = None,
        lines: int = 1,
    ) -> float:
        """Write text between `x` and `x + width` (or the page's edge) in at most so many lines; the rest is cut off.

        Returns where the next line would begin.
        """
        width = self.width - x if width is None else width
        broken = self.wrap(text, width=width, size=size, bold=bold, lines=lines)
        return self.lines(broken, x=x, y=y, size=size, bold=bold, grey=grey, align=align, width=width)

    def lines(
        self,
        lines: Sequence[str],
        *,
        x: float,
        y: float,
        size: float,
        bold: bool = False,
        grey: bool = False,
        align: Align = "L",
        width: float = 0,
    ) -> float:
        """Write lines as `wrap` made them; returns where the next would begin."""
        for line in lines:
            self._pdf.set_font(FONT, "B" if bold else "", size)
            # A line that begins in the fallback font leaves fpdf2 believing that the page has ours: have it say so.
            self._pdf.current_font_is_set_on_page = False
            self._pdf.set_text_shaping(bool(_SHAPED.search(line)))
            self._pdf.set_text_color(GREY if grey else 0)
            self._pdf.set_xy(x, y)
            self._pdf.cell(width, line_height(size), line, align=align)
            y += line_height(size)
        return y

    def wrap(self, text: str, *, width: float, size: float, bold: bool = False, lines: int = 1) -> list[str]:
        """The text as lines no wider than `width`, at most so many: the last ends in `…` when something is cut off."""
        text = self._printable(text)
        if not text:
            return []
        broken = list(islice(self._break(text, width, size, bold=bold), lines + 1))
        if len(broken) <= lines:
            return broken
        last = broken[lines - 1]
        while last and self._wide(last + "…", size, bold=bold) > width:
            last = last[:-1]
        return [*broken[: lines - 1], last.rstrip() + "…"]

    def _break(self, text: str, width: float, size: float, *, bold: bool) -> Iterator[str]:
        """Fill line after line with pieces; one that is wider than a line is broken anywhere."""
        line, used = "", 0.0
        for piece in _PIECES.findall(text):
            whole = self._wide(piece.rstrip(), size, bold=bold) <= width
            for part in [piece] if whole else piece:
                if line and used + self._wide(part.rstrip(), size, bold=bold) > width:
                    yield line.rstrip()
                    line, used = "", 0.0
                line += part
                used += self._wide(part, size, bold=bold)
        yield line.rstrip()

    def _wide(self, text: str, size: float, *, bold: bool) -> float:
        """How wide a text is before letters are moved together: at most a little more than when it is drawn."""
        widths = [font.cw for font in self._loaded(FONT + "B" if bold else FONT, FALLBACK)]
        units = sum(next((cw[ord(letter)] for cw in widths if ord(letter) in cw), 600) for letter in text)
        return units * size * MILLIMETRES_PER_POINT / 1000

    def _loaded(self, *names: str) -> Iterator[TTFFont]:
        for name in names:
            font = self._pdf.fonts.get(name)
            if isinstance(font, TTFFont):
                yield font

    def rule(self, *, x: float, y: float, width: float, weight: float = 0.2) -> None:
        """A horizontal line."""
        self._pdf.set_draw_color(0)
        self._pdf.set_line_width(weight)
        self._pdf.line(x, y, x + width, y)

    def box(self, *, x: float, y: float, width: float, height: float, weight: float = 0.25) -> None:
        """An empty rectangle: a check box, a frame."""
        self._pdf.set_draw_color(0)
        self._pdf.set_line_width(weight)
        self._pdf.rect(x, y, width, height)

    def band(self, *, x: float, y: float, width: float, height: float, shade: int) -> None:
        """A filled rectangle, from 0 (black) to 255 (white)."""
        self._pdf.set_fill_color(shade)
        self._pdf.rect(x, y, width, height, style="F")

    def barcode(self, text: str, *, x: float, y: float, width: float, height: float) -> None:
        """Code 128 of an ASCII text, as wide as `width` with its quiet zones."""
        from barcode import Code128  # type: ignore[import-untyped]

        modules = Code128(text).build()[0]
        module = width / (len(modules) + 2 * QUIET)
        at = x + QUIET * module
        self._pdf.set_fill_color(0)
        for dark, run in groupby(modules):
            length = module * len(list(run))
            if dark == "1":
                self._pdf.rect(at, y, length, height, style="F")
            at += length

    def content(self) -> bytes:
        """The document as PDF."""
        for font in self._pdf.fonts.values():
            for table in _LAYOUT:
                if isinstance(font, TTFFont) and table in font.ttfont:
                    del font.ttfont[table]
        return bytes(self._pdf.output())

    def _printable(self, text: str) -> str:
        """The text in one paragraph, without what no font can print; loads the fallback font when it is needed."""
        text = " ".join(unicodedata.normalize("NFC", text).translate(_HARMFUL).split())
        if not self._lacking(text):
            return text
        if FALLBACK not in self._pdf.fonts:
            self._pdf.add_font(FALLBACK, "", _fallback())
            self._pdf.set_fallback_fonts([FALLBACK], exact_match=False)
        nowhere = self._lacking(text)
        return "".join(_stand_in(letter) if letter in nowhere else letter for letter in text).strip()

    def _lacking(self, text: str) -> set[str]:
        """The letters that no font loaded so far has."""
        known = [font.cmap for font in self._loaded(FONT, FALLBACK)]
        return {letter for letter in set(text) if not any(ord(letter) in cmap for cmap in known)}


def line_height(size: float) -> float:
    """How far apart lines of a type size stand."""
    return size * MILLIMETRES_PER_POINT * LEADING


def _stand_in(letter: str) -> str:
    """What is printed for a letter that no font has: nothing when a name is read the same without it.

    That holds for pictures, controls, marks of direction, halves of pairs and accents.
    """
    silent = unicodedata.category(letter) in {"So", "Sk", "Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"}
    return "" if silent else UNKNOWN


@cache
def _fonts() -> dict[Literal["", "B"], Path]:
    """Regular and bold, unpacked once in the life of the process: the package keeps its fonts compressed."""
    import pymupdf_fonts  # type: ignore[import-untyped]

    for name in ("fpdf", "fontTools"):
        # They report each glyph that they miss or take over: letters of customers' names.
        logging.getLogger(name).setLevel(logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="oms-fonts-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    fonts: dict[Literal["", "B"], Path] = {}
    styles: tuple[tuple[Literal["", "B"], str], ...] = (("", "figo"), ("B", "figbo"))
    for style, code in styles:
        fonts[style] = folder / f"{code}.ttf"
        fonts[style].write_bytes(pymupdf_fonts.myfont(code))
    return fonts


def _fallback() -> Path:
    import paperang_p2_fonts_cjk  # type: ignore[import-untyped]

    return Path(paperang_p2_fonts_cjk.__file__).parent / "fonts" / "wqy-microhei.ttc"
