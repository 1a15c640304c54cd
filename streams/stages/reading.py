"""From bytes to a report that can be trusted: size, UTF-8, JSON, schema, one meaning.

Whatever arrives, the answer is a report or `Refused` with a field and a mend, in time proportional to the bytes.
"""

import json
from hashlib import sha256
from typing import Any, NamedTuple, NoReturn

import orjson
from pydantic import ValidationError

from schemas.problems import Problem, problems
from schemas.quick import surely_valid
from schemas.reports import MAX_REPORT_BYTES, read_report
from streams.stages.refusal import Refused, named

WHOLE = "(whole report)"
LONGEST_LIST = 500
MOST_FIELDS = 100
_WORTH_COUNTING = 16_384
JSON_BLANKS = b" \t\r\n"


class Read(NamedTuple):
    """A valid report: its bytes as sent, its JSON, the SHA-256 of its canonical JSON."""

    body: bytes
    data: dict[str, Any]
    digest: str


def refused(field: str, reason: str, mend: str | None) -> Refused:
    """A refusal for one problem."""
    return Refused([Problem(field=field[:400], reason=reason[:400], mend=mend)])


def decode(body: bytes | None) -> dict[str, Any]:
    """The JSON object in these bytes. Raises Refused."""
    if not body:
        raise refused(WHOLE, "the record has no value", "send one JSON object in UTF-8")
    if len(body) > MAX_REPORT_BYTES:
        raise refused(
            WHOLE,
            # How much larger is not told: the gateway cuts what it passes on of it.
            f"it has more than {MAX_REPORT_BYTES} bytes, which is the most",
            "split the report; send photographs and files as attachments, by their sha256",
        )
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        _explain(body, error)
    if not isinstance(value, dict):
        raise refused(WHOLE, f"a JSON {_TYPES[type(value)]}, where an object belongs", "send one report a record, as a JSON object")
    if len(body) > _WORTH_COUNTING:
        _count(value)
    return value


_TYPES = {list: "array", str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}


def _explain(body: bytes, error: orjson.JSONDecodeError) -> NoReturn:
    mend = "send one JSON object in UTF-8"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise refused(WHOLE, f"not UTF-8: byte {wrong.start} is 0x{body[wrong.start]:02x}", "encode the report in UTF-8") from None
    if body.startswith(b"\xef\xbb\xbf"):
        raise refused(WHOLE, "starts with a byte order mark", "leave the byte order mark out: UTF-8 needs none") from None
    said = str(error)
    if "surrogate" in said:
        mend = "write characters beyond U+FFFF as a pair of \\u escapes, or as UTF-8"
    elif "infinity" in said or text[error.pos : error.pos + 8].lstrip("-").startswith(("NaN", "Inf")):
        mend = "leave the field out where the number is unknown: NaN and Infinity are no JSON numbers"
    elif "depth" in said or "memory" in said:
        mend = "a report nests at most 10 levels deep"
    raise refused(WHOLE, f"not JSON: {said}", mend) from None


def _count(value: dict[str, Any]) -> None:
    """Refuse what no schema allows before each of its parts is refused singly: a list of a million errors helps nobody."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            if len(node) > MOST_FIELDS:
                raise refused(path or WHOLE, f"{len(node)} fields in one object", f"no object here has more than {MOST_FIELDS}")
            waiting += [
                (f"{path}.{name[:40]}" if path else name[:40], child) for name, child in node.items() if type(child) in (dict, list)
            ]
        else:
            if len(node) > LONGEST_LIST:
                raise refused(
                    path or WHOLE, f"{len(node)} items in one list", f"no list here has more than {LONGEST_LIST}: split the report"
                )
            waiting += [(f"{path}[{place}]", child) for place, child in enumerate(node) if type(child) in (dict, list)]


def read(body: bytes, data: dict[str, Any], prefix: str = "") -> Read:
    """The report in a decoded object, valid by its schema. `prefix` goes before the field of a refusal. Raises Refused."""
    if not surely_valid(body, data):
        try:
            read_report(body)
        except ValidationError as error:
            found = problems(error)
            if prefix:
                found = [problem.model_copy(update={"field": prefix + problem.field}) for problem in found]
            raise Refused(found, named(data)) from None
    # The next stage finds the report by the brace that it begins with.
    return Read(body.strip(JSON_BLANKS), data, sha256(canonical(body, data)).hexdigest())


def canonical(body: bytes, data: dict[str, Any]) -> bytes:
    """The same JSON with sorted keys and no blanks; numbers as written. Raises Refused where an object names a field twice.

    Where writing the decoded object gives the same bytes, decoding has lost nothing: that is the common case, and the quick one.
    """
    return orjson.dumps(data if orjson.dumps(data) == body else exact(body), option=orjson.OPT_SORT_KEYS)


def exact(body: bytes) -> Any:
    """The JSON with every number kept as written. Raises Refused where an object names a field twice."""
    return json.loads(body, parse_float=orjson.Fragment, parse_int=orjson.Fragment, object_pairs_hook=_once_each)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise refused(twice, "the field is there twice in one object", "keep one: which of the two is meant cannot be told")
    return found
