"""The exercise until all have consented: drafted, signed, refused by one state, led around it, consented."""

from datetime import datetime
from importlib.resources import files

import orjson

from streams.simulate.exercise_cast import DUTY, KG, KZ, KZ_SECOND, LEAD, RU, SECOND, SILENCE_MINUTES, UZ, authorisation, mass
from streams.simulate.exercise_story import Consult, Desk, Happening, Id, Json, Shows, Step, after, agency


def leg(number: int, officer: str, began: datetime, hours: tuple[float, float], crossings: tuple[str | None, str | None]) -> Json:
    """A planned leg: its number, who consents and follows, hours of entry and exit, and the crossings on its own side."""
    country = agency(officer)[:2]
    places = {
        name: {"country": country, "crossing": crossing} for name, crossing in zip(("entry", "exit"), crossings, strict=True) if crossing
    }
    times = {"entry_planned": after(began, hours[0]), "exit_planned": after(began, hours[1])}
    return {"country": country, "number": number, "authority": agency(officer), "controller": agency(officer), **places, **times}


def _first_way(began: datetime) -> list[Json]:
    return [
        leg(1, LEAD, began, (72, 98), ("Panji Poyon", "Karamyk")),
        leg(2, KG, began, (98, 110), ("Karamyk", "Dostuk")),
        leg(3, UZ, began, (110, 122), ("Dustlik", "Gishtkuprik")),
        leg(4, KZ, began, (122, 190), ("Zhibek Zholy", "Syrym")),
        leg(5, RU, began, (190, 220), ("Mashtakovo", None)),
    ]


def _other_way(began: datetime) -> list[Json]:
    """Around Uzbekistan, after the leg in Tajikistan."""
    return [
        leg(2, KG, began, (98, 122), ("Karamyk", "Ak-Jol")) | {"contact_minutes": SILENCE_MINUTES},
        leg(4, KZ, began, (122, 190), ("Korday", "Syrym")),
        leg(5, RU, began, (190, 220), ("Mashtakovo", None)),
    ]


def request_form(delivery: str, began: datetime) -> Json:
    """The request form: the planner's exercise case, led along the first way, with times from `began`."""
    form: Json = orjson.loads((files("streams.planning") / "data" / "exercise_request.json").read_bytes())
    told = ("country", "number", "entry", "exit", "entry_planned", "exit_planned")
    form["delivery_ref"] = delivery
    form["legs"] = [{name: leg[name] for name in told if name in leg} for leg in _first_way(began)]
    form["handling"] |= {"recipients": sorted({agency(officer) for officer in (KG, UZ, KZ, RU)})}
    form["authorisation"] |= {"date": after(began, -14), "valid_until": after(began, 24 * 20)}
    form["practices"] = ["tracking_device", "foreign_officers", "sampling", "armed_escort"]
    form["handovers"] = [{"after_leg": 1, "place": {"crossing": "Karamyk"}, "how": "из рук в руки, сверка пломб"}]
    form["reply_by"] = after(began, 48)
    return form


def agreeing(form: Json, began: datetime, planned: tuple[Happening, ...], found: tuple[Happening, ...]) -> tuple[Happening, ...]:
    """`planned`: what comes before the way is changed, `found`: what follows from it, of another delivery."""
    plan = {
        "legs": _first_way(began),
        "goods": [mass("12.48")],
        "seals": form["seals"],
        "coordinators": [DUTY],
    }
    return (
        Desk(DUTY, "on", "the centre's officer comes on duty", "the page of the shift, for the centre"),
        Consult("The lead asks the planner: whom to ask for consent, until when"),
        Step(
            "request",
            LEAD,
            "request",
            {"form": form, "plan": plan},
            "Tajikistan drafts a request for a delivery through five countries, 12.48 kg of heroin",
            "the list of deliveries: a new one, draft, EXERCISE on the page and on the form",
            Shows(status="draft"),
        ),
        Step(
            "own-signature",
            LEAD,
            "signature",
            {"request": Id("request")},
            "the officer who drafted it tries to sign it too, and is refused: four eyes are two persons",
            refused="a second officer signs",
            inject="four eyes",
        ),
        Step(
            "signature",
            SECOND,
            "signature",
            {"request": Id("request")},
            "a second officer signs exactly that form; now the authorities can be asked",
            shows=Shows(status="requested"),
        ),
        Desk(DUTY, "accept", "what is requested fell to the officer on duty, who accepts it and answers for it from now on"),
        Step(
            "tj-consent",
            LEAD,
            "consent",
            {"leg": 1, "authorisation": authorisation("12/К-44", began, "TJ")},
            "Tajikistan authorises its own leg",
            "the leg board: leg 1 consented",
        ),
        Step(
            "kg-voice",
            DUTY,
            "provisional_consent",
            {
                "leg": 2,
                "officer": "майор Учебнов KG-1",
                "by_voice": {"agency": "KG-DCS", "person": KG.partition("/")[2], "means": "telephone", "code_word_checked": True},
                "note": "УЧЕНИЕ: связь с сетью на посту пропала",
            },
            "Kyrgyzstan has no network: it consents by telephone, and the coordinator enters it after the code word",
            "the leg board: leg 2 provisional, the written consent due in 72 h; entries by voice: one waits for the officer",
            inject="entry by voice",
        ),
        Step(
            "uz-refusal",
            UZ,
            "refusal",
            {"leg": 3, "reason": "УЧЕНИЕ: присутствие иностранных сотрудников законом не допускается"},
            "Uzbekistan refuses its leg, as the planner warned: officers of other states may not come along",
            "the leg board: leg 3 refused; the way ends before it",
            inject="refusal",
        ),
        Consult("The lead asks the planner what else can be done", refused=(3,)),
        *planned,
        Step(
            "other-way",
            LEAD,
            "route_change",
            {"legs": _other_way(began), "reason": "УЧЕНИЕ: отказ Узбекистана; через Ак-Жол и Кордай"},
            "the lead leads the way around Uzbekistan, through Ak-Jol and Korday: what Kyrgyzstan said was about another border, "
            "and is asked anew",
            "the leg board: legs 1, 2, 4, 5; leg 2 is pending again",
        ),
        *found,
        Step(
            "kg-confirms",
            KG,
            "voice_confirmed",
            {"entry": Id("kg-voice"), "agrees": True},
            "the officer of Kyrgyzstan is back on line and confirms what was entered for him",
            "entries by voice: none waits",
        ),
        Step(
            "kg-consent",
            KG,
            "consent",
            {"leg": 2, "authorisation": authorisation("7/1-UK", began, "KG")},
            "Kyrgyzstan consents in writing, for the new way",
        ),
        Step(
            "kz-consent",
            KZ,
            "conditional_consent",
            {
                "leg": 4,
                "authorisation": authorisation("3-21", began, "KZ", conditions=["отбор образца на территории Казахстана"]),
            },
            "Kazakhstan consents on a condition: a sample is taken on its soil",
            "the leg board: leg 4 conditional, not in force until the lead accepts",
        ),
        Step(
            "kz-conditions",
            LEAD,
            "conditions_accepted",
            {"leg": 4, "consent": Id("kz-consent")},
            "the lead accepts the condition. Russia has not answered: the hard stop is the border before it",
            "the leg board and the map: the hard stop at Syrym",
            Shows("A", hard_stop=4),
        ),
        Step(
            "kz-room",
            KZ,
            "room",
            {"enters": [KZ, KZ_SECOND]},
            "Kazakhstan names its two officers: nobody else of the agency sees the delivery from now on",
        ),
    )
