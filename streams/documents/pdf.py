"""A form as PDF: A4, our own font embedded, the same bytes for the same form."""

import io
import re
from collections.abc import Callable
from functools import cache
from importlib.resources import files
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
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from streams.documents.form import Block, Choice, Form, Grid, Heading, Remark, Room, Row, Signatures
from streams.documents.wording import say

TLP_COLOURS = {"RED": "#FF2B2B", "AMBER": "#FFC000", "AMBER+STRICT": "#FFC000", "GREEN": "#33FF00", "CLEAR": "#FFFFFF"}
"""On black, as FIRST's TLP 2.0 standard prescribes for documents, in header and footer."""

_MARGIN, _TOP, _BOTTOM = 18 * mm, 30 * mm, 26 * mm
_WIDTH = A4[0] - 2 * _MARGIN
_RULE, _FAINT, _SOFT, _ALARM = HexColor("#9AA3AD"), HexColor("#5C6670"), HexColor("#EEF1F4"), HexColor("#B00020")
_SANS, _BOLD = "RicSans", "RicSans-Bold"
_BOX = 3.1 * mm
_SHORT = 8
"""Lines, or rows of a grid, that are kept on one page."""


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
    document = BaseDocTemplate(buffer, pagesize=A4, title=form.title, author="", subject=form.reference, lang=form.tongue, invariant=1)
    document.addPageTemplates(PageTemplate("page", [frame]))
    title = Paragraph(painter.text(form.title), _style(_BOLD, 15, leading=19, after=5))
    document.build([title, *(part for block in form.blocks for part in painter.block(block))], canvasmaker=_numbered(painter))
    return buffer.getvalue()


def _style(
    font: str = _SANS, size: float = 9, *, leading: float | None = None, after: float = 0, colour: Any = black, **more: Any
) -> ParagraphStyle:
    return ParagraphStyle(
        f"{font}-{size}",
        fontName=font,
        fontSize=size,
        leading=leading or size * 1.28,
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
        self.elsewhere = say("other_script", form.tongue)

    def text(self, text: str) -> str:
        return escape(shown(text, self.elsewhere))

    def lines(self, lines: tuple[str, ...]) -> list[Paragraph]:
        if not lines:
            return [Paragraph(self.text(say("not_stated", self.form.tongue)), _style(colour=_FAINT))]
        return [Paragraph(self.text(line), _style(after=1.5)) for line in lines]

    def block(self, block: Block) -> list[Flowable]:
        match block:
            case Heading():
                return [Paragraph(self.text(block.text), _style(_BOLD, 10.5, leading=13, after=2.5, spaceBefore=8, keepWithNext=1))]
            case Remark():
                return [Paragraph(self.text(block.text), _style(_BOLD if block.strong else _SANS, 9, after=2.5, spaceBefore=2.5))]
            case Row():
                return [self._pair(block.label, self.lines(block.lines))]
            case Grid():
                return [Spacer(0, 4), self._grid(block), Spacer(0, 4)]
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
        head = [Paragraph(self.text(column), _style(_BOLD, 8.5)) for column in grid.columns]
        body = [
            [Paragraph(self.text(cell), _style(size=10 if cell == "□" else 8.5, alignment=TA_CENTER if cell == "□" else 0)) for cell in row]
            for row in grid.rows
        ]
        table = Table([head, *body], colWidths=[_WIDTH * share for share in grid.widths], repeatRows=1)
        table.setStyle(
            TableStyle(
                [
                    ("VALIGN", (0, 0), (-1, -1), "TOP"),
                    ("GRID", (0, 0), (-1, -1), 0.4, _RULE),
                    ("BACKGROUND", (0, 0), (-1, 0), _SOFT),
                    ("LEFTPADDING", (0, 0), (-1, -1), 4),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 4),
                    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
                    ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
                    *([("NOSPLIT", (0, 0), (-1, -1))] if len(body) <= _SHORT else []),
                ]
            )
        )
        return table

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


class _Rule(Flowable):
    """A line to write on."""

    def wrap(self, width: float, _height: float) -> tuple[float, float]:
        self.width = width
        return width, 7 * mm

    def draw(self) -> None:
        self.canv.setStrokeColor(_RULE)
        self.canv.setLineWidth(0.5)
        self.canv.line(0, 0.8 * mm, self.width, 0.8 * mm)


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
