"""A table on paper is never read without what says of which it is: on its page, and where it does not stand in each row."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from streams.documents.form import Block, Form, Grid, Remark, Row, Stamp
from streams.documents.pdf import to_pdf

STAMP = Stamp("KG-SCNBC/t.eam", 1, 1, datetime(2026, 11, 23, 3, tzinfo=UTC), ZoneInfo("UTC"))
TABLE = Grid(("Leg", "Country"), (0.5, 0.5), (("1", "first-row"), ("2", "TJ"), ("3", "KG")))


def pages(*blocks: Block) -> list[str]:
    form = Form("Title", "reference", "en", "TLP:RED", "as given", False, STAMP, blocks)
    with pypdfium2.PdfDocument(to_pdf(form)) as document:
        return [page.get_textpage().get_text_range() for page in document]


@pytest.mark.parametrize("above", [Remark("what it is of", strong=True), Row("what it is of", ("A",))], ids=["remark", "row"])
def test_what_stands_above_a_table_is_on_its_page(above: Block) -> None:
    parted = 0
    for filled in range(30, 46):
        found = pages(*(Row("filler", ("x",)) for _ in range(filled)), above, TABLE)
        (of,) = [number for number, page in enumerate(found) if "what it is of" in page]
        assert "first-row" in found[of], f"after {filled} rows it stands at the foot of page {of + 1}, its table on the next"
        parted += of
    assert 0 < parted < 16, "both before and after the end of the first page"
