"""Who a report comes from, who may see it, and how good it is.

Codes are kept as the originator gave them and are never translated: TLP is FIRST's Traffic Light Protocol 2.0, H0–H3 are Europol's
handling codes, the evaluation is the 4x4 system (European police) or the UK's 3x5x2.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from schemas.bounds import Agency, Instant, Line, Short, Strict

Tlp = Literal["RED", "AMBER+STRICT", "AMBER", "GREEN", "CLEAR"]
EuropolCode = Literal["H0", "H1", "H2", "H3"]
MatchMode = Literal["owner_first", "mutual", "never"]
MATCHED: Final[frozenset[str]] = frozenset({"owner_first", "mutual"})
"""What lets a report be held against those of others. Whatever else a report says keeps it out, a mode of a later language too."""


def is_matched(handling: Mapping[str, Any]) -> bool:
    """Whether a report of this handling, as JSON, is held against those of other agencies, where it says nothing of it too."""
    return handling.get("match_mode", "owner_first") in MATCHED


Person = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._@-]{0,63}$"), Field(description="A person's sign-in name", examples=["n.rahimov"])
]


NamedPerson = Annotated[
    str,
    StringConstraints(pattern=r"^[A-Z]{2,8}(-[A-Z0-9]{2,12}){0,2}/[a-z0-9][a-z0-9._@-]{0,63}$"),
    Field(description="A person of an agency: sign-in names are unique within an agency alone", examples=["KZ-KNB/a.seitkali"]),
]


class Evaluation4x4(Strict):
    """4x4: source A (no doubt) to C, X (unassessable); information 1 (certain) to 4. There is no D."""

    scheme: Literal["4x4"]
    source: Literal["A", "B", "C", "X"]
    information: Literal["1", "2", "3", "4"]


class Evaluation3x5x2(Strict):
    """UK 3x5x2: source 1–3, information A–E, handling P (lawful sharing permitted) or C (with conditions)."""

    scheme: Literal["3x5x2"]
    source: Literal["1", "2", "3"]
    information: Literal["A", "B", "C", "D", "E"]
    handling: Literal["P", "C"]
    conditions: Line | None = None


Evaluation = Annotated[Evaluation4x4 | Evaluation3x5x2, Field(discriminator="scheme")]


class ReleaseRule(Strict):
    """The originator's consent to a release onward (third-party rule). Each hop takes one from `hops`; the label never changes."""

    partner: Agency
    hops: int = Field(1, ge=1, le=3, description="1: the partner may not pass it on")
    purpose: Line | None = None


class NationalClassification(Strict):
    """A state's own marking, kept as given."""

    country: str = Field(pattern=r"^[A-Z]{2}$")
    label: Short


class Handling(Strict):
    """Handling of one report. `originator` keeps control of every release (third-party rule)."""

    originator: Agency
    tlp: Tlp
    europol: tuple[EuropolCode, ...] = Field((), max_length=4)
    europol_text: Line | None = Field(None, description="The restriction that H3 stands for")
    evaluation: Evaluation
    recipients: tuple[Agency | NamedPerson, ...] = Field(
        (), max_length=64, description="Agencies and persons named to receive it; RED goes to nobody else"
    )
    release: tuple[ReleaseRule, ...] = Field((), max_length=32)
    embargo_until: Instant | None = Field(None, description="Held from every way out until then")
    retain_until: Instant | None = Field(None, description="Until when the originator lets it be kept: it is to be removed then")
    national: NationalClassification | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if "H3" in self.europol and not self.europol_text:
            raise ValueError("H3 means a restriction in words: put it in europol_text")
        if len({rule.partner for rule in self.release}) != len(self.release):
            raise ValueError("release names a partner twice: keep one rule for each")
        return self


class ReportHandling(Handling):
    """Handling of a report, which may be held against the reports of other agencies."""

    match_mode: MatchMode = Field(
        "owner_first",
        description="Who learns that a report of another agency meets this one. owner_first: the originator, who decides what the other"
        " learns; mutual: both, where both say so; never: nobody, it is not held against others' reports",
    )
