"""The ladder of an alarm rings who answers for the delivery."""

from datetime import datetime, timedelta

from streams.store.duty import unseen
from streams.store.rooms import may_hear
from tests.delivery_cases import CHIEF, DUTY, OTHER_DUTY
from tests.unit.deliveries.office import DELIVERY, Office
from tests.unit.duty.house import ANNA, BORIS, House


def rung(office: Office, minutes: float) -> dict[str, object]:
    office.act("TJ-DCA/n.rahimov", "alert", reason="колонна остановилась")
    office.pass_minutes(minutes)
    return office.rings[-1]


def test_the_rung_of_the_coordinator_is_for_who_answers_and_for_all_of_the_room_while_nobody_does() -> None:
    office = Office().running(2)
    assert office.board["coordinator"] is None
    first = rung(office, 3)
    assert [may_hear(viewer, first["told"]) for viewer in (DUTY, OTHER_DUTY)] == [True, True]  # type: ignore[arg-type]

    office = Office().running(2)
    office.take({"type": "duty", "coordinator": "CARICC/d.duty"})
    assert office.board["coordinator"] == "CARICC/d.duty"
    ring = rung(office, 3)
    assert [may_hear(viewer, ring["told"]) for viewer in (DUTY, OTHER_DUTY, CHIEF)] == [True, False, False]  # type: ignore[arg-type]
    office.pass_minutes(2)
    assert may_hear(CHIEF, office.rings[-1]["told"])


def test_the_same_word_again_tells_nobody_anything() -> None:
    office = Office().running(2)
    office.take({"type": "duty", "coordinator": "CARICC/d.duty"})
    told = len(office.snapshots)
    office.take({"type": "duty", "coordinator": "CARICC/d.duty"})
    assert len(office.snapshots) == told


def test_the_duty_hears_of_a_delivery_when_members_or_alarms_change_and_not_of_each_word() -> None:
    office = Office().running(2)
    told = len(office.duties)
    assert told == 1, "a draft is the lead's own; from the second signature on it is open"
    office.act("TJ-DCA/n.rahimov", "check_in", eyes_on=True)
    assert len(office.duties) == told
    office.act("TJ-DCA/n.rahimov", "check_in", eyes_on=True, duress=True)
    assert [alarm["kind"] for alarm in office.duties[-1]["alarms"]] == ["duress"]
    office.act("CARICC/d.duty", "room", enters=["CARICC/n.ext"])
    assert "CARICC/n.ext" in office.duties[-1]["members"]


def test_of_an_alarm_in_another_room_a_supervisor_learns_its_kind_and_whom_to_ask_after_five_minutes() -> None:
    for members, ask in (((BORIS, ANNA), [BORIS, ANNA]), ((), ["TJ-DCA"])):
        house = House()
        item = house.items[house.delivery(DELIVERY, members, ("1", 1))]
        alarm = next(one for one in house.items.values() if one["kind"] == "alarm")
        opened = datetime.fromisoformat(alarm["about"]["raised"])
        assert "alarm" not in unseen(alarm, opened + timedelta(minutes=4))
        told = unseen(alarm, opened + timedelta(minutes=5))
        assert (told["alarm"], told["ask"]) == ("contact_lost", ask)
        assert "about" not in told
        assert "alarm" not in unseen(item, opened + timedelta(minutes=5))
