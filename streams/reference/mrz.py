"""Machine-readable zones of travel documents: ICAO Doc 9303, parts 3 to 7 (check digits: weights 7-3-1, `<` = 0, A = 10)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Zone:
    """What a zone says: document code, issuing state (as printed, usually alpha-3), number; and each check digit that is wrong."""

    document: str
    issuer: str
    number: str
    findings: tuple[str, ...]


def digit(text: str) -> str:
    """The check digit of a field. Raises ValueError where a character is not of the zone's alphabet (A-Z, 0-9, <)."""
    return str(sum(_value(char) * (7, 3, 1)[index % 3] for index, char in enumerate(text)) % 10)


def _value(char: str) -> int:
    if char == "<":
        return 0
    if "0" <= char <= "9":
        return int(char)
    if "A" <= char <= "Z":
        return ord(char) - 55
    raise ValueError(f"{char!r} does not occur in a machine-readable zone: only A-Z, 0-9 and <")


def read(text: str) -> Zone | None:
    """Read TD1 (3 lines of 30), TD2 (2 of 36), TD3 (2 of 44) and visas of both sizes; None where the length fits none of them.

    Raises ValueError where a character is outside the alphabet.
    """
    zone = "".join(text.split()).upper()
    for char in zone:
        _value(char)
    if len(zone) == 90:
        return _td1(zone[:30], zone[30:60])
    if len(zone) in (72, 88):
        return _two_lines(zone[: len(zone) // 2], zone[len(zone) // 2 :])
    return None


def _two_lines(first: str, second: str) -> Zone:
    checks = [
        ("document number", second[0:9], second[9]),
        ("date of birth", second[13:19], second[19]),
        ("date of expiry", second[21:27], second[27]),
    ]
    if first[0] != "V":
        if len(second) == 44 and not (second[42] == "<" and not second[28:42].strip("<")):
            checks.append(("personal number", second[28:42], second[42]))
        last = len(second) - 1
        checks.append(("whole line", second[0:10] + second[13:20] + second[21:last], second[last]))
    return _zone(first, second[0:9], checks)


def _td1(first: str, second: str) -> Zone:
    number, check = first[5:14], first[14]
    if check == "<":
        # A number longer than nine characters runs on in the optional field, its check digit last (part 5, 4.2.2 note j).
        rest = first[15:].split("<", 1)[0]
        if rest:
            number, check = number + rest[:-1], rest[-1]
    checks = [("document number", number, check), ("date of birth", second[0:6], second[6]), ("date of expiry", second[8:14], second[14])]
    checks.append(("whole zone", first[5:30] + second[0:7] + second[8:15] + second[18:29], second[29]))
    return _zone(first, number, checks)


def _zone(first: str, number: str, checks: list[tuple[str, str, str]]) -> Zone:
    wrong = tuple(f"{name}: check digit {given}, expected {right}" for name, field, given in checks if given != (right := digit(field)))
    return Zone(first[0:2].rstrip("<"), first[2:5].rstrip("<"), number.rstrip("<").replace("<", ""), wrong)
