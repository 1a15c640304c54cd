"""Under duress: an officer is made to check in as if all were well, and the centre alone learns that it is not."""

from streams.simulate.exercise_cast import DUTY, KG, KZ, KZ_SECOND, LEAD, NEXT, RU, resolved
from streams.simulate.exercise_story import AlarmId, Happening, Shows, Step, Unnoticed, Wait, Word


def forced() -> tuple[Happening, ...]:
    """On the road with part A1. The word goes sealed, as the phone seals it with every check-in."""
    said = {"part": "A1", "eyes_on": True}
    return (
        Step(
            "kz-well",
            KZ,
            "check_in",
            said | {"word": Word(duress=False)},
            "Kazakhstan checks in from the phone: the lorry is in sight, all is well",
            "the phone: received",
        ),
        Step(
            "kz-forced",
            KZ,
            "check_in",
            said | {"word": Word(duress=True)},
            "at a filling station two men stand over the officer, who is to say that all is well. "
            "He touches the heading of the check-in before he answers: the code of duress",
            "the phone: received, as before; his board, and everybody's in the room, as before",
            Shows("A1", alarm="duress"),
            inject="duress",
        ),
        Wait(
            "the centre alone is told, and at once: who forces the officer may be reading along with anybody in the room",
            "the coordinator's board: DURESS, which is heard, too; supervisors are rung after 3 minutes",
            Shows("A1", "ACTIVE", "KZ-DCC", alarm="duress"),
            within_s=1,
            to=(NEXT, DUTY),
            hidden=(KZ, KZ_SECOND, LEAD, KG, RU),
        ),
        Unnoticed(
            KZ,
            "kz-well",
            "kz-forced",
            (KZ_SECOND, LEAD, KG),
            "the officer's phone got the same answer to both check-ins and shows them alike; so do the pages of the others",
            "the timeline, in the room: two check-ins, nothing between them",
        ),
        Step(
            "duress-acknowledged",
            NEXT,
            "alarm_acknowledged",
            {"alarm": AlarmId("duress", "A1")},
            "the coordinator has heard it. The officer's phone is not called: the officer's chiefs are, from another line, and send help",
        ),
        resolved("duress", "A1", "помощь у офицера, угрозы нет / help is with the officer, the threat is over", who=NEXT),
    )
