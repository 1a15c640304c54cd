"""The exercise as it plays: heroin goes from Tajikistan to Samara; Uzbekistan refuses, so the way leads through Kyrgyzstan.

`streams.simulate.exercise` plays it. Journeys of days are minutes here: plans keep their true hours, the acts follow each other at once.
"""

from datetime import datetime

from streams.simulate.exercise_agreed import agreeing, request_form
from streams.simulate.exercise_cast import DUTY, KG, KZ, LEAD, NEXT, RU, SHADOW_MINUTES, SILENCE_MINUTES, authorisation, mass, resolved
from streams.simulate.exercise_duress import forced
from streams.simulate.exercise_guarded import false_alarm, let_out, stopped
from streams.simulate.exercise_nearby import arranged, found, planned
from streams.simulate.exercise_posts import declared, onward
from streams.simulate.exercise_shift import handed_over
from streams.simulate.exercise_story import AlarmId, Happening, Id, In, Photo, Shows, Step, Story, Wait, after, agency
from streams.simulate.exercise_track import TO_BALKHASH, TO_KARAMYK, Hush, Track


def story(number: str, began: datetime) -> Story:
    """The exercise with this number of the lead's, its planned times counted from `began`."""
    delivery = f"{agency(LEAD)}/{number}"
    form = request_form(delivery, began)
    return Story(
        delivery,
        form,
        (
            *agreeing(form, began, planned(delivery, began), found(delivery)),
            *_setting_out(arranged(delivery, began), began),
            *_losing_contact(),
            *_crossing(),
            *_splitting(),
            *stopped(),
            *_ending(began),
        ),
    )


def _setting_out(arranged: tuple[Happening, ...], began: datetime) -> tuple[Happening, ...]:
    here = {"accuracy_m": 15}
    return (
        *declared(
            {
                "substitution": {
                    "by": "АКН РТ (учебная)",
                    "taken_out": [mass("12.28")],
                    "put_in": "муляж",
                    "put_in_kg": "12.28",
                    "seals": ["EX-TJ-1", "EX-TJ-2"],
                    "sample_custodian": "Экспертный центр (учебный)",
                },
            },
            began,
        ),
        Step(
            "not-clear",
            DUTY,
            "ready_confirmed",
            {"ready": Id("ready"), "deconfliction": "clear"},
            "the coordinator would confirm the checklist, with nothing near, and is refused: the centre was to be in touch",
            refused="is to be contacted",
            inject="deconfliction",
        ),
        *arranged,
        Step(
            "ready-confirmed",
            DUTY,
            "ready_confirmed",
            {"ready": Id("ready"), "deconfliction": "arranged"},
            "arranged: the coordinator goes through the checklist and confirms it; what the form names is under watch from now on",
            shows=Shows(status="ready"),
        ),
        Step(
            "start",
            LEAD,
            "start",
            {},
            "the lorry sets out from Dushanbe, followed by Tajikistan; the clocks run",
            "the leg board: ACTIVE, controller TJ-DCA; the clock strip counts; the hard stop in red",
            Shows("A", "ACTIVE", "TJ-DCA", hard_stop=4),
        ),
        Step(
            "tj-device",
            LEAD,
            "device_placed",
            {
                "kind": "tracker",
                "device": "EX-GL-300",
                "placed_by": "капитан Учебнов TJ-2",
                "legal_basis": "УЧЕНИЕ: постановление 17/3",
                "silent_after_minutes": 1,
            },
            "a tracking device in the lorry reports for part A from now on, with a credential of its own",
        ),
        Track(
            "tj-device",
            LEAD,
            TO_KARAMYK,
            11,
            "the device sends the eleven hours that it has kept, from Panji Poyon by Dushanbe, and then where it is",
            "the map: the trail, and the newest position with its age; the timeline has one line of it",
        ),
        Step(
            "tj-position",
            LEAD,
            "check_in",
            {
                "eyes_on": True,
                "seals_intact": True,
                "position": {"coordinates": {"lat": 39.201, "lon": 71.361, **here}, "captured": In(0), "source": "hand"},
            },
            "first check-in, with the lorry in sight",
            "the map: a position with its source and age",
        ),
        Step(
            "jump",
            DUTY,
            "tracked",
            {"position": {"coordinates": {"lat": 36.71, "lon": 67.11, **here}, "captured": In(-2), "source": "tracker"}},
            "the tracking device says Mazar-e Sharif, two minutes ago: an impossible jump, which moves nothing and alarms nobody",
            "the timeline: the position is marked as a jump",
            Shows("A", "ACTIVE", "TJ-DCA"),
            inject="impossible jump",
        ),
        *false_alarm(),
        Step(
            "shadow",
            LEAD,
            "radio_shadow",
            {"minutes": SHADOW_MINUTES},
            f"the valley of the Surkhob has no radio: {SHADOW_MINUTES} minutes are declared before it begins",
            "the clock strip: the next word is due after the shadow, not within it",
            Shows("A", "ACTIVE", shadow=True),
            inject="radio shadow",
        ),
        Hush(
            "tj-device",
            "the device has no line in the valley either: a minute later its position is no longer current",
            'the map: grey and hatched, "was", its age grows',
        ),
        Step(
            "shadow-over",
            LEAD,
            "check_in",
            {"eyes_on": True, "note": "УЧЕНИЕ: связь восстановлена"},
            "they are heard again: the shadow is over, nothing has rung",
            shows=Shows("A", "ACTIVE", shadow=False),
        ),
        Step(
            "offer-kg",
            LEAD,
            "offer",
            {"handover_at": In(5), "place": "Карамык / Karamyk"},
            "Tajikistan offers the load to Kyrgyzstan at Karamyk",
            "the leg board: OFFERED",
            Shows("A", "OFFERED", "TJ-DCA"),
        ),
        Step(
            "kg-in-place",
            KG,
            "receiver_in_place",
            {"leg": 2, "eyes_on": True, "place": "Карамык / Karamyk"},
            "Kyrgyzstan is in place and sees the lorry",
            shows=Shows("A", "RECEIVER_IN_PLACE", "TJ-DCA"),
        ),
        Step(
            "kg-accepts",
            KG,
            "acceptance",
            {"leg": 2, "offer": Id("offer-kg"), "eyes_on": True, "seals_intact": True, "country": "KG"},
            "Kyrgyzstan takes over: at no moment was there nobody, and never two",
            "the leg board: controller KG-DCS, territory KG",
            Shows("A", "ACTIVE", "KG-DCS"),
        ),
    )


def _losing_contact() -> tuple[Happening, ...]:
    return (
        Wait(
            f"no word from Kyrgyzstan: after {SILENCE_MINUTES} minute, as this leg's plan has it, the clock rings",
            "the clock strip runs out; then CONTACT_LOST, the alarm, and who is rung",
            Shows("A", "CONTACT_LOST", "KG-DCS", alarm="contact_lost"),
            within_s=SILENCE_MINUTES * 60 + 15,
            inject="missed check-in",
            silent=KG,
        ),
        Step(
            "contact-acknowledged",
            DUTY,
            "alarm_acknowledged",
            {"alarm": AlarmId("contact_lost", "A")},
            "the coordinator has heard it: acknowledged is not resolved, it rings on",
        ),
        Step(
            "kg-back",
            KG,
            "check_in",
            {"eyes_on": True, "seals_intact": True, "profile": "guarded_stop", "country": "KG"},
            "a flat tyre behind Sary-Tash: they see the lorry, which stands under guard",
            shows=Shows("A", "ACTIVE", "KG-DCS"),
        ),
        resolved("contact_lost", "A", "шина, связь есть / a flat tyre, they are heard"),
        Step(
            "tj-device-off",
            KG,
            "device_removed",
            {"device": Id("tj-device"), "reason": "УЧЕНИЕ: молчит с долины Сурхоба, снято"},
            "the silent device is taken off: its credential is over",
        ),
    )


def _crossing() -> tuple[Happening, ...]:
    return (
        Step(
            "offer-kz",
            KG,
            "offer",
            {"handover_at": In(5), "place": "Ак-Жол — Кордай / Ak-Jol — Korday"},
            "Kyrgyzstan offers the load to Kazakhstan at Ak-Jol",
            shows=Shows("A", "OFFERED", "KG-DCS"),
        ),
        Step(
            "kz-in-place",
            KZ,
            "receiver_in_place",
            {"leg": 4, "eyes_on": True, "place": "Кордай / Korday"},
            "Kazakhstan is in place; its officer is busy with the barrier and does not accept",
            shows=Shows("A", "RECEIVER_IN_PLACE", "KG-DCS"),
        ),
        Step(
            "crossed",
            KG,
            "crossed",
            {"country": "KZ"},
            "the lorry is waved through: it is in Kazakhstan, and nobody has accepted it",
            "CROSSED_UNACCEPTED at once, and nobody is shown as in control: the giver may not act on foreign soil",
            Shows("A", "CROSSED_UNACCEPTED", alarm="crossed_unaccepted"),
            inject="late acceptance",
        ),
        Step(
            "early-calm",
            DUTY,
            "alarm_resolved",
            {"alarm": AlarmId("crossed_unaccepted", "A"), "reason": "УЧЕНИЕ: примут позже"},
            "somebody wants the alarm off the screen, and is refused: its cause stands",
            refused="its cause stands",
            inject="an alarm is not talked away",
        ),
        Step(
            "kz-accepts",
            KZ,
            "acceptance",
            {"leg": 4, "offer": Id("offer-kz"), "eyes_on": True, "seals_intact": True},
            "Kazakhstan accepts, late: there is a controller again",
            "the timeline: how long there was none",
            Shows("A", "ACTIVE", "KZ-DCC"),
        ),
        *handed_over(),
        resolved("crossed_unaccepted", "A", "принято под контроль / Kazakhstan is in control", who=NEXT),
    )


def _splitting() -> tuple[Happening, ...]:
    return (
        Step(
            "split",
            KZ,
            "split",
            {
                "into": [
                    {"name": "A1", "goods": [mass("0.12")], "seals": ["EX-KZ-1"]},
                    {"name": "A2", "goods": [mass("0.08")], "seals": ["EX-KZ-2"]},
                ]
            },
            "in Almaty the couriers split the load: 120 g go on, 80 g stay",
            "two parts, each with its own controller, clocks, consents and mass",
            Shows("A1", "ACTIVE", "KZ-DCC"),
            inject="split load",
        ),
        Step(
            "kz-device",
            KZ,
            "device_placed",
            {
                "part": "A1",
                "kind": "tracker",
                "device": "EX-TK-905",
                "placed_by": "майор Учебнов KZ-2",
                "legal_basis": "УЧЕНИЕ: санкция 44/7",
                "silent_after_minutes": 1,
            },
            "Kazakhstan places a device of its own in part A1",
        ),
        Track(
            "kz-device",
            KZ,
            TO_BALKHASH,
            9,
            "part A1 goes from Almaty to Balkhash: nine hours of its way, and then live",
            "the map: part A1 on the road along the lake",
        ),
        *forced(),
        Step(
            "sample",
            KZ,
            "evidence",
            {"part": "A2", "item": "EX-S1", "entry": "sampled", "seal": "EX-KZ-S", "taken": mass("0.005", "0.0001")},
            "Kazakhstan takes the sample that was its condition",
        ),
        Photo(
            "seal-photo",
            KZ,
            LEAD,
            "УЧЕНИЕ: пломба образца EX-KZ-S / the seal of the sample",
            "and photographs its seal. The line breaks at half of it, the rest follows; the lead looks at it",
            "the room: the photograph, its small picture first; the original for Kazakhstan alone",
            inject="photograph",
        ),
        Step(
            "sample-given",
            KZ,
            "evidence",
            {"item": "EX-S1", "entry": "handed_over", "to": LEAD},
            "the sample is handed over to the lead's officer",
            "evidence: handed over, not yet received",
        ),
        Step("sample-received", LEAD, "evidence", {"item": "EX-S1", "entry": "received"}, "the lead has it and says so"),
        Step(
            "a2-watched",
            KZ,
            "delivered_under_watch",
            {"part": "A2", "place": "Алматы, склад / a warehouse in Almaty"},
            "part A2 is delivered under watch",
            shows=Shows("A2", "DELIVERED_UNDER_WATCH"),
        ),
        Step(
            "a2-secured",
            KZ,
            "secured",
            {"part": "A2", "report": {"originator": "KZ-DCC", "report_id": "EX-KZ-1"}, "weighed": [mass("0.075")]},
            "part A2 is secured: the weight is right",
            shows=Shows("A2", "SECURED"),
        ),
    )


def _ending(began: datetime) -> tuple[Happening, ...]:
    return (
        Step(
            "ru-consent",
            RU,
            "consent",
            {"leg": 5, "authorisation": authorisation("11/905", began, "RU")},
            "Russia consents: the hard stop is gone",
        ),
        *onward(began),
        Hush("kz-device", "towards the border the device is heard no more: from here on officers say where part A1 is"),
        Step(
            "offer-ru",
            KZ,
            "offer",
            {"part": "A1", "handover_at": In(5), "place": "Сырым — Маштаково / Syrym — Mashtakovo"},
            "Kazakhstan offers part A1 to Russia",
            shows=Shows("A1", "OFFERED"),
        ),
        Step(
            "ru-in-place",
            RU,
            "receiver_in_place",
            {"part": "A1", "leg": 5, "eyes_on": True},
            "Russia is in place",
            shows=Shows("A1", "RECEIVER_IN_PLACE"),
        ),
        Step(
            "ru-accepts",
            RU,
            "acceptance",
            {
                "part": "A1",
                "leg": 5,
                "offer": Id("offer-ru"),
                "country": "RU",
                "eyes_on": True,
                "seals_intact": True,
                "weighed": [mass("0.095")],
            },
            "Russia takes over and weighs: 95 of 120 g are there",
            "the shortfall alarm, which goes past the room to the lead's supervisor and the coordinator",
            Shows("A1", "ACTIVE", "RU-GUKON", alarm="shortfall"),
            inject="shortfall of mass",
        ),
        Step(
            "a1-watched",
            RU,
            "delivered_under_watch",
            {"part": "A1", "place": "Самара / Samara"},
            "part A1 reaches its consignee in Samara, and is watched",
            shows=Shows("A1", "DELIVERED_UNDER_WATCH"),
        ),
        Step(
            "strike",
            RU,
            "strike",
            {"part": "A1", "h_hour": In(1), "agencies": ["RU-GUKON"]},
            "Russia, whose soil it is, sets the hour",
            shows=Shows("A1", "STRIKE"),
        ),
        Step("strike-ready", RU, "strike_ready", {"part": "A1", "strike": Id("strike")}, "all who strike are ready"),
        Step(
            "a1-secured",
            RU,
            "secured",
            {"part": "A1", "report": {"originator": "RU-GUKON", "report_id": "EX-RU-1"}, "weighed": [mass("0.095")]},
            "part A1 is secured, three are arrested; with it the delivery has ended",
            shows=Shows(status="ended"),
        ),
        *let_out(),
        resolved("shortfall", "A1", "25 г взял курьер в Алматы, изъято / a courier in Almaty kept 25 g", who=LEAD),
        Step(
            "closed",
            LEAD,
            "closed",
            {"evidence_handed_over": True, "shortfall_signed": "УЧЕНИЕ: 25 г, курьер в Алматы"},
            "the lead closes: evidence is handed over, the shortfall is signed for",
            shows=Shows(status="closed"),
        ),
        Step(
            "evaluated",
            LEAD,
            "evaluated",
            {
                "outcome": "УЧЕНИЕ: груз изъят по частям, организатор установлен",
                "shares": [
                    {"country": "TJ", "did": "начало, подмена / began it, substituted"},
                    {"country": "KG", "did": "сопровождение / followed"},
                    {"country": "KZ", "did": "часть A2, образец / part A2, the sample"},
                    {"country": "RU", "did": "часть A1, задержания / part A1, arrests"},
                ],
                "arrests": 3,
                "routes_dismantled": 1,
                "lessons": [
                    "извещать патрули за постом, а не только пост / inform the patrols behind a post too",
                    "принимать до шлагбаума / accept before the barrier",
                    "взвешивать каждую часть при делении / weigh every part when a load is split",
                ],
                "retain_until": after(began, 24 * 365),
            },
            "and evaluates: outcome, each state's share, lessons, until when it is kept",
            "the after-action report",
            Shows(status="evaluated"),
        ),
    )
