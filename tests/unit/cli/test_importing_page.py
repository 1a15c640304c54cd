"""The page on importing names every word of the mapping language."""

from pathlib import Path

import pytest

from streams.cli.importing.mapping import SHIPPED, Mapping, Marking, RowId, Rule, Skip, read_mapping
from streams.cli.importing.source import Source

PAGE = (Path(__file__).parents[3] / "docs" / "importing.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("model", [Mapping, Marking, RowId, Rule, Skip, Source], ids=lambda model: model.__name__)
def test_every_word_is_on_the_page(model):
    assert [name for name in model.model_fields if f"`{name}`" not in PAGE] == []


def test_the_mapping_on_the_page_is_a_mapping():
    read_mapping(PAGE.split("```yaml\n")[1].split("```")[0])


def test_every_shipped_mapping_is_on_the_page():
    assert [path.stem for path in SHIPPED.glob("*.yaml") if f"`{path.stem}`" not in PAGE] == []
