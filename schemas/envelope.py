"""CloudEvents 1.0: a report in its envelope, in Kafka's binary mode and in HTTP's structured mode.

`source` and `id` together are the event's identity (CloudEvents 1.0, section 3.1); the report's own identity is inside.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from schemas.bounds import Instant, Line, Strict
from schemas.reports import Report, report_kind

TYPE_PREFIX = "int.ric.report."
CONTENT_TYPE = b"application/json"
_TYPES = ("seizure", "controlled_delivery", "intelligence", "assistance_request", "laboratory_result", "withdrawal")

EventType = Annotated[str, StringConstraints(pattern=r"^int\.ric\.report\.(" + "|".join(_TYPES) + r")\.v1$")]


class EventAttributes(Strict):
    """The context attributes that travel in headers. Extension attributes of others are not accepted but `traceparent`."""

    specversion: Literal["1.0"]
    id: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    source: Line = Field(description="URI reference of the sending system: /agencies/TJ-DCA/posts/panji-poyon")
    type: EventType
    time: Instant | None = None
    subject: Line | None = None
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Line | None = None
    traceparent: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$")] | None = None


class ReportEvent(EventAttributes):
    """A report in structured mode (`application/cloudevents+json`)."""

    data: Report

    @model_validator(mode="after")
    def _type_matches(self) -> Self:
        if self.type != event_type(self.data):
            raise ValueError(f"type is {self.type} but data.kind is {self.data.kind}: they must name the same kind")
        return self


def event_type(report: Report) -> str:
    """`int.ric.report.seizure.v1` for a seizure."""
    return f"{TYPE_PREFIX}{report.kind}.v{report.schema_version}"


def kafka_headers(attributes: Mapping[str, str]) -> tuple[tuple[str, bytes], ...]:
    """CloudEvents attributes as Kafka binary-mode headers: `ce_` and the name; `traceparent` also plain, for tracers."""
    headers = [("content-type", CONTENT_TYPE)]
    headers += [(f"ce_{name}", value.encode()) for name, value in attributes.items() if name != "datacontenttype"]
    if "traceparent" in attributes:
        headers.append(("traceparent", attributes["traceparent"].encode()))
    return tuple(headers)


def kafka_attributes(headers: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """The CloudEvents attributes of a binary-mode record; empty where there are none. Bytes that are not UTF-8 are replaced."""
    return {name[3:]: value.decode("utf-8", "replace") for name, value in headers if name.startswith("ce_") and value is not None}


def envelop(report: Report, *, id: str, source: str, time: str | None = None) -> dict[str, Any]:
    """A structured-mode event around a report, as a JSON-ready dict."""
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": event_type(report),
        "datacontenttype": "application/json",
    }
    if time:
        event["time"] = time
    event["data"] = json.loads(report.model_dump_json(exclude_unset=True))
    return event


__all__ = ["EventAttributes", "ReportEvent", "ValidationError", "envelop", "event_type", "kafka_attributes", "kafka_headers", "report_kind"]
