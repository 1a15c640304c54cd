"""A mapping: a declaration, in YAML, of how the columns of one kind of file become the fields of a report."""

import difflib
import re
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

from schemas.bounds import Agency, Instant, Language, Line, Strict
from schemas.handling import Evaluation, MatchMode, Tlp
from schemas.problems import problems
from schemas.seizure import Seizure
from streams.cli.importing.dates import DateFormat, zone_of
from streams.cli.importing.source import Source

PATH = re.compile(r"[a-z_0-9]+(\[\d{1,2}\])?(\.[a-z_0-9]+(\[\d{1,2}\])?)*")
Scalar = str | int | bool


class MappingError(Exception):
    """The mapping itself is wrong; the text lists every problem with its field and mend."""


class Rule(Strict):
    """Where one field's value comes from, and what is done to it, in this order: take, match, split, values, number or date.

    Exactly one of `column`, `first_of`, `template` and `value` says where it comes from. A column's name alone is short for `column`.
    """

    column: str | None = Field(None, description="The column that has it")
    first_of: tuple[str, ...] | None = Field(None, description="The first of these columns that is not empty")
    template: str | None = Field(None, description="Text with columns in braces: '{Rank} {Name}'; empty when all of them are")
    value: Scalar | tuple[Scalar, ...] | None = Field(None, description="A constant")
    match: str | None = Field(
        None, description="Regular expression for the whole value; another value leaves the field out; group 1 is taken"
    )
    split: str | None = Field(None, min_length=1, description="Cut the value at this text, and take `part`")
    part: int = Field(1, ge=1, description="Which part of `split`, from 1")
    values: dict[str, Scalar | None] | None = Field(None, description="What words mean; case is ignored; null leaves the field out")
    other: Literal["keep", "leave_out"] = Field("keep", description="What becomes of a word that `values` does not know")
    number: bool = Field(False, description="A number, with the file's decimal sign; groups of three may be apart")
    date: str | tuple[str, ...] | None = Field(None, description="Formats such as DD.MM.YYYY, YYYY-MM-DD HH:mm, D MMM YY, MM, serial")
    year: int | None = Field(None, ge=1970, le=2099, description="The year, where the date has none")
    zone: str | None = Field(None, description="Of times of day: +05:00 or Asia/Dushanbe")
    required: bool = Field(False, description="An empty value refuses the row")
    unreadable: Literal["refuse", "leave_out"] = Field("refuse", description="What an unreadable number or date does to the row")
    only_with: str | None = Field(None, description="Another field: this one is left out where that one is empty")

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        given = [name for name in ("column", "first_of", "template", "value") if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"say where the value comes from with one of column, first_of, template, value (given: {', '.join(given) or 'none'})"
            )
        if self.number and self.date:
            raise ValueError("a value is a number or a date, not both")
        if self.match is not None:
            try:
                re.compile(self.match)
            except re.error as error:
                raise ValueError(f"match is not a regular expression: {error}") from error
        formats = [DateFormat.parse(text) for text in self.date_formats]
        if any(each.has_time for each in formats) and self.zone is None:
            raise ValueError("the date format has a time of day: say its zone, such as +05:00 or Asia/Dushanbe")
        if formats and self.year is None and not all(each.has_year for each in formats):
            raise ValueError("the date format has no year: say year")
        if self.zone is not None:
            zone_of(self.zone)
        return self

    @property
    def date_formats(self) -> tuple[str, ...]:
        return () if self.date is None else (self.date,) if isinstance(self.date, str) else self.date

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads."""
        if self.column is not None:
            return (self.column,)
        return self.first_of or tuple(re.findall(r"\{([^{}]+)\}", self.template or ""))

    @property
    def keeps_all(self) -> bool:
        """Whether the field shows all that the column said; where not, the column is also kept in the narrative as written."""
        whole = self.match is None or re.compile(self.match).groups == 0
        return whole and self.values is None and self.split is None


class Marking(Strict):
    """Handling of every report of the file; `originator` is the agency that imports."""

    tlp: Tlp
    evaluation: Evaluation
    europol: tuple[str, ...] = ()
    europol_text: Line | None = None
    recipients: tuple[str, ...] = ()
    match_mode: MatchMode = "owner_first"


class Skip(Strict):
    """Rows that are not reports: totals, notes, repeated headers. They are counted, not sent."""

    column: str
    is_empty: bool | None = None
    is_one_of: tuple[str, ...] | None = None
    matches: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(each is not None for each in (self.is_empty, self.is_one_of, self.matches)) != 1:
            raise ValueError("say one of is_empty, is_one_of, matches")
        return self

    def applies(self, value: str) -> bool:
        if self.is_empty is not None:
            return (value == "") == self.is_empty
        if self.is_one_of is not None:
            return value.casefold() in {each.casefold() for each in self.is_one_of}
        return re.fullmatch(self.matches or "", value) is not None


class RowId(Strict):
    """A report's number: the agency's own from `columns`, else one that derives from the row's content.

    By content: the same row of the same file always has the same number, and the second of two identical rows another.
    """

    columns: tuple[str, ...] = ()
    prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,16}$")] = ""


class Mapping(Strict):
    """One kind of file."""

    about: Line
    kind: Literal["seizure"] = "seizure"
    agency: Agency | None = Field(None, description="Whose files these are; --agency must agree")
    language: Language | None = None
    source: Source = Source()
    issued: Instant | None = Field(None, description="When the file was issued; a field `issued` may give each row's own")
    handling: Marking
    report_id: RowId = RowId()
    skip_when: tuple[Skip, ...] = ()
    fields: dict[str, Rule] = Field(min_length=1)

    @field_validator("fields", mode="before")
    @classmethod
    def _shorthand(cls, value: object) -> object:
        if isinstance(value, dict):
            return {path: {"column": rule} if isinstance(rule, str) else rule for path, rule in value.items()}
        return value

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        known = seizure_fields()
        wrong: list[str] = []
        for path, rule in self.fields.items():
            plain = re.sub(r"\[\d+\]", "[]", path)
            if PATH.fullmatch(path) is None or plain not in known:
                near = difflib.get_close_matches(plain, sorted(known), 1, 0.6)
                wrong.append(
                    f"fields.{path}: a {self.kind} has no such field" + (f", did you mean {near[0].replace('[]', '[0]')}?" if near else "")
                )
            if rule.only_with is not None and rule.only_with not in self.fields:
                wrong.append(f"fields.{path}.only_with: {rule.only_with} is not among the fields of this mapping")
        if self.issued is None and "issued" not in self.fields:
            wrong.append(
                "issued: say when the file was issued, such as 2024-02-01T00:00:00+05:00; never now: a second import must give the same"
            )
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @cached_property
    def numeric(self) -> frozenset[str]:
        """Its fields that are JSON numbers."""
        return frozenset(filter(is_numeric, self.fields))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it names."""
        named = [column for rule in self.fields.values() for column in rule.columns]
        return tuple(dict.fromkeys([*named, *self.report_id.columns, *(skip.column for skip in self.skip_when)]))


@cache
def seizure_fields() -> dict[str, frozenset[str]]:
    """Every leaf of a seizure report with its JSON types, list places as `[]`: `substances[].quantity.amount`."""
    schema = TypeAdapter(Seizure).json_schema()
    found: dict[str, set[str]] = {}

    def walk(node: dict[str, Any], at: str, depth: int) -> None:
        while "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[1]]
        for branch in (*node.get("anyOf", ()), *node.get("oneOf", ())):
            walk(branch, at, depth)
        if depth > 8:
            return
        for name, inner in node.get("properties", {}).items():
            walk(inner, f"{at}.{name}" if at else name, depth + 1)
        if isinstance(node.get("items"), dict):
            walk(node["items"], f"{at}[]", depth + 1)
        kind = node.get("type", "string" if "const" in node or "enum" in node else None)
        if at and "properties" not in node and kind not in (None, "array", "null", "object"):
            found.setdefault(at, set()).add(kind)

    walk(schema, "", 0)
    return {path: frozenset(kinds) for path, kinds in found.items()}


def is_numeric(path: str) -> bool:
    """Whether the field is a JSON number; a decimal travels as text, with its digits as written."""
    return seizure_fields().get(re.sub(r"\[\d+\]", "[]", path), frozenset()) in ({"number"}, {"integer"}, {"number", "integer"})


class _Loader(yaml.SafeLoader):
    """YAML as people write mappings: `no`, `on` and dates stay text, a repeated key is an error."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        repeated = {key for key in keys if keys.count(key) > 1}
        if repeated:
            raise MappingError(f"line {node.start_mark.line + 1}: {', '.join(map(str, repeated))} stands twice: keep one")
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for sign, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def read_mapping(text: str) -> Mapping:
    """A mapping from YAML. Raises MappingError that names each wrong field."""
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 — a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise MappingError(f"{where}not YAML: {getattr(error, 'problem', error)}") from error
    if not isinstance(document, dict):
        raise MappingError("a mapping is a YAML object with about, issued, handling and fields")
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        raise MappingError(
            "\n".join(f"{each.field}: {each.reason}" + (f" — {each.mend}" if each.mend else "") for each in problems(error))
        ) from error


SHIPPED = Path(__file__).resolve().parent.parent / "mappings"


def find_mapping(name: str) -> Path:
    """The file of a mapping: a path, or the name of one that is shipped. Raises MappingError listing those."""
    path = Path(name)
    if path.is_file():
        return path
    shipped = SHIPPED / f"{name.removesuffix('.yaml')}.yaml"
    if path.name == name and shipped.is_file():
        return shipped
    listed = ", ".join(sorted(each.stem for each in SHIPPED.glob("*.yaml")))
    raise MappingError(f"there is no mapping {name}: give a file, or one of those shipped: {listed}")
