"""Any report: the union by `kind`, and reading one from bytes."""

from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from schemas.assistance import AssistanceRequest
from schemas.delivery import DeliveryMessage
from schemas.intelligence import Intelligence
from schemas.laboratory import LaboratoryResult
from schemas.seizure import Seizure
from schemas.withdrawal import Withdrawal

MAX_REPORT_BYTES = 262_144

Report = Annotated[
    Seizure | DeliveryMessage | Intelligence | AssistanceRequest | LaboratoryResult | Withdrawal, Field(discriminator="kind")
]
_ANY: TypeAdapter[Report] = TypeAdapter(Report)
REPORT_SCHEMA: Any = _ANY.core_schema
"""Of any report, as pydantic-core takes it."""


def read_report(body: bytes | str) -> Report:
    """Validate one report from JSON, strictly: text is no number, a number no time.

    Raises pydantic.ValidationError; `schemas.problems.problems` says it in words.
    """
    return _ANY.validate_json(body, strict=True)


def report_kind(report: Report) -> str:
    """The kind whose topic a report travels on: a withdrawal travels on the topic of what it withdraws."""
    return report.withdraws if isinstance(report, Withdrawal) else report.kind
