"""What a mapping may say about the file itself; all of it is found out where it is not said."""

from typing import Literal

from pydantic import Field, field_validator

from schemas.bounds import Strict

Format = Literal["csv", "json", "ndjson", "sheet"]


class Source(Strict):
    """How to read the file."""

    format: Format | None = Field(None, description="csv (any delimiter), json, ndjson or sheet (XLSX, XLS, ODS); unset: by its content")
    encoding: str | None = Field(None, max_length=40, description="Such as utf-8, cp1251, cp1252, koi8-r; unset: found")
    delimiter: str | None = Field(None, min_length=1, max_length=1, description="Unset: found among semicolon, comma, tab and bar")
    quote: str | None = Field('"', min_length=1, max_length=1, description="null: quotation marks are only text")
    header: int | tuple[int, ...] | None = Field(
        None, description="Line of the column names, several if they are in several, 0: none; unset: found"
    )
    sheet: str | None = Field(None, max_length=100, description="Name of the sheet; unset: the only one that has rows")
    path: str | None = Field(None, max_length=200, description="JSON: where the rows are, such as data.items")
    decimal: Literal[".", ","] = Field(".", description="What stands before the decimals")
    empty: tuple[str, ...] = Field(("-", "n/a", "N/A", "null", "NULL"), max_length=50, description="Values that mean: nothing given")

    @field_validator("delimiter", mode="before")
    @classmethod
    def _tab(cls, value: object) -> object:
        return "\t" if value in ("tab", "\\t") else value
