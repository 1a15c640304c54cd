"""A load under way whose way ahead is refused: what else can be done from where it is, to where it was going."""

import re

import pytest

from schemas.findings import PLANS
from streams.gateway.onward import Point
from streams.planning.onward import Here, onward
from streams.planning.plan import LegConsent
from tests.unit.planning.building import changed, planner, request
from tests.unit.planning.test_planning_russian import DESK, ENGLISH, told

KHUJAND, TURSUNZODA = Point(40.28, 69.62), Point(38.51, 68.23)


def ask(here, made=None, asked=None, **states):
    consents = {int(name[3:]): LegConsent(state=state) for name, state in states.items()}
    return onward(made or planner(), asked or request(), here, consents)


def routes(found):
    return [each.countries for each in found.alternatives if each.kind == "other_route"]


def only(found, kind):
    return next(each for each in found.alternatives if each.kind == kind)


def test_round_who_refuses_to_the_same_destination_over_who_has_consented():
    found = ask(Here("TJ", 1), leg1="consented", leg2="refused", leg3="consented")
    assert (found.country, found.destination, found.avoids) == ("TJ", "RU", ("KG",))
    assert routes(found) == [("UZ", "KZ")]
    way = only(found, "other_route")
    assert way.for_leg == 2
    assert "TJ→UZ" in way.text
    assert "KZ→RU" in way.text
    assert "ask UZ-NCDC until 2026-11-23 12:00 UTC+05:00 (Asia/Tashkent)" in way.why
    assert "KZ has consented to leg 3: it stands while that leg stays as it is" in way.why
    assert {source.entry for source in way.sources} == {"UZ-NCDC", "KZ-DCC"}


def test_it_stops_before_the_border_of_who_refuses_wherever_that_is_ahead():
    found = ask(Here("TJ", 1), leg1="consented", leg2="consented", leg3="refused")
    assert only(found, "stop_and_seize").text.startswith("stop it in KG before Ak-Jol by ")
    assert "KG-DCS decides" in only(found, "stop_and_seize").text
    assert all("KZ" not in way for way in routes(found))


def test_from_the_leg_that_it_is_on_now_what_is_behind_plays_no_part():
    found = ask(Here("KG", 2), leg1="refused", leg2="consented", leg3="revoked")
    assert (found.country, found.leg, found.avoids) == ("KG", 2, ("KZ",))
    assert not any("TJ→" in each.text for each in found.alternatives)
    assert only(found, "stop_and_seize").for_leg == 3


def test_the_crossings_are_those_near_to_where_it_was_seen():
    north, south = (only(ask(Here("TJ", 1, at), leg2="refused"), "other_route").text for at in (KHUJAND, TURSUNZODA))
    first = [re.search(r"TJ→UZ at ([^/]+)/", text)[1] for text in (north, south)]
    assert first == ["Khashtyak", "Dusti"]


def test_where_it_has_crossed_into_the_land_that_refuses_that_state_stops_it():
    found = ask(Here("KG", 1), leg1="consented", leg2="refused")
    assert routes(found) == []
    assert only(found, "stop_and_seize").text.startswith("stop it in KG before ")


def test_accepted_before_the_border_it_is_led_round_from_the_givers_soil():
    found = ask(Here("TJ", 2), leg1="consented", leg2="refused", leg3="consented")
    assert routes(found) == [("UZ", "KZ")]
    assert only(found, "stop_and_seize").text.startswith("stop it in TJ before the border with KG")


def test_a_destination_that_refuses_leaves_no_other_way():
    found = ask(Here("KZ", 3), leg3="consented", leg4="refused")
    assert (found.avoids, routes(found)) == (("RU",), [])
    assert only(found, "stop_and_seize").text.startswith("stop it in KZ before Syrym")


@pytest.mark.parametrize("states", [{}, {"leg2": "expired"}, {"leg2": "pending", "leg3": "conditional"}])
def test_where_nobody_refuses_there_is_nothing_to_go_round(states):
    found = ask(Here("TJ", 1), **states)
    assert (found.avoids, found.alternatives) == ((), ())


def test_no_way_leads_through_a_law_that_does_not_allow_it_and_a_stale_entry_is_said():
    shut = planner(entries=changed("UZ-NCDC", law={"passages": ["out", "into"]}))
    assert routes(ask(Here("TJ", 1), shut, leg2="refused")) == []
    old = planner(entries=changed("UZ-NCDC", verified="2026-01-02T06:00:00Z"))
    assert "stale, verify first: UZ-NCDC" in only(ask(Here("TJ", 1), old, leg2="refused"), "other_route").why


@pytest.mark.parametrize(("kind", "authority"), [("stop_and_seize", "TJ-DCA"), ("substitution", "KG-DCS"), ("substitution", "RU-GUKON")])
def test_whoever_stops_it_or_takes_another_load_by_a_stale_entry_is_to_be_verified_first(kind, authority):
    old = planner(entries=changed(authority, verified="2026-01-02T06:00:00Z"))
    found = only(ask(Here("TJ", 1), old, leg2="refused"), kind)
    assert found.why.endswith(f"; stale, verify first: {authority}")
    assert [source.entry for source in found.sources if source.stale] == [authority]
    assert "stale" not in only(ask(Here("TJ", 1), leg2="refused"), kind).why


def test_ways_of_a_route_that_was_numbered_anew():
    asked = request()
    legs = tuple(leg.model_copy(update={"number": leg.number + 4 * (leg.number > 1)}) for leg in asked.legs)
    found = ask(Here("TJ", 1), asked=asked.model_copy(update={"legs": legs}), leg6="refused", leg7="consented")
    assert routes(found) == [("UZ", "KZ")]
    assert only(found, "other_route").for_leg == 6


@pytest.mark.parametrize("now", ["2026-11-22T09:00:00+05:00", "2028-02-22T09:00:00+05:00"])
@pytest.mark.parametrize(
    ("here", "states"),
    [
        (Here("TJ", 1), {"leg2": "refused", "leg3": "consented"}),
        (Here("KG", 2), {"leg3": "revoked"}),
        (Here("TJ", 2), {"leg2": "refused"}),
    ],
)
def test_it_is_told_in_russian_to_the_end_of_stale_entries_too(here, states, now):
    said = PLANS.throughout(ask(here, planner(now), **states).model_dump(mode="json"), "text", "why", "stale")
    texts = [one for one in told(said) if "why" in one]
    assert texts
    for one in texts:
        for name in ("text", "why"):
            assert ENGLISH.findall(DESK.sub("", one["ru"][name])) == [], one["ru"][name]
