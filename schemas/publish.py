"""Generate `schemas/published/`: a JSON Schema for every record and the AsyncAPI 3 document.

`python -m schemas.publish` writes them and refuses a change that breaks those who use the committed ones; `--check` only compares.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from schemas import acts, deconfliction, deliveries, directory, directory_records, duty, links, positions, real, receipts, records, reports
from schemas.assistance import AssistanceRequest
from schemas.channels import CHANNELS, KIND_CHANNELS, Channel, kept
from schemas.compatibility import Direction, breaking_changes
from schemas.delivery import DeliveryMessage
from schemas.envelope import ReportEvent
from schemas.intelligence import Intelligence
from schemas.laboratory import LaboratoryResult
from schemas.seizure import Seizure
from schemas.watching import DeliveryWatch, LookedBack, Unguard, WatchedElsewhere, WatchMatch
from schemas.withdrawal import Withdrawal

PUBLISHED = Path(__file__).parent / "published"
ASYNCAPI = "asyncapi.yaml"

BY_AGENCIES: dict[str, Any] = {
    "Seizure": Seizure,
    "DeliveryMessage": DeliveryMessage,
    "Intelligence": Intelligence,
    "AssistanceRequest": AssistanceRequest,
    "LaboratoryResult": LaboratoryResult,
    "Withdrawal": Withdrawal,
    "Report": reports.Report,
    "ReportEvent": ReportEvent,
    "Decision": records.Decision,
    "Act": acts.Act,
    "Fix": positions.Fix,
    "DirectoryEdit": directory.DirectoryEdit,
    "DutyAct": duty.DutyAct,
}
BY_THE_CENTRE: dict[str, Any] = {
    "EnrichedReport": records.EnrichedReport,
    "CurrentReport": records.CurrentReport,
    "DeadLetter": receipts.DeadLetter,
    "Receipt": receipts.Receipt,
    "FeedItem": records.FeedItem,
    "Sighting": links.Sighting,
    "IncidentProposal": links.IncidentProposal,
    "ReleaseCandidate": records.ReleaseCandidate,
    "Timer": records.Timer,
    "Due": records.Due,
    "ActRecord": acts.ActRecord,
    "DeliverySnapshot": deliveries.DeliverySnapshot,
    "DeliveryForm": deliveries.DeliveryForm,
    "DeliveryEvent": deliveries.DeliveryEvent,
    "DeliveryAnswer": deliveries.DeliveryAnswer,
    "AlarmRing": deliveries.AlarmRing,
    "RealAlert": real.RealAlert,
    "Fixes": positions.Fixes,
    "WatchedDevices": positions.WatchedDevices,
    "MarkedFix": positions.MarkedFix,
    "DevicePosition": positions.DevicePosition,
    "DeviceTrail": positions.DeviceTrail,
    "DutyRecord": duty.DutyRecord,
    "DutyStanding": duty.DutyStanding,
    "DutyAnswer": duty.DutyAnswer,
    "OnDuty": duty.OnDuty,
    "PlanRecord": deconfliction.PlanRecord,
    "DeliveryPlan": deconfliction.DeliveryPlan,
    "Deconflicted": deconfliction.Deconflicted,
    "Conflict": deconfliction.Conflict,
    "DeliveryWatch": DeliveryWatch,
    "WatchMatch": WatchMatch,
    "LookedBack": LookedBack,
    "WatchedElsewhere": WatchedElsewhere,
    "Unguard": Unguard,
    "DirectoryRecord": directory_records.DirectoryRecord,
    "DirectoryStanding": directory_records.DirectoryStanding,
    "DirectoryChange": directory_records.DirectoryChange,
    "DirectoryAnswer": directory_records.DirectoryAnswer,
    "State": records.State,
}


def json_schemas() -> dict[str, dict[str, Any]]:
    """Every published JSON Schema (draft 2020-12) by its name."""
    return {
        name: {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": name, **TypeAdapter(model).json_schema()}
        for name, model in (BY_AGENCIES | BY_THE_CENTRE).items()
    }


def _values(channel: Channel) -> tuple[str, ...]:
    """What a channel carries: a withdrawal travels with the kind that it withdraws."""
    return (channel.value, "Withdrawal") if channel.name in KIND_CHANNELS.values() else (channel.value,)


def _channel(channel: Channel) -> dict[str, Any]:
    described: dict[str, Any] = {
        "address": "{space}." + channel.name,
        "description": channel.about,
        "parameters": {"space": {"description": "live, or the exercise's or centre's space", "default": "live"}},
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _values(channel)},
        "bindings": {
            "kafka": {
                "bindingVersion": "0.5.0",
                "topicConfiguration": {
                    "retention.ms": channel.retention_ms,
                    "cleanup.policy": ["compact" if channel.compact else "delete"],
                    "max.message.bytes": channel.max_bytes,
                },
            }
        },
        "x-key": channel.key,
        "x-partitions": "one" if channel.spread == "one" else "the installation's count",
        "x-kept": kept(channel),
        "x-writers": list(channel.writers),
        "x-readers": list(channel.readers),
    }
    if "{agency}" in channel.name:
        described["parameters"]["agency"] = {"description": "The agency that alone may write", "examples": ["TJ-DCA"]}
    return described


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document as plain data, seen from the centre: it receives what agencies and the gateway write."""
    channels, operations = {}, {}
    for channel in CHANNELS:
        name = channel.name.replace("{agency}", "agency").replace(".", "-")
        channels[name] = _channel(channel)
        reference = {"$ref": f"#/channels/{name}"}
        if "worker" in channel.writers:
            operations[f"send-{name}"] = {"action": "send", "channel": reference, "summary": f"The worker writes {channel.value}."}
        if "worker" in channel.readers:
            operations[f"receive-{name}"] = {"action": "receive", "channel": reference, "summary": f"The worker reads {channel.value}."}
    values = sorted({value for channel in CHANNELS for value in _values(channel)})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "ric: a regional information centre",
            "version": "1.0.0",
            "description": "Reports of member agencies, what the centre makes of them, and what it answers. "
            "Agencies write to their own inbound topic or publish over HTTP; they read over HTTP only.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": {
                value: {
                    "name": value,
                    "contentType": "application/json",
                    "payload": {"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": {"$ref": f"./{value}.json"}},
                }
                for value in values
            }
        },
    }


def rendered() -> dict[str, str]:
    """File name → text of everything under `schemas/published/`."""
    import yaml

    files = {f"{name}.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n" for name, schema in json_schemas().items()}
    files[ASYNCAPI] = yaml.safe_dump(asyncapi(), sort_keys=False, allow_unicode=True, width=140)
    return files


def incompatible() -> list[str]:
    """What in the models breaks users of the committed schemas, as `Name: path: what`."""
    found = []
    for name, schema in json_schemas().items():
        committed = PUBLISHED / f"{name}.json"
        if committed.exists():
            direction: Direction = "written by agencies" if name in BY_AGENCIES else "written by the centre"
            found += [f"{name}: {line}" for line in breaking_changes(json.loads(committed.read_text()), schema, direction)]
    return found


def stale() -> list[str]:
    """Names of committed files that differ from what the models say."""
    files = rendered()
    differing = [name for name, text in files.items() if not (PUBLISHED / name).exists() or (PUBLISHED / name).read_text() != text]
    return sorted(differing + [path.name for path in PUBLISHED.glob("*.*") if path.name not in files])


def main() -> int:
    """Exit status 0 when all is written or up to date, 1 when a change breaks users or (with --check) files are stale."""
    parser = argparse.ArgumentParser(prog="python -m schemas.publish", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only, write nothing")
    arguments = parser.parse_args()
    broken = incompatible()
    for line in broken:
        print(f"breaks its users: {line}", file=sys.stderr)
    if broken:
        print("Add an optional field, or a new schema_version, instead.", file=sys.stderr)
        return 1
    if arguments.check:
        for name in stale():
            print(f"stale: schemas/published/{name}; run python -m schemas.publish", file=sys.stderr)
        return 1 if stale() else 0
    PUBLISHED.mkdir(exist_ok=True)
    for name, text in rendered().items():
        (PUBLISHED / name).write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
