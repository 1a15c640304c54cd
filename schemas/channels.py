"""Every topic as plain data: name, key, value, partitions, retention, who writes, who reads.

Provisioning, ACLs, the AsyncAPI document, the docs table and the bridge policies derive from `CHANNELS`. A topic's name on the
broker is `{space}.{channel name}`; the inbound channel is a template with one topic per agency.
"""

from dataclasses import dataclass
from typing import Literal

SPACE_PATTERN = r"^[a-z][a-z0-9-]{0,31}$"
EXERCISE = "exercise-"
"""How the name of every exercise space begins, and of no other: topics, groups, schemas and tokens carry it."""
DAY = 86_400_000

Principal = Literal["agency", "gateway", "worker", "clock", "projector", "bridge"]
Spread = Literal["keyed", "one"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One topic.

    `value` names the published schema; `spread` is `keyed` (the installation's partition count) or `one`; `retention_ms` -1 keeps for
    ever; `compact` keeps the newest value of each key instead; `max_bytes` bounds one record.
    """

    name: str
    about: str
    key: str
    value: str
    writers: tuple[Principal, ...]
    readers: tuple[Principal, ...]
    spread: Spread = "keyed"
    retention_ms: int = -1
    compact: bool = False
    max_bytes: int = 1_048_576

    def topic(self, space: str, agency: str | None = None) -> str:
        """The topic's name on the broker. Raises ValueError where the template needs an agency and none is given."""
        name = self.name
        if "{agency}" in name:
            if agency is None:
                raise ValueError(f"channel {name} has one topic per agency: name the agency")
            name = name.replace("{agency}", agency)
        return f"{space}.{name}"


REPORT_KEY = "originator/report_id"

CHANNELS: tuple[Channel, ...] = (
    Channel(
        "seizures",
        "Seizure reports, each checked by the gateway against the sender's token.",
        REPORT_KEY,
        "Seizure",
        ("gateway",),
        ("worker",),
        retention_ms=30 * DAY,
    ),
    Channel(
        "controlled-deliveries",
        "Controlled-delivery messages, checked by the gateway.",
        REPORT_KEY,
        "DeliveryMessage",
        ("gateway",),
        ("worker",),
        retention_ms=30 * DAY,
    ),
    Channel(
        "intelligence",
        "Intelligence reports, checked by the gateway.",
        REPORT_KEY,
        "Intelligence",
        ("gateway",),
        ("worker",),
        retention_ms=30 * DAY,
    ),
    Channel(
        "assistance-requests",
        "Requests for assistance between members, checked by the gateway.",
        REPORT_KEY,
        "AssistanceRequest",
        ("gateway",),
        ("worker",),
        retention_ms=30 * DAY,
    ),
    Channel(
        "laboratory-results",
        "Laboratory results attached to an earlier report, checked by the gateway.",
        REPORT_KEY,
        "LaboratoryResult",
        ("gateway",),
        ("worker",),
        retention_ms=30 * DAY,
    ),
    Channel(
        "reports.bulk",
        "Reports of every kind from imports: the lane that yields to the live ones.",
        REPORT_KEY,
        "Report",
        ("gateway",),
        ("worker",),
        retention_ms=30 * DAY,
    ),
    Channel(
        "inbound.{agency}",
        "Reports of every kind that one agency writes to Kafka directly; the topic names the sender.",
        "any",
        "Report",
        ("agency",),
        ("worker",),
        spread="one",
        retention_ms=30 * DAY,
    ),
    Channel(
        "decisions",
        "What people decide about a report (hold, release), re-keyed by intake into the reports' inbox.",
        REPORT_KEY,
        "Decision",
        ("gateway",),
        ("worker", "projector"),
    ),
    Channel(
        "reports.enriched",
        "Every valid report and revision as sent, with its pinned enrichment: the system of record.",
        REPORT_KEY,
        "EnrichedReport",
        ("worker", "clock"),
        ("worker",),
        max_bytes=4_194_304,
    ),
    Channel(
        "timers",
        "When a stage asks to be woken: the clock then writes one record into the inbox named, and forgets the timer.",
        "timer id",
        "Timer",
        ("worker", "clock"),
        ("clock",),
        compact=True,
    ),
    Channel(
        "reports.current",
        "Every change to what is known of a report: applied, late, withdrawn, held, released. Deduplicated.",
        REPORT_KEY,
        "CurrentReport",
        ("worker",),
        ("worker", "projector", "bridge"),
        max_bytes=4_194_304,
    ),
    Channel(
        "reports.rejected",
        "What could not be processed: the original bytes, where they came from, and why. Handled as RED.",
        "origin",
        "DeadLetter",
        ("worker",),
        ("projector",),
        retention_ms=90 * DAY,
        max_bytes=4_194_304,
    ),
    Channel(
        "receipts",
        "What the centre answers to the sender of each report.",
        "receipt id",
        "Receipt",
        ("worker",),
        ("gateway", "projector"),
        retention_ms=90 * DAY,
    ),
    Channel(
        "feed",
        "What changes for those who watch live; who may see an item is decided at delivery.",
        REPORT_KEY,
        "FeedItem",
        ("worker",),
        ("gateway",),
        retention_ms=7 * DAY,
        max_bytes=4_194_304,
    ),
    Channel(
        "sightings",
        "What is matched across reports, re-keyed by the value or bucket that they may share.",
        "block",
        "Sighting",
        ("worker",),
        ("worker",),
        retention_ms=30 * DAY,
    ),
    Channel(
        "incidents",
        "Proposals that two reports describe one seizure, with score and reasons; reversible.",
        "proposal id",
        "IncidentProposal",
        ("worker",),
        ("projector", "gateway"),
    ),
    Channel(
        "bridges.candidates",
        "Reports whose originator gave a rule for release onward, and their recalls.",
        REPORT_KEY,
        "ReleaseCandidate",
        ("worker",),
        ("bridge",),
    ),
    Channel(
        "deliveries.inbox",
        "Acts of officers in controlled deliveries, with the officer from the token; due times; fixes that matter. Kept: it is the record.",
        "delivery",
        "ActRecord",
        ("gateway", "clock", "worker"),
        ("worker",),
    ),
    Channel(
        "deliveries.current",
        "What stands of each controlled delivery, and its request form under a key of its own. Seen by parties and named members alone.",
        "delivery",
        "DeliverySnapshot",
        ("worker",),
        ("gateway", "projector"),
        compact=True,
        max_bytes=4_194_304,
    ),
    Channel(
        "deliveries.events",
        "The timeline of each controlled delivery, each event chained to the one before by its hash.",
        "delivery",
        "DeliveryEvent",
        ("worker",),
        ("gateway", "projector"),
    ),
    Channel(
        "deliveries.answers",
        "What the officer is told of each act: applied, or refused with the reason and what stands.",
        "answer id",
        "DeliveryAnswer",
        ("worker",),
        ("gateway",),
        retention_ms=90 * DAY,
    ),
    Channel(
        "deliveries.rings",
        "Who is to be told now of which open alarm: the ladder's rungs.",
        "delivery",
        "AlarmRing",
        ("worker",),
        ("gateway",),
        retention_ms=90 * DAY,
    ),
    Channel(
        "alerts.real",
        "An officer in an exercise says: real, not exercise. Shown to the duty coordinators until one has called (decision 0813).",
        "alert",
        "RealAlert",
        ("gateway",),
        ("gateway",),
        spread="one",
        compact=True,
        max_bytes=4_096,
    ),
    Channel(
        "positions.inbox",
        "Every fix of every tracking device of a delivery, as received, and which devices it has. Kept: it is the record.",
        "delivery",
        "Fixes",
        ("gateway", "worker", "clock"),
        ("worker",),
    ),
    Channel(
        "deliveries.positions",
        "Where each device is now, and its trail by the hour under keys of their own. Seen by whoever sees the delivery.",
        "device, or device/hour",
        "DevicePosition",
        ("worker",),
        ("gateway",),
        compact=True,
    ),
    Channel(
        "duty.inbox",
        "What is open, acts of the centre's officers on duty, and due times. Kept: it is the record of who answered for what.",
        "delivery, report or person",
        "DutyRecord",
        ("gateway", "worker", "clock"),
        ("worker",),
        spread="one",
    ),
    Channel(
        "duty.current",
        "Who answers for each open delivery, alarm and request, and who is on duty. Of an item only those who may know of it learn.",
        "item, or officer/person",
        "DutyStanding",
        ("worker",),
        ("gateway", "projector"),
        compact=True,
    ),
    Channel(
        "duty.answers",
        "What the officer is told of each act of the duty: applied, or refused with the reason.",
        "answer id",
        "DutyAnswer",
        ("worker",),
        ("gateway",),
        retention_ms=90 * DAY,
    ),
    Channel(
        "deliveries.plans",
        "Where each delivery means to be and when, for deconfliction: its newest plan, and when it is to be answered.",
        "delivery",
        "PlanRecord",
        ("worker", "clock"),
        ("worker",),
        spread="one",
        compact=True,
        max_bytes=4_194_304,
    ),
    Channel(
        "deliveries.conflicts",
        "Which two deliveries come near each other, and where: for supervisors, and coordinators who are named in both rooms.",
        "conflict id",
        "Conflict",
        ("worker",),
        ("gateway", "projector"),
        compact=True,
    ),
    Channel(
        "deliveries.watch",
        "What each live delivery has under watch. Whoever takes reports in has read all of it before the first.",
        "delivery",
        "DeliveryWatch",
        ("worker",),
        ("worker", "projector"),
        spread="one",
        compact=True,
    ),
    Channel(
        "deliveries.matches",
        "Reports that meet what a delivery has under watch, those of before among them, on their way into its inbox.",
        "delivery",
        "WatchMatch",
        ("worker", "projector"),
        ("worker",),
        retention_ms=30 * DAY,
    ),
    Channel(
        "directory.inbox",
        "Edits of the directory of competent authorities, with the officer from the token: who changed what, with which call back.",
        "authority, or authority@crossing",
        "DirectoryRecord",
        ("gateway",),
        ("worker",),
    ),
    Channel(
        "directory.current",
        "What stands in the directory, and each change under a key of its own. Named contacts and proposals are not for everybody.",
        "authority, or authority@crossing",
        "DirectoryStanding",
        ("worker",),
        ("projector",),
        compact=True,
    ),
    Channel(
        "directory.answers",
        "What the officer is told of each edit: applied, or refused with the reason and the mend.",
        "answer id",
        "DirectoryAnswer",
        ("worker",),
        ("gateway",),
        retention_ms=90 * DAY,
    ),
    Channel("reports.changelog", "State of the reports app.", "state key", "State", ("worker",), ("worker",), compact=True),
    Channel("links.changelog", "State of the links app.", "state key", "State", ("worker",), ("worker",), compact=True),
    Channel("deliveries.changelog", "State of the deliveries app.", "state key", "State", ("worker",), ("worker",), compact=True),
    Channel("positions.changelog", "State of the positions app.", "state key", "State", ("worker",), ("worker",), compact=True),
    Channel(
        "deconfliction.changelog",
        "State of the deconfliction app.",
        "state key",
        "State",
        ("worker",),
        ("worker",),
        spread="one",
        compact=True,
    ),
    Channel("guard.changelog", "State of the guard app.", "state key", "State", ("worker",), ("worker",), spread="one", compact=True),
    Channel("duty.changelog", "State of the duty app.", "state key", "State", ("worker",), ("worker",), spread="one", compact=True),
    Channel("directory.changelog", "State of the directory app.", "state key", "State", ("worker",), ("worker",), compact=True),
)

BY_NAME: dict[str, Channel] = {channel.name: channel for channel in CHANNELS}

KIND_CHANNELS: dict[str, str] = {
    "seizure": "seizures",
    "controlled_delivery": "controlled-deliveries",
    "intelligence": "intelligence",
    "assistance_request": "assistance-requests",
    "laboratory_result": "laboratory-results",
}


def is_exercise(space: str) -> bool:
    """Whether what happens in the space is training: it is marked EXERCISE wherever it is read."""
    return space.startswith(EXERCISE) and space != EXERCISE


def kept(channel: Channel) -> str:
    """How long a channel's records are kept, in words."""
    if channel.compact:
        return "newest value of each key"
    return "for ever" if channel.retention_ms < 0 else f"{channel.retention_ms // DAY} days"


def documentation() -> str:
    """`docs/channels.md`: every topic as a table."""
    lines = [
        "# Channels",
        "",
        "Every topic, from `schemas/channels.py`. On the broker each name begins with the space: `live.seizures`.",
        "Agencies read no topic: they read over HTTP, where handling is applied to each answer.",
        "Written by `python -m schemas.channels > docs/channels.md`; a test compares.",
        "",
        "| channel | carries | key | value | partitions | kept | written by | read by |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for channel in CHANNELS:
        spread = "1" if channel.spread == "one" else "all"
        value = f"[{channel.value}](../schemas/published/{channel.value}.json)"
        people = f"{', '.join(channel.writers)} | {', '.join(channel.readers)}"
        lines.append(f"| `{channel.name}` | {channel.about} | {channel.key} | {value} | {spread} | {kept(channel)} | {people} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(documentation(), end="")
