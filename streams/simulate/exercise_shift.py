"""The shift changes in the middle of the exercise: what is open passes singly, and is the outgoing officer's until then."""

from streams.simulate.exercise_cast import DUTY, NEXT
from streams.simulate.exercise_story import Desk, Happening, Step


def handed_over() -> tuple[Happening, ...]:
    """The delivery and its open alarm pass from one officer to the next, who must be named in the room first."""
    return (
        Desk(
            NEXT,
            "on",
            "the shift changes: the next officer comes on duty, is not named in the room yet, and sees nothing of the delivery",
            blind=True,
            inject="handover of the shift",
        ),
        Desk(
            DUTY,
            "leave",
            "the outgoing officer leaves: the delivery and its open alarm wait to be accepted, and are still his",
            "the page of the shift: two items wait, nobody on duty can take them",
        ),
        Desk(DUTY, "off", "he would go home, and is refused: what nobody has accepted is his", refused="still yours"),
        Step(
            "next-named",
            DUTY,
            "room",
            {"enters": [NEXT]},
            "so he names who comes in the room",
            "members of the room: two of the centre",
        ),
        Desk(NEXT, "accept", "the next officer accepts the delivery", "the page of the shift: with whom each item is", item="delivery"),
        Desk(NEXT, "accept", "and, singly, the alarm that is still open: there is no way to accept both at once", item="alarm"),
        Desk(DUTY, "off", "nothing is his any more: he goes off duty"),
    )
