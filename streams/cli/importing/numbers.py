"""Numbers as people write them: decimal comma or point, groups of three apart by point, comma, blank or apostrophe."""

import re
from functools import cache

from streams.cli.importing.table import Exact

_BLANKS = " \u00a0\u2009\u202f"


@cache
def _pattern(decimal: str) -> re.Pattern[str]:
    groups = _BLANKS + "'’" + ("." if decimal == "," else ",")
    point = re.escape(decimal)
    return re.compile(rf"([+-]?)(\d{{1,3}}(?P<apart>[{groups}])\d{{3}}(?:(?P=apart)\d{{3}})*|\d+)?(?:{point}(\d+))?")


def read_number(value: str, decimal: str) -> str | None:
    """The number with a decimal point and no groups, digits as written (`0,50` is `0.50`); None where it is none.

    One group sign with three digits behind it is taken for a group: `1.234` with decimal comma is 1234.
    """
    if isinstance(value, Exact):
        return str(value) if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", value) else None
    text = value.strip(_BLANKS + "\t").replace("\u2212", "-")
    found = _pattern(decimal).fullmatch(text)
    if found is None or not any(character.isdigit() for character in text):
        return None
    sign, whole, fraction = found[1], found[2] or "0", found[4]
    digits = "".join(character for character in whole if character.isdigit())
    if not (digits + (fraction or "")).isascii():
        digits = "".join(str(int(character)) for character in digits)
        fraction = "".join(str(int(character)) for character in fraction) if fraction else fraction
    return ("-" if sign == "-" else "") + digits + (f".{fraction}" if fraction else "")
