"""Another delivery of the exercise, of other people: planned to enter at Korday within the hours of the story's."""

from datetime import datetime
from importlib.resources import files

import orjson

from streams.simulate.exercise_agreed import leg
from streams.simulate.exercise_cast import CHIEF, DUTY, LEAD, NEAR_DESK, NEAR_LEAD, NEAR_SECOND, mass
from streams.simulate.exercise_story import Desk, Happening, Id, Json, Near, Shows, Step, Wait, after, agency

FIRST_HOURS, HOURS, LATER_HOURS = (100.0, 120.0), (120.0, 150.0), (168.0, 198.0)
WHO_FOLLOWS = "KZ-BRD/uchebnov.kz5"
ABSENT = ("containers", "customs", "handovers", "parties", "papers", "warrants")
"""What the story's form names, and this one does not."""


def other(delivery: str) -> str:
    """The other delivery's id, where the story's is this."""
    return f"{agency(NEAR_LEAD)}/{delivery.partition('/')[2]}"


def _way(began: datetime, hours: tuple[float, float]) -> list[Json]:
    """From China through Kyrgyzstan; the leg in Kazakhstan at these hours."""
    return [leg(1, NEAR_LEAD, began, FIRST_HOURS, ("Torugart", None)), leg(2, WHO_FOLLOWS, began, hours, ("Korday", None))]


def _form(delivery: str, began: datetime) -> Json:
    form: Json = orjson.loads((files("streams.planning") / "data" / "exercise_request.json").read_bytes())
    form = {name: value for name, value in form.items() if name not in ABSENT}
    told = ("country", "number", "entry", "entry_planned", "exit_planned")
    form["legs"] = [{name: each[name] for name in told} for each in _way(began, HOURS)]
    form |= {"delivery_ref": other(delivery), "requesting": agency(NEAR_LEAD), "case_reference": "УЧЕНИЕ 31/5", "seals": ["EX-KG-51"]}
    form |= {"conveyances": [{"kind": "truck", "registration": "01 KG 951 EXR", "country": "KG"}], "substitution": {"wanted": "none"}}
    form |= {"grounds": "УЧЕНИЕ. Сведения о партии гашиша, Кордай.", "embargo": "УЧЕНИЕ: до задержания"}
    form |= {
        "interventions": [{"country": country, "rule": "по команде старшего группы"} for country in ("KG", "KZ")],
        "reply_by": after(began, 48),
    }
    form["handling"] |= {"originator": agency(NEAR_LEAD), "recipients": [agency(WHO_FOLLOWS)]}
    form["officers"] = [{"kind": "armed", "agency": agency(NEAR_LEAD), "count": 4}]
    form["contacts"] = [{"desk": "Дежурная часть", "agency": agency(NEAR_LEAD), "reach": ["+999 996 0002"]}]
    form["authorisation"] |= {"number": "УЧЕНИЕ 5/51", "date": after(began, -14), "valid_until": after(began, 24 * 20)}
    return form


def planned(delivery: str, began: datetime) -> tuple[Happening, ...]:
    """It is drafted and signed, with a coordinator of its own."""
    name = other(delivery)
    plan = {"legs": _way(began, HOURS), "goods": [mass("3")], "seals": ["EX-KG-51"], "coordinators": [NEAR_DESK]}
    return (
        Desk(NEAR_DESK, "on", "another officer of the centre comes on duty, who has nothing to do with this delivery", blind=True),
        Step(
            "near-request",
            NEAR_LEAD,
            "request",
            {"form": _form(delivery, began), "plan": plan},
            "the border service of Kyrgyzstan drafts a delivery of its own, with that coordinator: by Korday too, on the same day",
            "the list of deliveries: still one, for whoever is not named in the other's room",
            delivery=name,
        ),
        Step(
            "near-signature",
            NEAR_SECOND,
            "signature",
            {"request": Id("near-request")},
            "a second officer signs it: its plan stands from now on, and is compared",
            delivery=name,
        ),
        Desk(NEAR_DESK, "accept", "the other delivery is with its coordinator", delivery=name),
    )


def found(delivery: str) -> tuple[Happening, ...]:
    """The way around Uzbekistan leads there too: the supervisor is told at once, the coordinator that somebody will be in touch."""
    return (
        Near(
            other(delivery),
            stands=True,
            who=CHIEF,
            unaware=(DUTY, NEAR_DESK),
            says="the new way comes to Korday when another delivery does. The supervisor alone is told which, and whom to call",
            look="what comes near, on a supervisor's page",
            inject="another delivery near",
        ),
        Wait(
            "lead and coordinator are told, after a time that is always the same, that the centre will be in touch, and not why",
            "the leg board: deconfliction, the coordinator will contact you",
            Shows(deconflicted=True, contact=True),
            within_s=10,
            to=(LEAD, DUTY),
        ),
    )


def arranged(delivery: str, began: datetime) -> tuple[Happening, ...]:
    """The supervisor has telephoned with both: the other delivery waits two days."""
    name = other(delivery)
    return (
        Step(
            "near-moved",
            NEAR_LEAD,
            "route_change",
            {"legs": _way(began, LATER_HOURS)[1:], "reason": "УЧЕНИЕ: по просьбе координатора / as its coordinator asks"},
            "the supervisor telephones with the coordinators of both; the other delivery is put off by two days",
            delivery=name,
        ),
        Near(
            name,
            stands=False,
            who=CHIEF,
            unaware=(DUTY, NEAR_DESK),
            says="the two do not come near each other any more: the supervisor's list is empty",
        ),
    )
