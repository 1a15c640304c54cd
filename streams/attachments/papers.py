"""Papers for others: each page as a picture, so that no author, comment, hidden layer, attached file or program goes with it."""

import io

import pypdfium2
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from streams.attachments.kinds import Refused
from streams.attachments.pictures import Picture, thumbnail_of

MAX_PAGES = 40
MAX_SIDE_POINTS = 3_400
"""A0 in points of 1/72 inch."""
DPI = 130
_MAX_PAGE_PIXELS = 4_000_000


def paper(content: bytes) -> Picture:
    """The paper for others as a PDF of pictures; width and height of its first page in pixels. Raises Refused."""
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Refused("protected", "the PDF is protected by a password: save it without one") from None
        raise Refused("damaged", "the PDF is damaged or cut short: send it again from where it was made") from None
    with document:
        if not 1 <= len(document) <= MAX_PAGES:
            raise Refused("too_many_pages", f"the PDF has {len(document)} pages: at most {MAX_PAGES}, send it in parts")
        return _pictured(document)


def _pictured(document: pypdfium2.PdfDocument) -> Picture:
    made = io.BytesIO()
    canvas = Canvas(made, invariant=1)
    first: Image.Image | None = None
    for number in range(len(document)):
        shown, width, height = _page(document, number)
        first = first or shown
        drawn = io.BytesIO()
        shown.save(drawn, "JPEG", quality=75)
        canvas.setPageSize((width, height))
        canvas.drawImage(ImageReader(drawn), 0, 0, width, height)
        canvas.showPage()
    canvas.save()
    assert first is not None
    return Picture(made.getvalue(), *first.size, thumbnail_of(first))


def _page(document: pypdfium2.PdfDocument, number: int) -> tuple[Image.Image, float, float]:
    try:
        page = document[number]
        width, height = page.get_size()
        if not (1 <= width <= MAX_SIDE_POINTS and 1 <= height <= MAX_SIDE_POINTS):
            raise Refused("too_large", f"page {number + 1} is {width:.0f} × {height:.0f} points: at most A0")
        scale = min(DPI / 72, (_MAX_PAGE_PIXELS / (width * height)) ** 0.5)
        shown = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
        page.close()
    except pypdfium2.PdfiumError:
        raise Refused("damaged", f"page {number + 1} of the PDF cannot be read: send it again from where it was made") from None
    return shown, width, height
