"""REAL, NOT EXERCISE: the one thing that an exercise may tell the live centre (leak rule 10, decision 0813)."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from schemas.bounds import Agency, Instant, Strict
from schemas.channels import EXERCISE
from schemas.handling import NamedPerson, Person
from schemas.records import Open


class RealCall(Strict):
    """What crosses: who says so, and in which exercise. There is no field for anything else."""

    agency: Agency
    person: Person
    exercise: Annotated[str, StringConstraints(pattern=rf"^{EXERCISE}[a-z0-9-]{{1,22}}$"), Field(description="The exercise's space")]


class RealAlert(Open):
    """A person in an exercise says that something is real: the duty coordinators call that person. Open until `answered_by` is set."""

    id: UUID = Field(description="Of one person, one exercise and one minute: pressing again in a minute is the same alert")
    agency: str
    person: str
    exercise: str
    at: Instant
    answered_by: NamedPerson | None = None
    answered: Instant | None = None
