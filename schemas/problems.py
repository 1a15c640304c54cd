"""Refusals in words: which field, what was wrong, how to mend it."""

import re
from collections.abc import Iterable

from pydantic import ValidationError

from schemas.bounds import Line, Strict


class Problem(Strict):
    """One reason of a refusal, or one finding of an acceptance. `field` is a path such as `substances[0].quantity.amount`."""

    field: Line
    reason: Line
    mend: Line | None = None


_MENDS = {
    "extra_forbidden": "remove it, or check its spelling: unknown fields are refused",
    "missing": "add it: it is required",
    "json_invalid": "send one JSON object in UTF-8",
    "union_tag_invalid": "use one of the kinds named",
    "union_tag_not_found": "add the field kind",
    "string_pattern_mismatch": "follow the pattern; control characters are never allowed",
    "timezone_aware": "add the offset from UTC, as in 2026-03-18T04:30:00+05:00",
    "string_too_long": "shorten it",
    "too_long": "send fewer, or split the report",
    "too_short": "give at least one",
    "decimal_max_digits": "round it",
    "decimal_max_places": "round it",
    "finite_number": "leave it out where it is unknown",
    "literal_error": "use one of the values named",
    "string_too_short": "write something, or leave it out",
    "greater_than": "stay within the bound",
    "greater_than_equal": "stay within the bound",
    "less_than": "stay within the bound",
    "less_than_equal": "stay within the bound",
}
_PARSING = "send a value of the type named"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def field_path(location: Iterable[str | int], tags: frozenset[str] = frozenset()) -> str:
    """`("substances", 0, "name")` as `substances[0].name`; discriminator tags that pydantic inserts are left out."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part not in tags:
            path += f".{part}" if path else str(part)
    return path or "(whole report)"


_TAGS = frozenset(
    {
        "seizure",
        "controlled_delivery",
        "intelligence",
        "assistance_request",
        "laboratory_result",
        "withdrawal",
        "person",
        "organisation",
        "4x4",
        "3x5x2",
        "constrained-str",
    }
)


def problems(error: ValidationError, limit: int = 20) -> list[Problem]:
    """The first `limit` problems of a refusal. Never quotes the input: it may hold what the reader may not see."""
    found: list[Problem] = []
    for item in error.errors(include_url=False, include_input=False, include_context=False):
        reason = item["msg"].removeprefix("Value error, ")
        mend = _MENDS.get(item["type"]) or (_PARSING if item["type"].endswith(("_type", "_parsing")) else None)
        # Names of unknown fields and of kinds are the sender's own and may hold anything.
        field = _CONTROL.sub("\ufffd", field_path(item["loc"], _TAGS))
        found.append(Problem(field=field[:400], reason=_CONTROL.sub("\ufffd", reason)[:400], mend=mend))
        if len(found) == limit:
            break
    return found
