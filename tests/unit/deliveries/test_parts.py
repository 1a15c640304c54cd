"""Loads that split, merge and take another way, and what they weigh."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.refusals import told
from streams.stages.deliveries import mass
from tests.unit.deliveries.office import AUTHORITY, CENTRE, FOLLOWS, INFORMED, Office, form, plan

LEAD, DUTY = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty"


def goods(kg, uncertainty="0.02"):
    return [{"substance": "heroin", "kg": kg, "uncertainty_kg": uncertainty}]


def leg(number, country, **changes):
    return {"number": number, "country": country, "authority": AUTHORITY[country], "controller": FOLLOWS[country], **changes}


def test_parts_go_on_with_their_own_consents_clocks_and_controllers():
    office = Office().running(2, 3)
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("14")}])
    assert office.alarms == []
    office.must("KG-GP/p.rosecutor", "refusal", part="C", leg=2, reason="не эту")
    offer = office.must(LEAD, "offer", part="B", handover_at="2026-03-18T06:30:00Z", place="Карамык")["act"]
    office.must("KG-SCNBC/t.eam", "receiver_in_place", part="B", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", part="B", leg=2, offer=offer, eyes_on=True)
    assert [office.part(name)["controller"] for name in "BC"] == ["KG-SCNBC", "TJ-DCA"]
    office.pass_minutes(10)
    office.must("KG-SCNBC/t.eam", "check_in", part="B", eyes_on=True)
    office.pass_minutes(5)
    assert [office.part(name)["state"] for name in "BC"] == ["ACTIVE", "CONTACT_LOST"]
    hard = [office.part(name)["hard_stop"]["leg"] for name in "BC"]
    assert hard == [3, 1]


def test_a_split_load_that_weighs_less_is_told_past_the_room():
    office = Office().running(2)
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("13.5")}])
    assert office.alarms == ["shortfall"]
    told = office.rings[-1]["told"]
    assert told == [{"agency": "TJ-DCA", "role": "supervisor"}, *({"agency": None, "role": role} for role in ("supervisor", "coordinator"))]
    refused = office.act("KG-SCNBC/t.eam", "alarm_resolved", alarm=office.board["alarms"][0]["id"], reason="усушка")
    assert "lead or the centre" in refused["reason"]


def test_a_condition_forbids_to_split():
    office = Office().running()
    office.must("KG-GP/p.rosecutor", "consent", leg=2, terms=["no_split"], authorisation={
        "number": "1", "date": "2026-03-17T10:00:00Z", "issued_by": "суд", "officer": "судья"})  # fmt: skip
    answer = office.act(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("14")}])
    assert "not split" in answer["reason"]


def test_parts_merge_where_they_are_together_and_the_strictest_word_stands():
    office = Office().running(2)
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("14")}])
    office.must("KG-GP/p.rosecutor", "refusal", part="C", leg=2, reason="не эту")
    office.must(LEAD, "merge", parts=["B", "C"], into="D")
    part = office.part("D")
    assert part["mass"]["heroin"]["kg"] == "24"
    assert part["legs"][1]["consent"]["state"] == "REFUSED"
    assert {name: office.part(name)["state"] for name in "ABC"} == {"A": "SPLIT", "B": "MERGED", "C": "MERGED"}
    assert "MERGED" in office.act(LEAD, "check_in", part="B", eyes_on=True)["reason"]
    assert office.act(LEAD, "split", into=[{"name": "A", "goods": goods("1")}, {"name": "E", "goods": goods("23")}])["status"] == "refused"


def test_a_route_change_opens_the_consents_that_it_touches_and_only_these():
    office = Office().running(2, 3, 4)
    office.offer()
    legs = [leg(2, "KG"), leg(3, "KZ", entry={"name": "Кордай"}), leg(4, "RU")]
    office.must(LEAD, "route_change", reason="дорога закрыта", legs=legs)
    part = office.part()
    assert [each["consent"]["state"] for each in part["legs"]] == ["CONSENTED", "CONSENTED", "PENDING", "CONSENTED"]
    assert part["offer"] is not None
    office.must(LEAD, "route_change", reason="дорога закрыта", legs=[leg(2, "KG", entry={"name": "Карамык"}), *legs[1:]])
    assert office.part()["offer"] is None
    assert office.alarms == ["plan_touched"]
    answer = office.act(LEAD, "route_change", reason="назад", legs=[leg(1, "KZ"), leg(2, "RU")])
    assert "only the exit and the times can be changed" in answer["reason"]


def test_a_load_that_is_diverted_to_another_post_leaves_its_present_leg_there():
    office = Office().running(2, 3)
    onward = [leg(2, "KG"), leg(3, "KZ"), leg(4, "RU")]
    # Another hour alone touches nothing that its authority said, and the go or no-go is called by it.
    later = leg(1, "TJ", exit_planned="2026-03-18T08:00:00Z")
    office.must(LEAD, "route_change", reason="точнее", legs=[later, *onward])
    assert [each["consent"]["in_force"] for each in office.part()["legs"][:2]] == [True, True]
    for _ in range(7):
        office.pass_minutes(10)
        office.must(LEAD, "check_in", eyes_on=True)
    assert [event["what"]["minutes"] for event in office.events if event["kind"] == "handover_window"] == [60]
    # Of another post its authority is asked again.
    office.must(LEAD, "route_change", reason="лавина", legs=[later | {"exit": {"crossing": "Dusti"}}, *onward])
    part = office.part()
    assert office.board["plans"][part["legs"][0]["plan"]]["exit"] == {"crossing": "Dusti"}
    assert (part["legs"][0]["consent"]["state"], part["legs"][1]["consent"]["in_force"]) == ("PENDING", True)
    assert part["hard_stop"] == {"leg": 1, "country": "TJ", "exit": None, "here": True}
    assert [each["reason"] for each in office.board["alarms"]] == ["the way has changed: leg 1 is to be consented again"]
    office.consented(1)
    assert (office.part()["hard_stop"]["leg"], office.part()["hard_stop"]["here"]) == (3, False)


def test_nothing_else_of_the_leg_that_a_load_is_on_can_be_changed():
    office = Office().running(2)
    for changes in ({"controller": "TJ-MVD"}, {"contact_minutes": 600}, {"entry": {"crossing": "Dusti"}}, {"profile": "post"}):
        no = office.act(LEAD, "route_change", reason="иначе", legs=[leg(1, "TJ", **changes), leg(2, "KG")])
        assert (no["status"], no["field"]) == ("refused", "legs")
        assert told(no["reason"], no["mend"]).reason == "часть A на этапе 1: на нём можно изменить только выезд и время"


def test_what_is_sampled_and_substituted_is_booked_out():
    office = Office().requested().consented(1)
    taken = {
        "by": "эксперт",
        "taken_out": goods("20", "0.01"),
        "put_in": "мука",
        "put_in_kg": "20",
        "seals": ["S-9"],
        "sample_custodian": "Азизов",
    }
    office.must(LEAD, "ready", informed_posts=INFORMED, substitution=taken)
    office.must(LEAD, "ready", informed_posts=INFORMED, substitution=taken | {"taken_out": goods("19", "0.01")})
    assert (office.part()["mass"]["heroin"]["kg"], office.part()["seals"]) == ("5", ["S-9"])
    office.must(LEAD, "evidence", item="SAMPLE-1", part="A", entry="sampled", taken=goods("0.005", "0.0001")[0])
    assert office.part()["mass"]["heroin"]["kg"] == "4.995"


def test_a_weighing_within_the_uncertainty_is_no_alarm_and_small_thefts_do_not_add_up_unseen():
    office = Office().running()
    for kg in ("23.97", "23.94", "23.91"):
        office.must(LEAD, "check_in", eyes_on=True, weighed=goods(kg))
    assert office.alarms == ["shortfall"]
    assert office.board["alarms"][0]["reason"].startswith("heroin: 0.09 kg short")
    assert office.board["alarms"][0]["count"] == 2


amounts = st.tuples(st.integers(0, 10**9), st.integers(0, 10**6)).map(list)


@given(st.lists(amounts, min_size=1, max_size=8))
def test_parts_that_make_up_the_whole_never_differ_from_it(parts):
    loads = [{"heroin": part} for part in parts]
    assert mass.differences(mass.together(loads), mass.together(reversed(loads)), whole=True) == {}


@given(amounts, st.integers(1, 10**9))
def test_a_difference_shows_as_soon_as_it_exceeds_the_combined_uncertainty(load, off):
    found = mass.differences({"heroin": load}, {"heroin": [load[0] + off, load[1]]})
    assert bool(found) == (off * off > 2 * load[1] * load[1])


def windows(office):
    return [event["what"]["minutes"] for event in office.events if event["kind"] == "handover_window"]


def test_a_handover_that_is_planned_by_the_next_legs_entry_is_asked_of_again_when_that_changes():
    office = Office().running(2, 3)
    for entry in ("2026-03-18T06:50:00Z", "2026-03-18T06:55:00Z"):
        office.must(LEAD, "route_change", reason="время", legs=[leg(2, "KG", entry_planned=entry), leg(3, "KZ"), leg(4, "RU")])
        office.pass_minutes(1)
    assert windows(office) == [60, 60]


def test_a_change_of_the_way_that_makes_an_offer_void_asks_again_of_the_handover_as_planned():
    office = Office().running(2, 3)
    onward = [leg(2, "KG", entry_planned="2026-03-18T07:30:00Z"), leg(3, "KZ")]
    office.must(LEAD, "route_change", reason="время", legs=onward)
    office.offer(minutes=40)
    office.must(LEAD, "route_change", reason="лавина", legs=[onward[0] | {"entry": {"crossing": "Bordobo"}}, onward[1]])
    assert office.part()["offer"] is None
    for _ in range(4):
        office.pass_minutes(10)
        office.must(LEAD, "check_in", eyes_on=True)
    assert windows(office) == [60]


OUT = "2026-03-18T20:00:00Z"
EARLY = {"entry_planned": "2026-03-18T08:00:00Z", "exit_planned": "2026-03-18T09:00:00Z"}


def test_a_way_that_goes_on_before_the_present_leg_is_left_is_refused_and_its_own_times_may_be_changed_with_it():
    office = Office().running()
    onward = [leg(2, "KG"), leg(3, "KZ"), leg(4, "RU")]
    office.must(LEAD, "route_change", reason="время", legs=[leg(1, "TJ", exit_planned=OUT), *onward])
    for legs in ([onward[0] | EARLY, *onward[1:]], [onward[0], onward[1] | EARLY, onward[2]]):
        no = office.act(LEAD, "route_change", reason="время", legs=legs)
        number = next(each["number"] for each in legs if "exit_planned" in each)
        assert (no["status"], no["field"]) == ("refused", "legs")
        assert no["reason"] == f"leg {number} is entered before leg 1 is left"
        assert told(no["reason"], no["mend"]).reason == f"въезд этапа {number} раньше выезда этапа 1"
        assert told(no["reason"], no["mend"]).mend.endswith("время этапа 1 меняет ведущий, сменой маршрута")
    assert "exit_planned" not in office.board["plans"][office.part()["legs"][1]["plan"]], "nothing of it was applied"
    no = office.act(LEAD, "route_change", reason="время", legs=[onward[0] | {"exit_planned": EARLY["exit_planned"]}, *onward[1:]])
    assert no["reason"] == "leg 2 is left before leg 1 is left"
    first = leg(1, "TJ", exit_planned="2026-03-18T07:30:00Z")
    office.must(LEAD, "route_change", reason="раньше", legs=[first, onward[0] | EARLY, *onward[1:]])


def test_the_times_of_legs_that_are_behind_bind_nobody():
    office = Office().running(2, 3)
    onward = [leg(2, "KG", exit_planned="2026-03-18T23:00:00Z"), leg(3, "KZ"), leg(4, "RU")]
    office.must(LEAD, "route_change", reason="время", legs=[leg(1, "TJ", exit_planned=OUT), *onward])
    offer = str(office.offer())
    office.must("KG-SCNBC/t.eam", "receiver_in_place", leg=2, eyes_on=True)
    office.must("KG-SCNBC/t.eam", "acceptance", leg=2, offer=offer, eyes_on=True, country="KG")
    # It was handed over half a day before it was planned to be.
    office.must(LEAD, "route_change", reason="раньше", legs=[onward[0] | EARLY, onward[1], onward[2]])


def test_a_part_that_is_split_off_does_not_go_on_before_the_present_leg_is_left():
    office = Office().running()
    office.must(LEAD, "route_change", reason="время", legs=[leg(1, "TJ", exit_planned=OUT), leg(2, "KG"), leg(3, "KZ")])
    ways = [leg(2, "KG", **EARLY), leg(3, "KZ")]
    no = office.act(LEAD, "split", into=[{"name": "B", "goods": goods("10")}, {"name": "C", "goods": goods("14"), "legs": ways}])
    assert (no["field"], no["reason"]) == ("into", "leg 2 is entered before leg 1 is left")
    assert office.part()["state"] == "ACTIVE"


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ({1: {"exit_planned": OUT}, 3: EARLY}, "leg 3 is entered before leg 1 is left"),
        ({1: {"entry_planned": OUT}, 2: EARLY}, "leg 2 is entered before leg 1 is left"),
        ({1: {"exit_planned": OUT}, 3: {"exit_planned": EARLY["exit_planned"]}}, "leg 3 is left before leg 1 is left"),
        ({1: {"entry_planned": OUT}, 2: {"entry_planned": OUT}, 4: EARLY}, "leg 4 is entered before leg 2 is left"),
    ],
)
def test_the_times_of_a_way_hold_across_legs_that_have_none(times, reason):
    legs = [leg(number, country, **times.get(number, {})) for number, country in enumerate(("TJ", "KG", "KZ", "RU"), 1)]
    office = Office()
    no = office.act(LEAD, "request", form=form(), plan=plan() | {"legs": legs})
    assert (no["status"], no["field"], no["reason"]) == ("refused", "plan.legs", f"{reason}: check the times and their zones")
    assert "часовые пояса" in told(no["reason"], no["mend"]).reason
    assert office.requested().act(LEAD, "route_change", legs=legs, reason="время")["field"] == "legs"
