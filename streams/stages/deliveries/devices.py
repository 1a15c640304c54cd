"""Tracking devices of a part: placed by its controller, over with the part or when removed; and what their fixes tell (decision 0812).

Which fixes matter the stage `positions` decides. Here they are a report like any other: they prove no control and are no contact.
"""

from typing import Any

import orjson

from schemas.acts import DevicePlaced, DeviceRemoved, NewPart
from streams.engine.effects import Emit, Record
from streams.stages.deliveries.acting import CENTRE, Deed, No, Where, event, permitted
from streams.stages.deliveries.case import Case, Json, Part
from streams.stages.deliveries.contact import keep_position, placed_in
from streams.stages.deliveries.evidence import sealed

POSITIONS = "positions.inbox"
MOST_OF_A_PART = 20


def placed(deed: Deed) -> None:
    """The device reports for the part from now on."""
    act: DevicePlaced = deed.act
    part = permitted(deed)
    live = [each for each in part.devices.values() if each["ended"] is None]
    if len(live) >= MOST_OF_A_PART:
        raise No(f"part {part.name} has {len(live)} devices", "remove those that report no more", part=part)
    twin = next((each for each in live if (each["kind"], each["device"]) == (act.kind, act.device)), None)
    if twin is not None:
        raise No(f"{act.device} reports for part {part.name} already, since {twin['by']} placed it", "remove it first", "device", part)
    part.devices[deed.id] = {
        "kind": act.kind,
        "device": act.device,
        "by": deed.who,
        "placed_by": act.placed_by,
        "legal_basis": act.legal_basis,
        "silent_after_s": act.silent_after_minutes * 60,
        "at": deed.now,
        "ended": None,
    }
    told = {"kind": act.kind, "device": act.device, "placed_by": act.placed_by, "legal_basis": act.legal_basis}
    deed.tell(told, part=part, leg=part.leg)


def removed(deed: Deed) -> None:
    """By the controller, by whoever placed it, by the lead or the centre: it reports no more."""
    act: DeviceRemoved = deed.act
    part = next((part for part in deed.case.parts.values() if part.live and str(act.device) in part.devices), None)
    device = part.devices[str(act.device)] if part is not None else None
    if part is None or device is None or device["ended"] is not None:
        raise No("no such device reports for this delivery", "name it by the id of the act that placed it", "device")
    placer = device["by"].partition("/")[0]
    if deed.agency not in (part.controller, placer, deed.case.lead) and deed.officer.role not in CENTRE:
        raise No(f"a device is removed by the controller, {placer} who placed it, or the lead", "ask them", part=part)
    device["ended"] = deed.now
    deed.tell({"device": device["device"], "reason": act.reason}, part=part, leg=part.leg)


def handed_on(part: Part, child: Part, new: NewPart) -> None:
    """A part of a split part takes the devices with it that the controller names. Raises No where one is not the part's."""
    wanted = [str(device) for device in new.devices]
    if unknown := [name for name in wanted if part.devices.get(name, {"ended": 0})["ended"] is not None]:
        raise No(f"part {part.name} has no device {unknown[0]}", "name devices that report for it", "into", part)
    child.devices = {name: dict(part.devices[name]) for name in wanted}


def over(case: Case, now: int) -> None:
    """Devices end with their part; of one that went on with another part the new one has it."""
    for part in case.parts.values():
        if not part.live:
            heirs = {name for heir in part.became for name in case.parts[heir].devices}
            part.devices = {name: device for name, device in part.devices.items() if name not in heirs}
            for device in part.devices.values():
                device["ended"] = device["ended"] or now


def announced(case: Case, record: Record) -> list[Emit]:
    """A `WatchedDevices` where what the stage `positions` must know has changed. Nothing for a delivery without devices."""
    devices = {
        name: {
            "part": part.name,
            "kind": device["kind"],
            "silent_after_s": device["silent_after_s"],
            "active": device["ended"] is None,
            "running": part.running,
            "profile": part.profile,
            "territory": part.territory,
            "border_at": part.border_at,
        }
        for part in case.parts.values()
        for name, device in part.devices.items()
    }
    digest = sealed({"devices": devices}) if devices else ""
    if digest == case.announced:
        return []
    case.announced = digest
    value = orjson.dumps({"type": "watched", "devices": devices})
    return [Emit(POSITIONS, case.delivery.encode(), value, partition=record.partition)]


def told(case: Case, item: Json, now: int, where: Where) -> list[Json]:
    """The lines of a `MarkedFix`: what it tells of where the part is, and why it was kept."""
    found = next(((part, part.devices[item["device"]]) for part in case.parts.values() if item["device"] in part.devices), None)
    if found is None:
        return []
    part, device = found
    position: Json | None = item["position"]
    happened = position["captured"] if position is not None else now
    what: dict[str, Any] = {"device": device["device"], "reasons": item["why"], **item["more"]}
    if "other" in what:
        what["other"] = part.devices.get(what["other"], {}).get("device")
    lines: list[Json] = []
    if position is not None:
        what["position"] = position
        if part.live:
            keep_position(part, position)
            if not position["jump"]:
                country = where(position["lat"], position["lon"], position["accuracy_m"], part.territory)
                lines = placed_in(case, part, country, happened, now) if country is not None else []
    # Happened when it was taken, and late by as much: as of a clock, for no person says it.
    return [event("tracked", part, part.leg, what, late_ms=max(0, now - happened)), *lines]
