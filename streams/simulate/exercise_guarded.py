"""The guard in the exercise: two reports that name what is under watch, one by mistake, one by a patrol that nobody informed.

The first is let out by name; the second by the end of the delivery, and not a moment before.
"""

from streams.simulate.exercise_cast import CARNET, DUTY, KG, KZ, KZ_SECOND, LEAD, NEXT, PATROL, PLATE, POST, RU, resolved
from streams.simulate.exercise_story import AlarmId, CallUs, Happening, Id, In, Match, Report, Shows, Step, Wait

LOST_CARNET = Report(
    "carnet",
    POST,
    {
        "kind": "intelligence",
        "language": "ru",
        "title": "УЧЕНИЕ / EXERCISE · утрачена книжка МДП",
        "summary": "УЧЕНИЕ: перевозчик заявил об утрате книжки МДП, номер записан с его слов",
        "topic": "other",
        "documents": [{"kind": "tir", "number": CARNET}],
        "countries": ["UZ"],
    },
    CARNET,
    (KG, LEAD, DUTY),
    "a border post of Uzbekistan writes of a lost TIR carnet, with the number of the one that the lorry carries: a digit was misheard. "
    "Its receipt is an ordinary one; nobody else reads the report",
    "nowhere in the search, but for UZ-BRD itself",
    inject="false alarm",
)

STOP_ORDER = Report(
    "stop",
    PATROL,
    {
        "kind": "intelligence",
        "language": "ru",
        "title": "УЧЕНИЕ / EXERCISE · остановка грузового автомобиля у Балхаша",
        "summary": f"УЧЕНИЕ: останавливаем грузовой автомобиль {PLATE} у Балхаша для полного досмотра, подозрение на наркотики",
        "topic": "trafficking",
        "conveyances": [{"kind": "truck", "registration": PLATE, "country": "TJ"}],
        "countries": ["KZ"],
    },
    PLATE,
    (KZ, LEAD, NEXT),
    "a mobile group of customs, whom nobody informed, writes that it is stopping the lorry near Balkhash and will open it. "
    "Its receipt is an ordinary one; the report goes no further",
    "nowhere in the search, but for KZ-CUS itself",
    inject="uninformed patrol",
)


def false_alarm() -> tuple[Happening, ...]:
    """On the first leg: what the guard keeps in, and a coordinator lets out by name."""
    return (
        LOST_CARNET,
        Wait(
            "the guard warns the lead, who is in control, and the coordinator, at once; Kyrgyzstan, whose turn comes later, is not told",
            "the alarm: what kind of number, and whose duty desk to call; not what was reported",
            Shows(alarm="guard_match"),
            within_s=1,
            to=(LEAD, DUTY),
            hidden=(KG,),
        ),
        Step(
            "carnet-released",
            DUTY,
            "match_released",
            {"match": Match(), "reason": "УЧЕНИЕ: ослышались в номере / the number was misheard"},
            "the coordinator telephones the desk that the alarm names: another carnet. The report may go its ways",
            "the timeline, for those whom the guard warned: let out, by whom and why",
        ),
        resolved("guard_match", None, "не та книжка / another carnet", name="carnet-resolved"),
        CallUs(
            LOST_CARNET,
            "the post has a second receipt: call us, and nothing else. Others read its report from now on",
            "own receipts of UZ-BRD",
        ),
    )


def stopped() -> tuple[Happening, ...]:
    """On the road to Balkhash: the guard warns before anybody has telephoned."""
    return (
        STOP_ORDER,
        Wait(
            "the guard warns Kazakhstan, the lead and the coordinator, at once; the others in the room see nothing",
            "the alarm on the leg board and on the phone: number plate, call the duty desk of KZ-CUS",
            Shows(alarm="guard_match"),
            within_s=1,
            to=(KZ, LEAD, NEXT, DUTY),
            hidden=(KG, RU),
        ),
        Step(
            "stop-acknowledged",
            NEXT,
            "alarm_acknowledged",
            {"alarm": AlarmId("guard_match", None)},
            "the coordinator has heard it and telephones the duty desk of customs: the group stands at the lorry already",
        ),
        Step(
            "patrol",
            KZ_SECOND,
            "stop_request",
            {"part": "A1", "reason": "УЧЕНИЕ: патруль, которого не известили, остановил машину у Балхаша"},
            "the lorry stands: stop, which any party may call alone",
            "STOP_REQUESTED, the alarm, the place is still missing",
            Shows("A1", "STOP_REQUESTED", alarm="stop_requested"),
        ),
        Step(
            "held",
            KZ,
            "held",
            {"part": "A1", "place": "пост Балхаш / the post at Balkhash", "guard": "два сотрудника / two officers"},
            "the controller holds it under guard before anybody opens it",
            shows=Shows("A1", "HELD", "KZ-DCC"),
        ),
        resolved(
            "guard_match",
            None,
            "дозвонились, группа предупреждена, сообщение придержано / the group is briefed, its report stays in",
            who=NEXT,
            name="stop-resolved",
        ),
        Step(
            "kz-goes-on",
            KZ,
            "resumed",
            {"part": "A1", "stop": Id("patrol")},
            "the patrol is briefed; Kazakhstan agrees to go on, alone it does not suffice",
            shows=Shows("A1", "HELD"),
        ),
        Step(
            "tj-goes-on",
            LEAD,
            "resumed",
            {"part": "A1", "stop": Id("patrol")},
            "the lead agrees too: it goes on",
            shows=Shows("A1", "ACTIVE", "KZ-DCC"),
        ),
        resolved("stop_requested", "A1", "патруль извещён / the patrol is informed", who=NEXT),
        Step(
            "offer-too-early",
            KZ,
            "offer",
            {"part": "A1", "handover_at": In(5), "place": "Сырым — Маштаково / Syrym — Mashtakovo"},
            "Kazakhstan would hand over to Russia, and is refused: nothing is consented beyond that border",
            "the hard stop at Syrym stands",
            refused="hard stop",
            inject="hard stop",
        ),
    )


def let_out() -> tuple[Happening, ...]:
    """At the end of the last part."""
    return (
        CallUs(
            STOP_ORDER,
            "the delivery has ended, so the guard lets the patrol's report out: customs is asked to call, and others read it",
            "own receipts of KZ-CUS; the search",
        ),
    )
