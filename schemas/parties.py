"""Persons and organisations, with names as written in whatever script."""

from typing import Annotated, Literal

from pydantic import Field

from schemas.bounds import Birth, Code, Country, Line, Short, Strict
from schemas.identifiers import Account, Document, Phone

Role = Literal[
    "suspect",
    "arrested",
    "courier",
    "driver",
    "passenger",
    "owner",
    "sender",
    "recipient",
    "consignor",
    "consignee",
    "carrier",
    "broker",
    "organiser",
    "witness",
    "victim",
    "contact",
    "other",
]


class Biometric(Strict):
    """A reference to a fingerprint, photograph or DNA profile in the holder's own system."""

    kind: Literal["fingerprint", "photograph", "dna"]
    reference: Code
    holder: Short


class NaturalPerson(Strict):
    """A person; every spelling seen belongs in `names`."""

    kind: Literal["person"]
    names: tuple[Line, ...] = Field(min_length=1, max_length=20)
    role: Role = "suspect"
    born: Birth | None = None
    birthplace: Line | None = None
    sex: Literal["female", "male", "other", "unknown"] | None = None
    nationalities: tuple[Country, ...] = Field((), max_length=5)
    documents: tuple[Document, ...] = Field((), max_length=20)
    phones: tuple[Phone, ...] = Field((), max_length=20)
    accounts: tuple[Account, ...] = Field((), max_length=20)
    biometrics: tuple[Biometric, ...] = Field((), max_length=20)
    address: Line | None = None
    arrested: bool = False


class Organisation(Strict):
    """A company, group or body."""

    kind: Literal["organisation"]
    names: tuple[Line, ...] = Field(min_length=1, max_length=20)
    role: Role = "other"
    registration: Short | None = None
    country: Country | None = None
    accounts: tuple[Account, ...] = Field((), max_length=20)
    phones: tuple[Phone, ...] = Field((), max_length=20)
    address: Line | None = None


Party = Annotated[NaturalPerson | Organisation, Field(discriminator="kind")]
