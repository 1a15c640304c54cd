"""A form as PDF: A4, our own font embedded, the same bytes for the same form."""

import io
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from itertools import zip_longest
from math import atan2, degrees, hypot
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, CondPageBreak, Flowable, Frame, PageTemplate, Paragraph, Table, TableStyle

from streams.documents.form import Block, Choice, Form, Grid, Heading, Remark, Room, Row, Signatures
from streams.documents.wording import say

TLP_COLOURS = {"RED": "#FF2B2B", "AMBER": "#FFC000", "AMBER+STRICT": "#FFC000", "GREEN": "#33FF00", "CLEAR": "#FFFFFF"}
"""On black, as FIRST's TLP 2.0 standard prescribes for documents, in header and footer."""

_MARGIN, _TOP, _BOTTOM = 18 * mm, 30 * mm, 26 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_RULE, _FAINT, _SOFT, _ALARM = HexColor("#9AA3AD"), HexColor("#5C6670"), HexColor("#EEF1F4"), HexColor("#B00020")
_MARKED = HexColor("#FBE9C8")
_SANS, _BOLD = "RicSans", "RicSans-Bold"
_BOX = 3.1 * mm
_LEADING = 1.28
_SHORT, _SHORT_TEXT, _TALL = 8, 2_000, 25
"""Lines, or rows of a grid of so many characters, that are kept on one page; lines of a cell that may not be."""
_CELL, _PAD = 8.5, 4
"""Of a grid's cells: size of the letters, and what is left free on both sides."""
_AFTER_HEADING = 32 * mm
"""Room that a heading needs below it, or it begins the next page."""


@cache
def _glyphs() -> frozenset[int]:
    """Registers the fonts; the code points that they can show."""
    for name, file in ((_SANS, "Arimo-Regular.ttf"), (_BOLD, "Arimo-Bold.ttf")):
        pdfmetrics.registerFont(TTFont(name, io.BytesIO((files("streams.documents") / "fonts" / file).read_bytes())))
    return frozenset(pdfmetrics.getFont(_SANS).face.charToGlyph)  # type: ignore[attr-defined]


def shown(text: str, elsewhere: str) -> str:
    """The text with every run of characters that the font lacks replaced by where to read it: never by empty boxes."""
    glyphs = _glyphs()
    marked = "".join(character if ord(character) in glyphs else "\ue000" for character in text)
    return re.sub("\ue000(\\s*\ue000)*", elsewhere, marked)


def to_pdf(form: Form) -> bytes:
    """The PDF's bytes."""
    _glyphs()
    painter = _Painter(form)
    buffer = io.BytesIO()
    frame = Frame(_MARGIN, _BOTTOM, _WIDTH, A4[1] - _TOP - _BOTTOM, 0, 0, 0, 0)
    lang = "ru" if form.tongue == "both" else form.tongue
    document = BaseDocTemplate(buffer, pagesize=A4, title=form.title, author="", subject=form.reference, lang=lang, invariant=1)
    document.addPageTemplates(PageTemplate("page", [frame]))
    title = Paragraph(painter.text(form.title), _style(_BOLD, 15, leading=19, after=5))
    document.build([title, *painter.story()], canvasmaker=_numbered(painter))
    return buffer.getvalue()


def _style(
    font: str = _SANS, size: float = 9, *, leading: float | None = None, after: float = 0, colour: Any = black, **more: Any
) -> ParagraphStyle:
    return ParagraphStyle(
        f"{font}-{size}",
        fontName=font,
        fontSize=size,
        leading=leading or size * _LEADING,
        spaceAfter=after,
        textColor=colour,
        splitLongWords=1,
        **more,
    )


def _numbered(painter: "_Painter") -> Callable[..., Canvas]:
    """A canvas that draws header and footer when the number of pages is known."""

    class Numbered(Canvas):
        def __init__(self, *words: Any, **named: Any) -> None:
            super().__init__(*words, **named)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._kept.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]

        def save(self) -> None:
            for page, kept in enumerate(self._kept, 1):
                self.__dict__.update(kept)
                painter.frame(self, page, len(self._kept))
                super().showPage()
            super().save()

    return Numbered


class _Painter:
    def __init__(self, form: Form) -> None:
        self.form = form
        self.elsewhere = say(form.elsewhere, form.tongue)

    def text(self, text: str) -> str:
        return escape(shown(text, self.elsewhere))

    def lines(self, lines: tuple[str, ...]) -> list[Paragraph]:
        if not lines:
            return [Paragraph(self.text(say("not_stated", self.form.tongue)), _style(colour=_FAINT))]
        return [Paragraph(self.text(line), _style(after=1.5)) for line in lines]

    def story(self) -> list[Flowable]:
        """What is printed, in order. What says of which table it speaks stands on the page of that table."""
        parts: list[Flowable] = []
        for block, following in zip_longest(self.form.blocks, self.form.blocks[1:]):
            made = self.block(block)
            if isinstance(block, Row | Remark) and isinstance(following, Grid) and _is_short(following):
                made[-1].keepWithNext = 1
            parts += made
        return parts

    def block(self, block: Block) -> list[Flowable]:
        match block:
            case Heading():
                style = _style(_BOLD, 10.5, leading=13, after=2.5, spaceBefore=8, keepWithNext=1)
                return [CondPageBreak(_AFTER_HEADING), Paragraph(self.text(block.text), style)]
            case Remark():
                return [Paragraph(self.text(block.text), _style(_BOLD if block.strong else _SANS, 9, after=2.5, spaceBefore=2.5))]
            case Row():
                return [self._pair(block.label, self.lines(block.lines))]
            case Grid():
                return [self._grid(block)]
            case Choice():
                boxes: list[Any] = [_Tick(self.text(option)) for option in block.options]
                return [self._pair(block.label, [*boxes, *(_Rule() for _ in range(block.room))])]
            case Room():
                return [self._pair(block.label, [_Rule() for _ in range(block.lines)])]
            case Signatures():
                return [self._signatures(block)]

    def _pair(self, label: str, value: list[Any]) -> Table:
        # What may be longer than a page is split between its lines and within them; a label stands beside all of what is short.
        left: list[Any] = [Paragraph(self.text(label), _style(colour=_FAINT)), *("" for _ in value[1:])]
        table = Table(list(zip(left, value, strict=True)), colWidths=(_WIDTH * 0.32, _WIDTH * 0.68), splitInRow=1)
        beside = [("SPAN", (0, 0), (0, -1)), ("NOSPLIT", (0, 0), (-1, -1))] if 1 < len(value) <= _SHORT else []
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("LEFTPADDING", (0, 0), (-1, -1), 0),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 6),
                    ("TOPPADDING", (0, 0), (-1, -1), 0.8),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 0.8),
                    ("TOPPADDING", (0, 0), (-1, 0), 2.5),
                    ("BOTTOMPADDING", (0, -1), (-1, -1), 2.5),
                    ("LINEBELOW", (0, -1), (-1, -1), 0.4, _RULE),
                    *beside,
                ]
            )
        )
        return table

    def _grid(self, grid: Grid) -> Table:
        head = [Paragraph(self.text(column), _style(_BOLD, _CELL)) for column in grid.columns]
        # A row is split between pages only where it may be longer than one: else it is read on one page.
        tall = any(len(cell) > _SHORT_TEXT or cell.count("\n") > _TALL for row in grid.rows for cell in row)
        widths = [_WIDTH * share for share in grid.widths]
        body = [
            [self._cell(cell, widths[column] - 2 * _PAD, titled=column == grid.titled, tall=tall) for column, cell in enumerate(row)]
            for row in grid.rows
        ]
        table = Table([head, *body], colWidths=widths, repeatRows=1, splitInRow=int(tall), spaceBefore=4, spaceAfter=4)
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
                    ("BACKGROUND", (0, 0), (-1, 0), _SOFT),
                    ("LEFTPADDING", (0, 0), (-1, -1), _PAD),
                    ("RIGHTPADDING", (0, 0), (-1, -1), _PAD),
                    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                    *(("BACKGROUND", (0, row + 1), (-1, row + 1), _MARKED) for row in sorted(grid.marked)),
                    *([("NOSPLIT", (0, 0), (-1, -1))] if _is_short(grid) else []),
                ]
            )
        )
        return table

    def _cell(self, cell: str, width: float, *, titled: bool, tall: bool) -> Flowable:
        if cell == "□":
            return Paragraph(cell, _style(size=10, alignment=TA_CENTER))
        first, *rest = (shown(line, self.elsewhere) for line in cell.split("\n"))
        font = _BOLD if titled else _SANS
        pieces = [(font, piece) for piece in simpleSplit(first, font, _CELL, width)]
        pieces += [(_SANS, piece) for line in rest for piece in simpleSplit(line, _SANS, _CELL, width)]
        if not tall and all(pdfmetrics.stringWidth(piece, of, _CELL) <= width for of, piece in pieces):
            return _Text(pieces)
        text = "<br/>".join([f'<font name="{font}">{escape(first)}</font>', *map(escape, rest)])
        return Paragraph(text, _style(size=_CELL))

    def _signatures(self, block: Signatures) -> Table:
        who = [Paragraph(self.text(name), _style(_BOLD)) for name in block.who]
        rows: list[list[Any]] = [[*who, *([""] * (2 - len(who)))]]
        rows += [[_Blank(self.text(blank)) for blank in blanks] for blanks in block.rows()]
        table = Table(rows, colWidths=[_WIDTH / 2] * 2)
        alone = [("SPAN", (0, 0), (1, 0))] if len(who) == 1 else []
        # Nobody signs a page that begins with half of a signature.
        table.setStyle(
            TableStyle(
                [("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 14), ("NOSPLIT", (0, 0), (-1, -1)), *alone]
            )
        )
        return table

    def frame(self, canvas: Canvas, page: int, pages: int) -> None:
        """Header and footer: label, handling, exercise, copy, name, time with zone, page."""
        form, tongue = self.form, self.form.tongue
        self._label(canvas, A4[1] - 16 * mm)
        self._label(canvas, 9 * mm)
        canvas.setFillColor(_FAINT)
        canvas.setFont(_SANS, 7.5)
        for line, text in enumerate(self._fold(f"{say('handling', tongue)}: {form.handling}")):
            canvas.drawString(_MARGIN, A4[1] - 13 * mm - line * 3.4 * mm, text)
        if form.exercise:
            canvas.setFillColor(_ALARM)
            canvas.setFont(_BOLD, 10)
            canvas.drawCentredString(A4[0] / 2, A4[1] - 26.5 * mm, say("exercise", tongue))
            self._across(canvas, say("exercise", tongue))
        canvas.setStrokeColor(_RULE)
        canvas.setLineWidth(0.4)
        canvas.line(_MARGIN, _BOTTOM - 4 * mm, A4[0] - _MARGIN, _BOTTOM - 4 * mm)
        canvas.setFillColor(black)
        canvas.setFont(_SANS, 8)
        copy, printed = (shown(line, self.elsewhere) for line in form.footer)
        canvas.drawString(_MARGIN, _BOTTOM - 8 * mm, copy)
        canvas.drawRightString(A4[0] - _MARGIN, _BOTTOM - 8 * mm, say("page", tongue, page=page, pages=pages))
        for line, text in enumerate(simpleSplit(printed, _SANS, 8, _WIDTH - 45 * mm)[:2]):
            canvas.drawString(_MARGIN, _BOTTOM - 12 * mm - line * 3.6 * mm, text)

    @staticmethod
    def _across(canvas: Canvas, text: str) -> None:
        """The text from corner to corner, over what is printed and faint enough to read through: a cut-out page still says it."""
        size = min(64.0, 0.95 * hypot(_WIDTH, A4[1] - _TOP - _BOTTOM) / pdfmetrics.stringWidth(text, _BOLD, 1))
        canvas.saveState()
        canvas.translate(A4[0] / 2, A4[1] / 2)
        canvas.rotate(degrees(atan2(A4[1] - _TOP - _BOTTOM, _WIDTH)))
        canvas.setFillColor(_ALARM)
        canvas.setFillAlpha(0.1)
        canvas.setFont(_BOLD, size)
        canvas.drawCentredString(0, -size / 3, text)
        canvas.restoreState()

    def _fold(self, text: str) -> list[str]:
        """At most three lines beside the label; what does not fit is said to be cut, for the label and the codes come first."""
        lines = simpleSplit(shown(text, self.elsewhere), _SANS, 7.5, _WIDTH - 46 * mm)
        return [*lines[:2], f"{lines[2]} …"] if len(lines) > 3 else lines

    def _label(self, canvas: Canvas, y: float) -> None:
        label, right = self.form.label, A4[0] - _MARGIN
        width = pdfmetrics.stringWidth(label, _BOLD, 12) + 5 * mm
        canvas.setFillColor(black)
        canvas.rect(right - width, y - 1.6 * mm, width, 6.6 * mm, stroke=0, fill=1)
        canvas.setFillColor(HexColor(TLP_COLOURS[label.removeprefix("TLP:")]))
        canvas.setFont(_BOLD, 12)
        canvas.drawCentredString(right - width / 2, y, label)


def _is_short(grid: Grid) -> bool:
    return len(grid.rows) <= _SHORT and sum(len(cell) for row in grid.rows for cell in row) <= _SHORT_TEXT


class _Rule(Flowable):
    """A line to write on."""

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width = width
        return width, 7 * mm

    def draw(self) -> None:
        self.canv.setStrokeColor(_RULE)
        self.canv.setLineWidth(0.5)
        self.canv.line(0, 0.8 * mm, self.width, 0.8 * mm)


class _Text(Flowable):
    """Lines that were broken before, each with its font: many times quicker than paragraphs, for a timeline has thousands of cells."""

    def __init__(self, pieces: list[tuple[str, str]]) -> None:
        super().__init__()
        self.pieces = pieces

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width, self.height = width, len(self.pieces) * _CELL * _LEADING
        return self.width, self.height

    def draw(self) -> None:
        text = self.canv.beginText(0, self.height - _CELL)
        for font, piece in self.pieces:
            text.setFont(font, _CELL, _CELL * _LEADING)
            text.textLine(piece)
        self.canv.drawText(text)


class _Blank(Flowable):
    """A line to write on with what is to be written under it."""

    def __init__(self, label: str) -> None:
        super().__init__()
        self.below = Paragraph(label, _style(size=7.5, colour=_FAINT))

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width = width
        _, self.under = self.below.wrap(width, height)
        return width, self.under + 9 * mm

    def draw(self) -> None:
        self.canv.setStrokeColor(_RULE)
        self.canv.line(0, self.under + 0.8 * mm, self.width, self.under + 0.8 * mm)
        self.below.drawOn(self.canv, 0, 0)


class _Tick(Flowable):
    """A box to tick, with its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = Paragraph(text, _style())

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        _, self.high = self.text.wrap(width - _BOX - 2 * mm, height)
        return width, max(self.high, _BOX) + 1

    def draw(self) -> None:
        self.canv.setStrokeColor(black)
        self.canv.setFillColor(white)
        self.canv.setLineWidth(0.7)
        self.canv.rect(0, self.high - _BOX, _BOX, _BOX, stroke=1, fill=1)
        self.text.drawOn(self.canv, _BOX + 2 * mm, 0)
