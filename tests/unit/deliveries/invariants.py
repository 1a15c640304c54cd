"""What holds of a delivery at every moment, whatever came: read from its board, without the model.

One controller or an open alarm for every part; never two controllers; no further than the consents reach; four eyes are two persons.
"""

from decimal import Decimal

from tests.unit.deliveries.model import LEAD, RUNS
from tests.unit.deliveries.office import CENTRE
from tests.unit.deliveries.words import Json

UNCONTROLLED = ("CONTROL_LOST", "CROSSED_UNACCEPTED")
WENT_ON = ("SPLIT", "MERGED")
LEAST_KG = Decimal("0.001")
"""So much the halves of an odd milligram may make in a history."""

TAKES = {"acceptance", "regained", "secured", "intervened"}
"""Acts that put an agency in control of what nobody controls."""


class Broken(AssertionError):
    """An invariant or the model was contradicted."""


def hold(before: Json, after: Json, act: Json | None, raised: set[tuple[str | None, str]]) -> None:
    """Raises Broken unless the board may stand after the one before it.

    `act`: what was applied between them, None for the clock and for what was refused; `raised`: by part and kind, the alarms raised by it.
    """
    two_persons(after)
    alarmed = {(alarm["part"], alarm["kind"]) for alarm in after["alarms"]}
    were = {part["part"]: part for part in before["parts"]}
    for part in after["parts"]:
        _controlled(part, alarmed)
        _stops(part)
        was = were.get(part["part"])
        if was is None:
            _began(part, were)
        elif was["phase"] in RUNS or was["phase"] == "PLANNED":
            _passed(was, part, act, raised)
        elif any(was[name] != part[name] for name in ("phase", "controller", "leg", "territory", "became", "mass")):
            raise Broken(f"part {part['part']} had ended and is another now: {was} {part}")
    if len(after["parts"]) != len(before["parts"]):
        _once(before, after)


def two_persons(board: Json) -> None:
    """The form is signed by another person of the lead, and the lead's checklist confirmed by the centre."""
    asked, signed, ready = board["requested_by"], board["signed_by"], board["ready"]
    if board["status"] == "draft":
        if signed is not None:
            raise Broken(f"a draft is signed by {signed}")
        return
    if signed is None or signed == asked or {signed.partition("/")[0], asked.partition("/")[0]} != {board["lead"]}:
        raise Broken(f"{asked} asks and {signed} signs")
    if board["status"] not in ("ready", "running", "ended", "closed", "evaluated"):
        return
    if ready is None or ready["by"].partition("/")[0] != LEAD or (ready["confirmed_by"] or "").partition("/")[0] != CENTRE:
        raise Broken(f"{board['status']}, and the checklist is {ready}")
    if any(each["by"] == ready["confirmed_by"] for each in board["unconfirmed"] if each["entry"] == ready["id"]):
        raise Broken(f"{ready['confirmed_by']} confirms the declaration that he entered himself")


def _controlled(part: Json, alarmed: set[tuple[str | None, str]]) -> None:
    name, controller, runs = part["part"], part["controller"], part["phase"] in RUNS
    if controller is None:
        if (name, "control_lost") not in alarmed and (name, "crossed_unaccepted") not in alarmed:
            raise Broken(f"part {name} has no controller and no alarm: {part}")
        if runs and part["state"] not in UNCONTROLLED:
            raise Broken(f"part {name} is shown {part['state']} with nobody in control")
    elif runs:
        if part["state"] in UNCONTROLLED:
            raise Broken(f"part {name} is {part['state']} with {controller} in control")
        # The leg's own country or, where it was accepted before the border, the one before it: nobody controls from two borders ahead.
        here = [leg["country"] for leg in part["legs"] if leg["number"] <= part["leg"]][-2:]
        if part["territory"] not in here:
            raise Broken(f"part {name} is in {part['territory']}, which is not {here}, with {controller} in control")


def _stops(part: Json) -> None:
    """The hard stop is where the consents that follow one another end."""
    shown = part["hard_stop"]
    reached, beyond = None, None
    for leg in part["legs"]:
        if leg["number"] >= part["leg"] and beyond is None:
            reached, beyond = (leg["number"], None) if leg["consent"]["in_force"] else (reached, leg["number"])
    if part["phase"] not in RUNS and part["phase"] != "PLANNED":
        ought = None
    elif reached is None:
        ought = (part["leg"], True)
    else:
        ought = (reached, False) if beyond is not None else None
    if (shown and (shown["leg"], shown["here"])) != ought:
        raise Broken(f"part {part['part']} is shown the hard stop {shown}, and it is {ought}")


def _began(part: Json, were: dict[str, Json]) -> None:
    """What a part is made of was its controller's, and no part is made of what has ended."""
    for name in part["came_from"]:
        if name not in were or were[name]["phase"] not in ("ACTIVE", "HELD") or were[name]["controller"] != part["last_controller"]:
            raise Broken(f"part {part['part']} of {part['last_controller']} came from {were.get(name)}")


def _passed(was: Json, part: Json, act: Json | None, raised: set[tuple[str | None, str]]) -> None:
    """Control passes by acceptance of the offer that stands, is lost with an alarm, and is regained; and goes onto consented legs alone."""
    name, kind = part["part"], act["act"] if act is not None else None
    giver, taker = was["controller"], part["controller"]
    lost = bool({(name, "control_lost"), (name, "crossed_unaccepted")} & raised)
    if taker not in (giver, None):
        if kind not in TAKES:
            raise Broken(f"part {name} passed from {giver} to {taker} by {kind}")
        if kind in ("secured", "intervened") and taker[:2] != part["territory"]:
            raise Broken(f"part {name} is in {part['territory']}, and {taker} has {kind}")
        offered = kind == "acceptance" and was["offer"] is not None and act is not None and act["offer"] == was["offer"]["id"]
        if giver is not None and kind in ("acceptance", "regained") and not offered and not lost:
            raise Broken(f"part {name} was taken from {giver} by {taker} with {kind}: two were in control")
    if part["leg"] == was["leg"]:
        return
    legs = {leg["number"]: leg for leg in part["legs"]}
    if part["leg"] < was["leg"] or kind not in ("acceptance", "regained") or not legs[part["leg"]]["consent"]["in_force"]:
        raise Broken(f"part {name} went from leg {was['leg']} onto {part['leg']} by {kind}: {legs[part['leg']]['consent']}")
    if giver is not None and not lost and not legs[was["leg"]]["consent"]["in_force"]:
        raise Broken(f"part {name} was handed over on leg {was['leg']}, whose consent is {legs[was['leg']]['consent']}")


def _once(before: Json, after: Json) -> None:
    """What is split or merged is in its heirs, once, and nothing is lost or doubled."""
    parts = {part["part"]: part for part in after["parts"]}
    for part in parts.values():
        if (part["phase"] in WENT_ON) != bool(part["became"]):
            raise Broken(f"part {part['part']} is {part['phase']} and became {part['became']}")
        if any(part["part"] not in parts[heir]["came_from"] for heir in part["became"]):
            raise Broken(f"part {part['part']} became {part['became']}, which did not come from it")
        if any(part["part"] not in parts[name]["became"] for name in part["came_from"]):
            raise Broken(f"part {part['part']} came from {part['came_from']}, which did not become it")
    loads = [
        sum((Decimal(part["mass"]["heroin"]["kg"]) for part in board["parts"] if part["phase"] not in WENT_ON), Decimal(0))
        for board in (before, after)
    ]
    if abs(loads[0] - loads[1]) > LEAST_KG:
        raise Broken(f"the parts had {loads[0]} kg and have {loads[1]}")
