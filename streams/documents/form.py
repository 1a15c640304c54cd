"""A form as data, before it is a PDF or a DOCX: headings, rows, grids, boxes to tick and room to write."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from schemas.handling import Evaluation4x4, Handling
from streams.documents.wording import Printed, say
from streams.planning.findings import moment

_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True, slots=True)
class Heading:
    """Begins a section."""

    text: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A sentence over the whole width; a `strong` one is printed bold."""

    text: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A label and what is stated; without lines it is shown as not stated."""

    label: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Grid:
    """A table with column titles; `widths` are shares of the page. A cell may have several lines.

    `marked`: rows, from 0, that are to be seen at once. `titled`: the column in whose cells the first line is a title.
    """

    columns: tuple[str, ...]
    widths: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]
    marked: frozenset[int] = frozenset()
    titled: int | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """Boxes to tick by hand; `room` lines to write below them."""

    label: str
    options: tuple[str, ...]
    room: int = 0


@dataclass(frozen=True, slots=True)
class Room:
    """Lines to write on."""

    label: str
    lines: int = 1


@dataclass(frozen=True, slots=True)
class Signatures:
    """Places to sign for one or two officers, each with the same blanks: two side by side, of one officer's two in a row."""

    who: tuple[str, ...]
    blanks: tuple[str, ...]

    def rows(self) -> list[tuple[str, str]]:
        """The blanks as they stand on the page, two columns."""
        if len(self.who) == 2:
            return [(blank, blank) for blank in self.blanks]
        return list(zip(self.blanks[::2], self.blanks[1::2], strict=True))


Block = Heading | Remark | Row | Grid | Choice | Room | Signatures


@dataclass(frozen=True, slots=True)
class Stamp:
    """What stands on every page: for whom this copy is, which of how many, and when it was printed, in the reader's zone."""

    name: str
    number: int
    total: int
    at: datetime
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.total:
            raise ValueError(f"copy {self.number} of {self.total}: number the copies from 1 to {self.total}")


@dataclass(frozen=True, slots=True)
class Form:
    """One form for one authority. `reference` and `stamp` stand on every page, `label` is the TLP label, `exercise` a banner."""

    title: str
    reference: str
    tongue: Printed
    label: str
    handling: str
    exercise: bool
    stamp: Stamp
    blocks: tuple[Block, ...] = field(default_factory=tuple)
    elsewhere: str = "other_script"
    """The string that says where characters can be read that the PDF's font lacks."""

    @property
    def footer(self) -> tuple[str, str]:
        """Copy number with reference, and for whom it was printed and when."""
        stamp, tongue = self.stamp, self.tongue
        copy = say("copy", tongue, number=stamp.number, total=stamp.total)
        return f"{self.reference} · {copy}", say("printed", tongue, name=clean(stamp.name), at=moment(stamp.at, stamp.zone))


def handled(handling: Handling, tongue: Printed) -> tuple[str, str]:
    """The TLP label, and the rest of the handling as given: codes are never translated."""
    evaluation = handling.evaluation
    if isinstance(evaluation, Evaluation4x4):
        code = f"4x4 {evaluation.source}{evaluation.information}"
    else:
        code = f"3x5x2 {evaluation.source}{evaluation.information}{evaluation.handling}"
    parts = [
        " ".join(handling.europol),
        handling.europol_text,
        f"{handling.national.country}: {handling.national.label}" if handling.national else None,
        say("originator", tongue, name=handling.originator),
        say("evaluation", tongue, code=code),
        say("recipients", tongue, names=", ".join(handling.recipients)) if handling.recipients else None,
        say("embargo_until", tongue, at=handling.embargo_until.isoformat(timespec="minutes")) if handling.embargo_until else None,
        say("retain_until_at", tongue, at=handling.retain_until.isoformat(timespec="minutes")) if handling.retain_until else None,
    ]
    return f"TLP:{handling.tlp}", joined(parts, " · ")


def clean(text: str) -> str:
    """One line of what people wrote: no line breaks, nothing that is not seen, nothing that XML cannot hold."""
    seen = _UNSEEN.sub("", " ".join(text.split()))
    kept = "".join(character if unicodedata.category(character) not in {"Cc", "Cs", "Cn"} else "\ufffd" for character in seen)
    return unicodedata.normalize("NFC", kept)


def joined(parts: Iterable[str | None], by: str = ", ") -> str:
    """The parts that say something, in one line."""
    return by.join(cleaned for part in parts if part and (cleaned := clean(part)))


def paragraphs(text: str | None) -> tuple[str, ...]:
    """A longer text by its lines."""
    return tuple(cleaned for line in (text or "").splitlines() if (cleaned := clean(line)))


def stated(lines: Sequence[str | None]) -> tuple[str, ...]:
    """The lines that say something."""
    return tuple(cleaned for line in lines if line and (cleaned := clean(line)))
