"""A quick yes: whether a decoded report is valid, asked of a schema without one line of Python in it.

The schema derives from that of `schemas.reports`: models become plain objects, times and amounts the patterns of their usual spelling,
rules written in Python the plainest cases that satisfy them. So a yes is always right; where there is no yes, `read_report` says whether
the report is valid after all, and if not, why. A test holds the two against each other.
"""

import re
from collections.abc import Callable
from typing import Any

from pydantic_core import SchemaValidator, ValidationError

from schemas import bounds
from schemas.bounds import FIRST_BIRTH_YEAR, FIRST_YEAR, LAST_YEAR, PLAIN
from schemas.handling import Handling
from schemas.places import Coordinates, Place
from schemas.report import ReportBase
from schemas.reports import REPORT_SCHEMA
from schemas.seizure import Seizure

Schema = dict[str, Any]
Fields = dict[str, Schema]

_DAY = r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
_CLOCK = r"T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"


def _years(first: int) -> str:
    assert first in (1900, 1970)
    assert LAST_YEAR == 2099
    return "(?:19[7-9][0-9]|20[0-9]{2})" if first == 1970 else "(?:19|20)[0-9]{2}"


def _written(first_year: int) -> str:
    return f"^{_years(first_year)}(?:-(?:0[1-9]|1[0-2])|-{_DAY}(?:{_CLOCK})?)?$"


_SPELLED: dict[Any, Schema] = {
    bounds._instant: {"type": "str", "pattern": f"^{_years(FIRST_YEAR)}-{_DAY}{_CLOCK}$"},
    bounds._moment: {"type": "str", "pattern": _written(FIRST_YEAR)},
    bounds._birth: {"type": "str", "pattern": _written(FIRST_BIRTH_YEAR)},
}


def _revised(fields: Fields) -> list[Fields]:
    uncorrected = {name: field for name, field in fields.items() if name != "correction"}
    return [uncorrected, {**fields, "revision": _required({"type": "int", "ge": 2, "le": 1_000_000})}]


def _off_null_island(fields: Fields) -> list[Fields]:
    north, south = {"type": "float", "gt": 0, "le": 90}, {"type": "float", "ge": -90, "lt": 0}
    return [{**fields, "lat": _required(lat)} for lat in (north, south)]


def _consistent(fields: Fields) -> list[Fields]:
    europol, release = fields["europol"]["schema"], fields["release"]["schema"]
    codes = {"type": "literal", "expected": ["H0", "H1", "H2"]}
    return [
        {
            **fields,
            "europol": {**fields["europol"], "schema": {**europol, "items_schema": codes}},
            "release": {**fields["release"], "schema": {**release, "max_length": 1}},
        }
    ]


def _drugs_seized(fields: Fields) -> list[Fields]:
    return [{**fields, "substances": _required({**fields["substances"]["schema"], "min_length": 1})}]


def _placed(fields: Fields) -> list[Fields]:
    return [{**fields, name: {**fields[name], "required": True}} for name in ("country", "crossing", "name", "coordinates")]


_PLAINEST: dict[Any, Callable[[Fields], list[Fields]]] = {
    ReportBase._correction_revises: _revised,
    Coordinates._not_null_island: _off_null_island,
    Handling._consistent: _consistent,
    Seizure._something_seized: _drugs_seized,
    Place._says_something: _placed,
}


def _required(schema: Schema) -> Schema:
    return {"type": "typed-dict-field", "schema": schema, "required": True}


def _object(schema: Schema) -> Schema:
    """A model, within the rules around it, as a plain object."""
    rules = []
    while schema["type"] == "function-after":
        rules.append(_PLAINEST[schema["function"]["function"]])
        schema = schema["schema"]
    fields: Fields = {}
    for name, field in schema["schema"]["fields"].items():
        inner = field["schema"]
        optional = inner["type"] == "default"
        fields[name] = {"type": "typed-dict-field", "schema": _plain(inner["schema"] if optional else inner), "required": not optional}
    ways = [fields]
    for rule in rules:
        ways = [way for before in ways for way in rule(before)]
    objects: list[Schema] = [{"type": "typed-dict", "fields": way, "extra_behavior": "forbid"} for way in ways]
    return objects[0] if len(objects) == 1 else {"type": "union", "choices": objects, "mode": "left_to_right"}


def _amount(schema: Schema) -> Schema:
    highest = int(schema.get("le", 10 ** (schema["max_digits"] - schema["decimal_places"])))
    assert schema["ge"] == 0
    assert set(schema) <= {"type", "ge", "le", "max_digits", "decimal_places", "metadata"}
    before, after = len(str(highest)) - 1, schema["decimal_places"]
    text = {"type": "str", "pattern": rf"^[0-9]{{1,{before}}}(?:\.[0-9]{{1,{after}}})?$"}
    return {"type": "union", "choices": [text, {"type": "int", "ge": 0, "lt": highest}], "mode": "left_to_right"}


def _plain(schema: Schema) -> Schema:
    """The part of a core schema (pydantic-core) as one that yields the value as it came. Raises KeyError for what it does not know."""
    match schema["type"]:
        case "model":
            return _object(schema)
        case "function-after":
            rule = schema["function"]["function"]
            return dict(_SPELLED[rule]) if rule in _SPELLED else _object(schema)
        case "tuple":
            (items,) = schema["items_schema"]
            assert schema["variadic_item_index"] == 0
            bounded: Schema = {name: schema[name] for name in ("min_length", "max_length") if name in schema}
            return {"type": "list", "items_schema": _plain(items), **bounded}
        case "decimal":
            return _amount(schema)
        case "float":
            return {**schema, "allow_inf_nan": False}
        case "str":
            # Control characters are looked for once, in the whole body.
            return {name: value for name, value in schema.items() if name != "pattern" or value != PLAIN}
        case "nullable":
            return {"type": "nullable", "schema": _plain(schema["schema"])}
        case "union":
            return {"type": "union", "choices": [_plain(choice) for choice in schema["choices"]], "mode": "left_to_right"}
        case "tagged-union":
            choices = {tag: _plain(choice) for tag, choice in schema["choices"].items()}
            return {"type": "tagged-union", "discriminator": schema["discriminator"], "choices": choices}
        case "definition-ref":
            return {"type": "definition-ref", "schema_ref": schema["schema_ref"]}
        case "definitions":
            shared = [{**_plain(shared), "ref": shared["ref"]} for shared in schema["definitions"]]
            return {"type": "definitions", "schema": _plain(schema["schema"]), "definitions": shared}
        case "literal" | "int" | "bool" as kind:
            return {**schema, "type": kind}
        case other:
            raise KeyError(f"no quick way is known to check {other}")


_QUICK = SchemaValidator(_plain(REPORT_SCHEMA))
_HIDDEN = re.compile(rb"\\(?:u00|[bf])|\x7f")
"""What may spell a control character in JSON. Raw ones are no JSON, and line ends and tabs are text."""


def surely_valid(body: bytes, data: object) -> bool:
    """Whether the decoded `data` of these bytes is surely a valid report. False says nothing."""
    if (b"\\" in body or b"\x7f" in body) and _HIDDEN.search(body):
        return False
    try:
        _QUICK.validate_python(data, strict=True)
    except ValidationError:
        return False
    return True
