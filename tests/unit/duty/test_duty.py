"""Who answers for what at the centre: each open item has one person or is in the supervisors' list, and passes from hand to hand singly."""

from datetime import datetime
from random import Random

import pytest

from streams.stages.rosters import AGAIN, HANDED_OVER_WITHIN, LONGEST_SHIFT, MINUTE, name_of
from tests.unit.duty.house import ANNA, BORIS, CHIEF, DELIVERY, OTHER, VERA, House


def evening() -> tuple[House, str, str, str]:
    """Anna is on duty and has accepted a delivery, its alarm and a request."""
    house = House()
    house.must(ANNA, "on")
    delivery = house.delivery(DELIVERY, (ANNA, BORIS), ("1", 1))
    alarm = next(name for name, item in house.open.items() if item["kind"] == "alarm")
    request = house.request()
    for item in (delivery, alarm, request):
        assert house.accept(ANNA, item)["status"] == "applied"
    return house, delivery, alarm, request


def test_what_comes_in_falls_to_whom_is_on_duty_and_rings_the_supervisor_until_it_is_accepted() -> None:
    house = House()
    house.must(ANNA, "on")
    request = house.request(priority="flash")
    assert (house.whose(request), house.items[request]["accepted"]) == (ANNA, None)
    house.after(4.9)
    assert house.rung == []
    house.after(0.1)
    assert [item for _, item in house.rung] == [request], "a flash is acknowledged within five minutes"
    house.after(AGAIN / MINUTE)
    assert len(house.rung) == 2
    house.accept(ANNA, request)
    house.after(120)
    assert len(house.rung) == 2
    assert house.items[request]["waiting"] is None


def test_the_outgoing_officer_answers_until_each_item_is_accepted_singly() -> None:
    house, delivery, alarm, request = evening()
    house.after(10 * 60)
    house.must(BORIS, "on")
    house.must(ANNA, "leave")
    assert {house.whose(item) for item in (delivery, alarm, request)} == {ANNA}
    assert house.act(ANNA, "off")["reason"] == "3 items are still yours"
    house.accept(BORIS, delivery)
    assert [house.whose(item) for item in (delivery, alarm, request)] == [BORIS, ANNA, ANNA]
    assert house.coordinators[DELIVERY] == BORIS
    # What nobody takes over is the supervisors' to know.
    house.after(HANDED_OVER_WITHIN / MINUTE)
    assert {item for _, item in house.rung} == {alarm, request}
    house.accept(BORIS, alarm)
    assert house.act(ANNA, "off")["status"] == "refused"
    house.accept(BORIS, request)
    house.must(ANNA, "off")
    shift = house.officers[ANNA]
    assert (shift["on"], shift["alarms"], shift["accepted"], shift["fell"]) == (False, 1, 3, 3)


def test_who_forgets_to_end_the_shift_is_asked_about_after_a_day_and_an_hour() -> None:
    house, delivery, _, _ = evening()
    house.after(LONGEST_SHIFT / MINUTE)
    assert house.officers[ANNA]["leaving"] is not None
    assert house.whose(delivery) == ANNA
    house.after(HANDED_OVER_WITHIN / MINUTE)
    assert len(house.rung) == 3


def test_there_is_no_act_for_several_and_none_for_what_has_changed() -> None:
    house, _, _, request = evening()
    house.must(BORIS, "on")
    seen = house.items[request]["version"]
    house.request(revision=2)
    assert "changed since" in house.act(BORIS, "accept", item=request, seen=seen)["reason"]
    assert house.whose(request) == ANNA
    assert house.act(BORIS, "accept", item=[request, request], seen=seen)["status"] == "refused"
    house.accept(BORIS, request)
    assert house.whose(request) == BORIS
    # Sent again after the other has taken it back, it does not take it once more.
    house.accept(ANNA, request)
    assert house.act(BORIS, "accept", item=request, seen=seen)["status"] == "refused"
    assert house.whose(request) == ANNA


@pytest.mark.parametrize("is_there", [True, False])
def test_an_item_of_a_room_is_no_item_to_whom_is_not_named_in_it(is_there: bool) -> None:
    house = House()
    house.must(ANNA, "on")
    house.must(VERA, "on")
    item = house.delivery() if is_there else name_of("delivery", DELIVERY)
    answer = house.act(VERA, "accept", item=item, seen=1)
    assert (answer["reason"], answer["stands"]) == ("there is no such item", None)
    if is_there:
        assert house.whose(item) == ANNA, "it falls to who is named, though another came on later"
        house.delivery(DELIVERY, (ANNA, BORIS, VERA))
        house.accept(VERA, item)
        assert house.whose(item) == VERA
        # Out of the room, out of responsibility: back to whom is named and on duty.
        house.delivery(DELIVERY, (ANNA, BORIS))
        assert house.whose(item) == ANNA
        assert house.items[item]["accepted"] is None


def test_what_nobody_on_duty_may_take_stands_in_the_supervisors_list_at_once() -> None:
    house = House()
    item = house.delivery(OTHER, (BORIS,))
    assert (house.whose(item), len(house.rung)) == (None, 1)
    house.must(ANNA, "on")
    house.after(AGAIN / MINUTE)
    assert (house.whose(item), len(house.rung)) == (None, 2)
    house.must(BORIS, "on")
    assert house.whose(item) == BORIS
    assert house.coordinators[OTHER] == BORIS


def test_a_supervisor_on_duty_gets_what_comes_only_where_there_is_no_coordinator() -> None:
    house = House()
    house.must(ANNA, "on")
    house.after(1)
    house.must(CHIEF, "on")
    assert house.whose(house.request()) == ANNA
    house.must(ANNA, "leave")
    assert house.whose(house.request("UZ-SCC/R-2")) == CHIEF


def test_alarms_are_counted_each_time_they_are_raised() -> None:
    house = House()
    house.must(ANNA, "on")
    house.delivery(DELIVERY, (ANNA,), ("1", 1))
    house.delivery(DELIVERY, (ANNA,), ("1", 4), ("2", 1))
    house.delivery(DELIVERY, (ANNA,), ("2", 2))
    assert house.officers[ANNA]["alarms"] == 6
    assert sorted(item["kind"] for item in house.open.values()) == ["alarm", "delivery"]


def test_an_alarm_falls_to_who_answers_for_the_delivery() -> None:
    house, _, _, _ = evening()
    house.must(BORIS, "on")
    house.must(ANNA, "leave")
    house.delivery(DELIVERY, (ANNA, BORIS), ("1", 1), ("2", 1))
    second = next(item for item in house.open.values() if item["about"].get("id") == "2")
    assert second["responsible"] == ANNA, "the outgoing officer stays responsible"


def test_a_request_is_settled_by_whom_it_is_with_and_a_delivery_is_not() -> None:
    house, delivery, _, request = evening()
    house.must(BORIS, "on")
    assert "with CARICC/a.nna" in house.act(BORIS, "settle", item=request, how="звонил")["reason"]
    assert "delivery" in house.act(ANNA, "settle", item=delivery, how="?")["reason"]
    house.must(ANNA, "settle", item=request, how="ответили по телефону")
    assert (house.items[request]["open"], house.items[request]["how"]) == (False, "ответили по телефону")
    assert not [timer for timer in house.timers.waiting.values() if timer.key == f"#{request}".encode()]


def test_the_duty_is_the_centres_and_of_those_who_are_on_it() -> None:
    house, delivery, _, _ = evening()
    assert "centre's" in house.act("TJ-DCA/n.rahimov", "on", role="officer")["reason"]
    assert "not on duty" in house.accept(BORIS, delivery)["reason"]
    assert "not on duty" in house.act(CHIEF, "off")["reason"]


def test_each_open_item_has_one_person_on_duty_or_rings_the_supervisors_whatever_happens() -> None:
    seed = Random().randrange(10**6)
    print("seed", seed)
    for number in range(seed, seed + 25):
        history(number)


def history(seed: int) -> None:
    random, house = Random(seed), House()
    people = (ANNA, BORIS, VERA, CHIEF)
    rooms = {f"TJ-DCA/CD-{number}": (True, [ANNA], {"1": 1}) for number in range(3)}
    for _ in range(60):
        person = random.choice(people)
        match random.randrange(9):
            case 0:
                house.act(person, "on")
            case 1:
                house.act(person, "leave")
            case 2:
                house.act(person, "off")
            case 3 | 4 if house.open:
                before = {name: item["responsible"] for name, item in house.open.items()}
                item = random.choice(sorted(house.open))
                took = house.accept(person, item)["status"] == "applied"
                changed = {name for name, whose in before.items() if house.whose(name) != whose}
                assert changed <= ({item} if took else set()), f"seed {seed}: an act for one item moved others"
            case 5:
                house.request(f"UZ-SCC/R-{random.randrange(4)}", random.choice(("routine", "flash")), is_open=random.random() < 0.8)
            case 6 | 7:
                name = random.choice(sorted(rooms))
                members = random.sample(people, random.randrange(4))
                alarms = {str(each): random.randrange(1, 4) for each in random.sample(range(4), random.randrange(3))}
                rooms[name] = (random.random() < 0.9, members, alarms)
                house.delivery(name, tuple(members), *alarms.items(), is_open=rooms[name][0])
            case _:
                house.after(random.choice((1, 4, 16, 40, 600, 1600)))
        check(house, f"seed {seed}")


def check(house: House, where: str) -> None:
    on = {person for person, shift in house.officers.items() if shift["on"]}
    due = {timer.key.decode() for timer in house.timers.waiting.values()}
    for name, item in house.open.items():
        whose = item["responsible"]
        if whose is None:
            assert item["rings"] > 0, f"{where}: nobody answers for {name}, and no supervisor knows"
            assert f"#{name}" in due, where
        else:
            assert whose in on, f"{where}: {whose} answers for {name} and is not on duty"
            assert item["members"] is None or whose in item["members"], where
            assert (item["waiting"] is not None) == (f"#{name}" in due), where
            assert item["waiting"] is not None or item["accepted"] is not None, where
            late = house.now - int(datetime.fromisoformat(item["waiting"]).timestamp() * 1000) if item["waiting"] else 0
            assert late <= HANDED_OVER_WITHIN or item["rings"] > 0, f"{where}: {name} waits in silence"
    # What is told of a delivery is who answers for it.
    for delivery, told in house.coordinators.items():
        found = house.open.get(name_of("delivery", delivery))
        assert found is None or found["responsible"] == told, where
