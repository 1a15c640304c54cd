"""The consent planner over the exercise directory: whom, until when, what stands against it, and what else can be done."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.planning.itinerary import OutOfOrder
from streams.planning.plan import LegConsent
from tests.unit.planning.building import LEGS, changed, planner, request

CONSENTED = LegConsent(state="consented")


def blocking(plan):
    return [finding for leg in plan.legs for finding in leg.findings if finding.severity == "blocking"] + [
        finding for finding in plan.conflicts if finding.severity == "blocking"
    ]


def lines(plan, topic, leg=None):
    return [finding for each in plan.legs for finding in each.findings if finding.topic == topic and leg in (None, each.number)]


def at(text):
    return datetime.fromisoformat(text)


def test_every_leg_has_its_authorities_with_desk_language_papers_and_latest_moment():
    plan = planner().plan(request())
    assert [(leg.country, leg.passage, [ask.authority for ask in leg.asks]) for leg in plan.legs] == [
        ("TJ", "out", ["TJ-DCA"]),
        ("KG", "through", ["KG-DCS"]),
        ("KZ", "through", ["KZ-DCC", "KZ-CUS"]),
        ("RU", "into", ["RU-GUKON"]),
    ]
    kg = plan.legs[1].asks[0]
    # Sixteen hours of a desk that works 9 to 18, back from Wednesday 14:00: five, nine on Tuesday, two on Monday.
    assert kg.latest.at == at("2026-11-23T16:00:00+06:00")
    assert kg.latest.text == "2026-11-23 16:00 UTC+06:00 (Asia/Bishkek)"
    assert (kg.languages[0], kg.own, kg.open_now) == ("ru", False, False)
    assert [paper.kind for paper in kg.missing] == ["case_decision", "inventory_of_goods"]
    assert plan.legs[0].asks[0].own
    # Three days to go on a Sunday: the Sunday entry into Russia has to be asked for on Friday.
    assert plan.legs[3].asks[0].latest.at == at("2026-11-27T17:59:00+03:00")
    assert plan.calendar.startswith("holidays ")


def test_every_line_from_the_directory_names_entry_and_version():
    plan = planner().plan(request(practices=["tracking_device", "foreign_officers"]))
    found = [finding for leg in plan.legs for finding in leg.findings] + list(plan.conflicts)
    assert found
    assert all(finding.why for finding in found)
    assert all(finding.sources and all(source.version == 1 for source in finding.sources) for finding in found)


def test_what_is_too_late_says_by_how_much_and_whether_an_urgent_request_is_left():
    plan = planner("2026-11-23T12:00:00+05:00").plan(request())
    tj = plan.legs[0].asks[0]
    assert tj.latest.late_by_minutes == 120
    (line,) = lines(plan, "notice")
    assert (line.severity, "2 h ago" in line.text, "urgent request by voice is possible until 2026-11-24 08:00" in line.text) == (
        "action",
        True,
        True,
    )
    much_later = planner("2026-11-24T09:00:00+05:00").plan(request())
    assert next((finding.severity, finding.legs) for finding in lines(much_later, "notice")) == ("blocking", (1,))
    assert not much_later.clear


def test_an_authority_that_takes_no_urgent_request_blocks_when_it_is_late():
    rows = ((*LEGS[0][:2], "Fotehobod", *LEGS[0][3:]), ("UZ", "Oybek", None, "2026-11-25T13:00:00+05:00", None))
    (line,) = lines(planner("2026-11-23T14:00:00+05:00").plan(request(*rows)), "notice", 2)
    assert (line.severity, "takes no urgent request" in line.text) == ("blocking", True)


def test_a_paper_in_another_language_or_for_another_country_is_missing_still():
    papers = [{"kind": "case_decision", "language": "en"}, {"kind": "inventory_of_goods", "language": "ru", "country": "KZ"}]
    kg = planner().plan(request(papers=papers)).legs[1].asks[0]
    assert [(paper.kind, paper.why) for paper in kg.missing] == [
        ("case_decision", "held in en, wanted in ru"),
        ("inventory_of_goods", "required by the entry"),
    ]
    held = [{"kind": "case_decision", "language": "ru"}, {"kind": "inventory_of_goods", "language": "ru", "country": "KG"}]
    assert planner().plan(request(papers=held)).legs[1].asks[0].missing == ()
    assert [paper.language for paper in planner().plan(request(papers=held, language="tg")).legs[1].asks[0].missing] == ["ru"]


def test_the_load_is_substituted_where_the_law_allows_it():
    (line,) = [finding for finding in planner().plan(request()).conflicts if finding.topic == "substitution"]
    assert (line.severity, line.legs, line.text.startswith("substitute before KG is left")) == ("action", (2, 3), True)


def test_a_substituted_load_cannot_be_made_whole_again():
    entries = changed("RU-GUKON", law={"substitution": ("none",)})
    plan = planner(entries=entries).plan(request())
    (line,) = [finding for finding in plan.conflicts if finding.severity == "blocking"]
    assert (line.topic, line.legs) == ("substitution", (3, 4))
    assert {source.entry for source in line.sources} == {"KZ-DCC", "RU-GUKON"}
    assert not plan.clear


def test_a_load_planned_against_a_law_is_blocked_until_it_is_replaced_there():
    plain = planner().plan(request(substitution={"wanted": "none"}))
    assert [(finding.legs, finding.topic) for finding in blocking(plain)] == [((3,), "substitution")]
    replaced = planner().plan(request(substitution={"wanted": "full", "place": {"country": "KG"}}))
    assert blocking(replaced) == []


def test_what_one_law_requires_and_another_forbids_is_a_conflict_of_both():
    entries = changed("KG-DCS", law={"practices": {"tracking_device": "forbidden"}})
    (line,) = [finding for finding in planner(entries=entries).plan(request()).conflicts if finding.topic == "practice"]
    assert (line.severity, line.legs, line.text) == ("blocking", (2, 3), "tracking device required in KZ and forbidden in KG")


def test_practices_planned_are_held_against_each_law():
    rows = (("TJ", None, "Fotehobod", *LEGS[0][3:]), ("UZ", "Oybek", None, "2026-11-25T13:00:00+05:00", None))
    plan = planner().plan(request(*rows, practices=["foreign_officers", "audio_video"]))
    assert [(finding.severity, finding.text) for finding in lines(plan, "practice", 2)] == [
        ("blocking", "foreign officers wanted, but forbidden in UZ"),
        ("action", "ask whether UZ allows audio video"),
    ]


def test_a_leg_longer_than_its_law_allows_says_by_how_much():
    rows = (*LEGS[:2], (*LEGS[2][:4], "2026-12-02T15:00:00+05:00"), ("RU", "Mashtakovo", None, "2026-12-02T15:00:00+05:00", None))
    (line,) = lines(planner().plan(request(*rows)), "duration", 3)
    assert (line.severity, line.text) == ("blocking", "1 d longer in KZ than allowed")


def test_a_stale_entry_is_shown_as_stale_and_blocks():
    plan = planner(entries=changed("KG-DCS", verified=at("2026-06-01T00:00:00+00:00"))).plan(request())
    kg = plan.legs[1]
    assert "not verified for 174 days" in kg.asks[0].source.stale
    assert kg.asks[0].reach, "whom to call so that it is verified"
    assert [(finding.severity, finding.topic) for finding in kg.findings if finding.severity == "blocking"] == [("blocking", "directory")]
    assert all(source.stale for finding in kg.findings for source in finding.sources if source.entry == "KG-DCS")
    assert not plan.clear


def test_a_country_without_an_entry_blocks_and_nobody_is_made_up():
    entries = [entry for entry in changed("KG-DCS") if entry.country != "KG"]
    plan = planner(entries=entries).plan(request())
    assert plan.legs[1].asks == ()
    assert "the directory has no authority of KG" in blocking(plan)[0].text


def test_a_post_that_is_closed_at_the_planned_hour_blocks():
    rows = (LEGS[0], ("KG", "Karamyk", "Ak-Jol", "2026-11-25T21:00:00+06:00", LEGS[1][4]), *LEGS[2:])
    (line,) = [finding for finding in lines(planner().plan(request(*rows)), "crossing", 2) if finding.severity == "blocking"]
    assert line.text == "Karamyk is closed to goods at the planned entry, 2026-11-25 21:00 UTC+06:00 (Asia/Bishkek)"
    assert line.why == "it opens 2026-11-26 08:00 UTC+06:00 (Asia/Bishkek)"


def test_every_post_with_an_entry_is_to_be_informed_and_others_to_be_found_out():
    plan = planner().plan(request())
    assert [finding.text.split(":")[0] for finding in lines(plan, "crossing", 3)] == [
        "inform KZ-BRD at Korday by name",
        "inform KZ-BRD at Syrym by name",
    ]
    rows = (("KG", None, "Torugart", *LEGS[1][3:]), ("CN", "Torugart", None, "2026-11-26T20:00:00+06:00", None))
    assert lines(planner().plan(request(*rows)), "crossing", 1)[0].text == "find out who has to know at Torugart"


def test_a_red_case_names_everybody_who_is_asked():
    handling = request().model_dump(mode="json")["handling"]
    plan = planner().plan(request(handling=handling | {"recipients": ["KZ-DCC/a.seitkali"]}))
    assert [(finding.legs, finding.text.split(" in ")[0]) for finding in lines(plan, "handling")] == [
        ((2,), "name KG-DCS"),
        ((4,), "name RU-GUKON"),
    ]
    assert lines(planner().plan(request(handling=handling | {"recipients": [], "tlp": "AMBER"})), "handling") == []


def test_a_reply_asked_for_after_the_leg_begins_is_told():
    plan = planner().plan(request(reply_by="2026-11-26T00:00:00+05:00"))
    assert [finding.legs for finding in lines(plan, "time")] == [(1,), (2,)]


def test_without_planned_times_no_latest_moment_is_made_up():
    plan = planner().plan(request(("TJ", None, "Fotehobod", None, None), ("UZ", "Oybek", None, None, None)))
    assert all(ask.latest is None for leg in plan.legs for ask in leg.asks)
    assert [finding.text for finding in lines(plan, "time")] == ["plan when leg 1 begins", "plan when leg 2 begins"]


@pytest.mark.parametrize(
    ("consents", "after", "place"),
    [
        ({}, 0, "where it is, in TJ"),
        ({1: CONSENTED}, 1, "Karamyk, on the soil of TJ"),
        ({1: CONSENTED, 3: CONSENTED}, 1, "Karamyk, on the soil of TJ"),
        ({1: CONSENTED, 2: LegConsent(state="provisional")}, 2, "Ak-Jol, on the soil of KG"),
        ({1: CONSENTED, 2: LegConsent(state="consented", valid_until=at("2026-11-26T12:00:00+06:00"))}, 1, "Karamyk, on the soil of TJ"),
        ({1: CONSENTED, 2: LegConsent(state="expired")}, 1, "Karamyk, on the soil of TJ"),
    ],
)
def test_the_hard_stop_is_the_last_border_that_is_consented_to(consents, after, place):
    stop = planner().plan(request(), consents).hard_stop
    assert (stop.after_leg, stop.place) == (after, place)
    assert stop.why


def test_with_every_leg_consented_there_is_no_hard_stop():
    assert planner().plan(request(), dict.fromkeys((1, 2, 3, 4), CONSENTED)).hard_stop is None


def test_a_refusal_gives_other_routes_a_stop_before_the_border_and_substitution():
    plan = planner().plan(request(), {1: CONSENTED, 2: LegConsent(state="refused")})
    route, stop, load = plan.alternatives
    assert (route.kind, route.for_leg, route.countries) == ("other_route", 2, ("UZ",))
    assert "ask UZ-NCDC until 2026-11-23 12:00 UTC+05:00 (Asia/Tashkent)" in route.why
    assert "Zhibek Zholy" in route.text
    assert [source.entry for source in route.sources] == ["UZ-NCDC"]
    assert (stop.kind, stop.text) == (
        "stop_and_seize",
        "stop it in TJ before Karamyk by 2026-11-25 12:00 UTC+05:00 (Asia/Dushanbe), hold it and seize: TJ-DCA decides",
    )
    assert (load.kind, load.countries) == ("substitution", ("TJ",))


def test_no_route_goes_through_a_country_whose_law_does_not_allow_it_or_that_no_entry_speaks_for():
    for refused in ("refused", "revoked"):
        plan = planner().plan(request(), {1: CONSENTED, 2: LegConsent(state=refused)})
        countries = {country for each in plan.alternatives if each.kind == "other_route" for country in each.countries}
        assert not countries & {"TM", "CN", "AF", "KG"}


def test_by_rail_no_road_crossing_is_proposed():
    plan = planner().plan(request(conveyances=[{"kind": "wagon"}]), {1: CONSENTED, 2: LegConsent(state="refused")})
    assert all("(road)" not in each.text for each in plan.alternatives)


def test_a_country_that_allows_no_controlled_delivery_is_gone_round():
    rows = (
        ("UZ", None, "Alat", "2026-11-30T10:00:00+05:00", "2026-12-01T10:00:00+05:00"),
        ("TM", "Farap", "Turkmenbashi port", "2026-12-01T11:00:00+05:00", "2026-12-03T10:00:00+05:00"),
        ("AZ", "Alat port", None, "2026-12-04T10:00:00+04:00", None),
    )
    plan = planner().plan(request(*rows))
    assert any(finding.topic == "law" and finding.legs == (2,) for finding in blocking(plan))
    assert next(each.countries for each in plan.alternatives if each.kind == "other_route") == ("KZ",)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda legs: legs[1].update(number=3), "legs[1].number"),
        (lambda legs: legs[1].update(exit_planned="2026-11-25T14:00:00+06:00"), "legs[1].exit_planned"),
        (lambda legs: legs[1].update(entry_planned="2026-11-25T12:59:00+06:00"), "legs[1].entry_planned"),
        (
            lambda legs: [legs[1].update(entry_planned=None, exit_planned=None), legs[0].update(exit_planned="2026-11-26T16:00:00+05:00")],
            "legs[2].entry_planned",
        ),
        (lambda legs: legs[1].update(entry_planned=None, exit_planned="2026-11-25T11:00:00+05:00"), "legs[1].exit_planned"),
        (lambda legs: legs[1].update(country="TJ", entry=None, exit=None), "legs[1].country"),
        (lambda legs: legs[1]["entry"].update(country="TJ"), "legs[1].entry.country"),
        (lambda legs: legs[0].update(exit={"crossing": "Kyzyl-Art"}), "legs[1].entry"),
        (lambda legs: legs[0].update(exit={"crossing": "Fotehobod"}), "legs[0].exit"),
    ],
)
def test_legs_out_of_order_are_refused_by_their_field(change, field):
    plan = request().model_dump(mode="json")
    change(plan["legs"])
    with pytest.raises(OutOfOrder) as refused:
        planner().plan(type(request()).model_validate(plan))
    assert field in [problem.field for problem in refused.value.problems]
    assert all(problem.mend for problem in refused.value.problems)


moments = st.datetimes(datetime(2026, 11, 1), datetime(2026, 12, 20)).map(lambda moment: moment.isoformat() + "+00:00")


@settings(max_examples=40, deadline=None)
@given(
    moments, st.integers(0, 200), st.dictionaries(st.integers(1, 4), st.sampled_from(("provisional", "consented", "refused", "pending")))
)
def test_whenever_it_is_planned_the_plan_is_consistent(now, shift, states):
    rows = [
        (country, entry, leaving, *((at(time) + timedelta(hours=shift)).isoformat() if time else None for time in times))
        for country, entry, leaving, *times in LEGS
    ]
    consents = {leg: LegConsent(state=state) for leg, state in states.items()}
    plan = planner(now).plan(request(*rows), consents)
    for leg in plan.legs:
        for ask in leg.asks:
            assert ask.latest.at <= leg.enters
            assert (ask.latest.late_by_minutes is not None) == (ask.latest.at < plan.now)
    covered = 0
    while consents.get(covered + 1) and consents[covered + 1].state in {"provisional", "consented"}:
        covered += 1
    assert (plan.hard_stop.after_leg if plan.hard_stop else 4) == covered
    assert plan == planner(now).plan(request(*rows), consents), "the same question has one answer"
