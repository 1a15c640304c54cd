"""A form as DOCX: the same blocks as the PDF, to be completed on a machine. Text of every script is kept; Word brings the font for it."""

import io
import zipfile
from itertools import groupby, zip_longest
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.section import _Header as Header
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from streams.documents.form import Block, Choice, Form, Grid, Heading, Remark, Room, Row, Signatures
from streams.documents.wording import say

FONT = "Arial"
"""On every machine, with all of Cyrillic; its measures are those of the PDF's Arimo."""

_FAINT, _ALARM = RGBColor(0x5C, 0x66, 0x70), RGBColor(0xB0, 0x00, 0x20)
_TLP = {"RED": "FF2B2B", "AMBER": "FFC000", "AMBER+STRICT": "FFC000", "GREEN": "33FF00", "CLEAR": "FFFFFF"}
_WIDTH_MM = 174.0
_EPOCH = (1980, 1, 1, 0, 0, 0)
BOX = "\u2610"


def to_docx(form: Form) -> bytes:
    """The DOCX's bytes; the same for the same form."""
    document = Document()
    _page(document, form)
    title = document.add_paragraph()
    _write(title, form.title, size=15, bold=True)
    for paired, blocks in groupby(form.blocks, lambda block: isinstance(block, Row | Choice | Room)):
        if paired:
            _pairs(document, list(blocks), form)
            continue
        group = list(blocks)
        for block, following in zip_longest(group, group[1:]):
            _block(document, block, before_table=isinstance(following, Grid))
    properties = document.core_properties
    properties.title, properties.subject, properties.language = form.title, form.reference, form.tongue
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.created = properties.modified = form.stamp.at.replace(tzinfo=None, microsecond=0)
    buffer = io.BytesIO()
    document.save(buffer)
    return _without_clock(buffer.getvalue())


def _without_clock(packed: bytes) -> bytes:
    """The same archive without the times of packing."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(packed)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, source.read(name))
    return out.getvalue()


def _page(document: DocumentObject, form: Form) -> None:
    style: Any = document.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(9)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.element.rPr.rFonts.set(qn("w:cs"), FONT)
    spoken = OxmlElement("w:lang")
    spoken.set(qn("w:val"), "en-GB" if form.tongue == "en" else "ru-RU")
    style.element.rPr.append(spoken)
    style.paragraph_format.space_after = Pt(2)
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(30), Mm(26)
    section.header_distance = section.footer_distance = Mm(8)
    header = section.header
    _label(header.paragraphs[0], form)
    _write(header.add_paragraph(), f"{say('handling', form.tongue)}: {form.handling}", size=7.5, colour=_FAINT)
    if form.exercise:
        banner = header.add_paragraph()
        banner.alignment = WD_ALIGN_PARAGRAPH.CENTER
        _write(banner, say("exercise", form.tongue), size=10, bold=True, colour=_ALARM)
    _footer(section.footer, form)


def _footer(footer: Header | Any, form: Form) -> None:
    copy, printed = form.footer
    first = footer.paragraphs[0]
    _write(first, f"{copy} · ", size=8)
    before, between, after = say("page", form.tongue, page="\0", pages="\0").split("\0")
    _write(first, before, size=8)
    _field(first, "PAGE")
    _write(first, between, size=8)
    _field(first, "NUMPAGES")
    _write(first, after, size=8)
    _write(footer.add_paragraph(), printed, size=8)
    _label(footer.add_paragraph(), form)


def _label(paragraph: Paragraph, form: Form) -> None:
    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    run = _write(paragraph, f" {form.label} ", size=12, bold=True, colour=RGBColor.from_string(_TLP[form.label.removeprefix("TLP:")]))
    shade = OxmlElement("w:shd")
    for name, value in (("w:val", "clear"), ("w:color", "auto"), ("w:fill", "000000")):
        shade.set(qn(name), value)
    run._r.get_or_add_rPr().append(shade)


def _field(paragraph: Paragraph, code: str) -> None:
    run = _write(paragraph, "", size=8)
    for kind, text in (("begin", None), (None, code), ("end", None)):
        element = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            element.set(qn("w:fldCharType"), kind)
        else:
            element.text = text
        run._r.append(element)


def _write(paragraph: Paragraph, text: str, *, size: float = 9, bold: bool = False, colour: RGBColor | None = None) -> Run:
    run = paragraph.add_run(text)
    run.font.size, run.font.bold = Pt(size), bold
    if colour is not None:
        run.font.color.rgb = colour
    return run


def _block(document: DocumentObject, block: Block, *, before_table: bool) -> None:
    match block:
        case Heading():
            paragraph = document.add_paragraph()
            paragraph.paragraph_format.space_before, paragraph.paragraph_format.keep_with_next = Pt(8), True
            _write(paragraph, block.text, size=10.5, bold=True)
        case Remark():
            paragraph = document.add_paragraph()
            # What says of which table it speaks stands on the page of that table.
            paragraph.paragraph_format.keep_with_next = before_table
            _write(paragraph, block.text, bold=block.strong)
        case Grid():
            _grid(document, block)
        case Signatures():
            _signatures(document, block)


def _pairs(document: DocumentObject, blocks: list[Any], form: Form) -> None:
    """Labels on the left, what is stated or to be written on the right: one table, for Word joins tables that touch."""
    table = _table(document, len(blocks), (0.32, 0.68), "Normal Table")
    _lines_between(table)
    for row, block in zip(table.rows, blocks, strict=True):
        left, right = row.cells
        _write(left.paragraphs[0], block.label, colour=_FAINT)
        match block:
            case Row():
                _lines(right, block.lines or (say("not_stated", form.tongue),), None if block.lines else _FAINT)
            case Choice():
                _lines(right, (*(f"{BOX} {option}" for option in block.options), *("" for _ in range(block.room))))
            case Room():
                _lines(right, ("",) * block.lines)


def _table(document: DocumentObject, rows: int, widths: tuple[float, ...], style: str) -> Table:
    table: Table = document.add_table(rows=rows, cols=len(widths), style=style)
    table.autofit = False
    for column, share in zip(table.columns, widths, strict=True):
        column.width = Mm(_WIDTH_MM * share)
    for row in table.rows:
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        for cell, share in zip(row.cells, widths, strict=True):
            cell.width = Mm(_WIDTH_MM * share)
    return table


def _lines_between(table: Table) -> None:
    borders = OxmlElement("w:tblBorders")
    for side in ("bottom", "insideH"):
        line = OxmlElement(f"w:{side}")
        for name, value in (("w:val", "single"), ("w:sz", "4"), ("w:color", "9AA3AD")):
            line.set(qn(name), value)
        borders.append(line)
    # Word reads these properties in the order of the schema alone: borders before the layout.
    table._tbl.tblPr.find(qn("w:tblLayout")).addprevious(borders)


def _lines(cell: _Cell, lines: tuple[str, ...], colour: RGBColor | None = None) -> None:
    for position, line in enumerate(lines or ("",)):
        paragraph = cell.paragraphs[0] if position == 0 else cell.add_paragraph()
        _write(paragraph, line, colour=colour)


def _grid(document: DocumentObject, grid: Grid) -> None:
    table = _table(document, len(grid.rows) + 1, grid.widths, "Table Grid")
    head = OxmlElement("w:tblHeader")
    table.rows[0]._tr.get_or_add_trPr().append(head)
    for number, (row, cells) in enumerate(zip(table.rows, (grid.columns, *grid.rows), strict=True), -1):
        for column, (cell, text) in enumerate(zip(row.cells, cells, strict=True)):
            title, *rest = (BOX if text == "□" else text).split("\n")
            bold = number == -1 or number in grid.marked
            _write(cell.paragraphs[0], title, size=8.5, bold=bold or column == grid.titled)
            for line in rest:
                _write(cell.add_paragraph(), line, size=8.5, bold=bold)
    document.add_paragraph().paragraph_format.space_after = Pt(0)


def _signatures(document: DocumentObject, block: Signatures) -> None:
    rows = block.rows()
    table = _table(document, len(rows) + 1, (0.5, 0.5), "Normal Table")
    for cell, who in zip(table.rows[0].cells, block.who, strict=False):
        _write(cell.paragraphs[0], who, bold=True)
    for row, blanks in zip(table.rows[1:], rows, strict=True):
        for cell, blank in zip(row.cells, blanks, strict=True):
            cell.paragraphs[0].paragraph_format.space_before = Pt(18)
            _write(cell.paragraphs[0], "_" * 36)
            _write(cell.add_paragraph(), blank, size=7.5, colour=_FAINT)
