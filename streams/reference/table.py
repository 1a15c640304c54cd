"""Reading the tab-separated tables under `data/`: comment lines begin with #, the first other line names the columns."""

from collections.abc import Iterator
from importlib.resources import files

_DATA = files("streams.reference") / "data"

FILES = (
    "agencies.tsv",
    "border_crossings.tsv",
    "borders.txt",
    "countries.tsv",
    "country_names.tsv",
    "delegations.tsv",
    "letters.tsv",
    "mmsi_flags.tsv",
    "subdivisions.tsv",
    "substance_names.tsv",
    "substances.tsv",
    "towns.tsv",
    "units.tsv",
    "words.tsv",
)


def text(name: str) -> str:
    """The whole file as text (UTF-8)."""
    return (_DATA / name).read_text(encoding="utf-8")


def rows(name: str) -> Iterator[dict[str, str]]:
    """One dict per row, every column present. Raises ValueError naming file and line where a row has another number of fields."""
    columns: list[str] | None = None
    for number, line in enumerate(text(name).splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if columns is None:
            columns = fields
        elif len(fields) != len(columns):
            raise ValueError(f"{name} line {number}: {len(fields)} fields where the header has {len(columns)}")
        else:
            yield dict(zip(columns, fields, strict=True))
