"""Parts that become one: nothing depends on the order in which they are named."""

from datetime import timedelta

import pytest

from schemas.refusals import told
from tests.unit.deliveries.office import AUTHORISATION, CENTRE, POINTS, Office

LEAD, DUTY, KG = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty", "KG-SCNBC/t.eam"
KG_AUTHORITY = "KG-GP/p.rosecutor"
EITHER_ORDER = pytest.mark.parametrize("parts", [["B", "C"], ["C", "B"]])


@pytest.fixture
def apart():
    """Parts B and C on leg 1, leg 2 consented."""
    return halves(2)


def halves(*consented):
    office = Office().running(*consented)
    halves = [{"name": name, "goods": [{"substance": "heroin", "kg": "12", "uncertainty_kg": "0.02"}]} for name in "BC"]
    office.must(LEAD, "split", into=halves)
    return office


def minutes(office, ahead):
    return (office.now + timedelta(minutes=ahead)).isoformat()


def struck(office, part, hour, *agencies):
    """A strike that was set and held: its id."""
    strike = office.must(LEAD, "strike", part=part, h_hour=hour, agencies=["TJ-DCA", *agencies])["act"]
    hold(office, part)
    return strike


def hold(office, part):
    office.must(LEAD, "held", part=part, place=f"стоянка {part}", guard="двое")


def go_on(office, part="D"):
    office.must(LEAD, "resumed", part=part, stop=office.part(part)["hold"]["id"])


def merged(office, parts=("B", "C")):
    office.must(LEAD, "merge", parts=list(parts), into="D")
    return office.part("D")


def consent(office, part, **more):
    return office.must(KG_AUTHORITY, "consent", leg=2, part=part, authorisation=AUTHORISATION | more)["act"]


def conditional(office, part):
    paper = AUTHORISATION | {"conditions": ["днём"]}
    return office.must(KG_AUTHORITY, "conditional_consent", leg=2, part=part, authorisation=paper)["act"]


@EITHER_ORDER
def test_what_was_known_of_one_of_them_later_is_not_undone_by_an_older_report(apart, parts):
    apart.pass_minutes(5)
    apart.must(KG, "crossed", part="C", country="KG")
    seen = apart.now.isoformat()
    apart.pass_minutes(5)
    apart.must(LEAD, "regained", part="C", country="TJ", eyes_on=True, seals_intact=True)
    apart.must(LEAD, "merge", parts=parts, into="D")
    apart.pass_minutes(1)
    apart.act(KG, "crossed", part="D", country="KG", at=seen)
    assert (apart.part("D")["territory"], apart.part("D")["controller"]) == ("TJ", "TJ-DCA")


@EITHER_ORDER
def test_of_two_ways_to_go_on_the_planned_one_counts_until_the_controller_says_how(apart, parts):
    apart.must(LEAD, "check_in", part="B", eyes_on=True, profile="guarded_stop")
    apart.must(LEAD, "merge", parts=parts, into="D")
    apart.pass_minutes(16)
    assert apart.part("D")["state"] == "CONTACT_LOST"


def watched_at(office, part, place):
    office.must(LEAD, "delivered_under_watch", part=part, place=place)
    office.pass_minutes(1)
    hold(office, part)


def seen_at(office, part, country):
    lat, lon = POINTS[country]
    position = {"coordinates": {"lat": lat, "lon": lon, "accuracy_m": 400}, "captured": office.now.isoformat(), "source": "hand"}
    office.must(LEAD, "check_in", part=part, eyes_on=True, position=position)
    office.pass_minutes(1)


def planned_anew(office, part, leave):
    leg = {"country": "KG", "number": 2, "authority": "KG-GP", "controller": "KG-SCNBC", "exit_planned": minutes(office, leave)}
    office.must(LEAD, "route_change", part=part, legs=[leg], reason="другое время")
    office.pass_minutes(1)


DIFFERENCES = {
    "nothing": lambda office: None,
    "a strike on one": lambda office: struck(office, "C", minutes(office, 40)),
    "a strike on one, a hold of the other": lambda office: (struck(office, "B", minutes(office, 40)), hold(office, "C")),
    "a strike on one, the other delivered": lambda office: (struck(office, "B", minutes(office, 40)), watched_at(office, "C", "склад")),
    "two strikes of one hour": lambda office: [struck(office, part, "2026-03-18T07:00:00Z") for part in "BC"],
    "two strikes that differ": lambda office: [struck(office, part, minutes(office, 40 + ord(part))) for part in "BC"],
    "two places under watch": lambda office: [watched_at(office, part, f"склад {part}") for part in "CB"],
    "two stops": lambda office: [
        (office.must(who, "stop_request", part=part, reason=who, touches=[leg]), hold(office, part))
        for part, who, leg in (("B", KG, 2), ("C", "RU-MVD/t.eam", 4))
    ],
    "two positions": lambda office: [seen_at(office, part, country) for part, country in (("C", "TJ"), ("B", "TJ"))],
    "two radio shadows": lambda office: [
        (office.must(LEAD, "radio_shadow", part=part, minutes=length), office.pass_minutes(1)) for part, length in (("B", 30), ("C", 10))
    ],
    "two plans": lambda office: [planned_anew(office, part, leave) for part, leave in (("C", 300), ("B", 200))],
    "two consents without an end": lambda office: [consent(office, part) for part in "CB"],
    "a consent and conditions": lambda office: (consent(office, "B", valid_until=minutes(office, 300)), conditional(office, "C")),
}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_whatever_they_had_the_order_in_which_they_are_named_decides_nothing(difference):
    ends = []
    for parts in (["B", "C"], ["C", "B"]):
        office = halves(2)
        DIFFERENCES[difference](office)
        answer = office.act(LEAD, "merge", parts=parts, into="D")
        office.pass_minutes(60)
        ends.append((answer, office.board, office.case.parts, [event["what"] for event in office.events]))
    assert ends[0] == ends[1]


@EITHER_ORDER
def test_a_strike_on_one_of_them_is_on_the_whole_and_calls_who_is_not_ready(apart, parts):
    strike = struck(apart, "C", minutes(apart, 40), "KG-SCNBC")
    hold(apart, "B")
    whole = merged(apart, parts)
    assert (whole["state"], whole["strike"]["id"], whole["strike"]["ready"]) == ("HELD", strike, {})
    go_on(apart)
    assert apart.part("D")["state"] == "STRIKE"
    apart.must(KG, "strike_ready", part="D", strike=strike)
    apart.pass_minutes(25)
    assert "strike_not_ready" in apart.alarms


@EITHER_ORDER
def test_a_strike_goes_on_although_the_other_part_was_delivered(apart, parts):
    struck(apart, "B", minutes(apart, 40))
    watched_at(apart, "C", "склад")
    assert merged(apart, parts)["strike"] is not None
    go_on(apart)
    assert apart.part("D")["state"] == "STRIKE"


@EITHER_ORDER
def test_ready_is_who_said_so_of_each_of_them(parts):
    office = Office().running(2)
    strike = office.must(LEAD, "strike", h_hour=minutes(office, 40), agencies=["TJ-DCA", "KG-SCNBC"])["act"]
    office.must(LEAD, "strike_ready", strike=strike)
    hold(office, "A")
    load = [{"substance": "heroin", "kg": "12", "uncertainty_kg": "0.02"}]
    office.must(LEAD, "split", into=[{"name": name, "goods": load} for name in "BC"])
    go_on(office, "C")
    office.must(KG, "strike_ready", part="C", strike=strike)
    hold(office, "C")
    whole = merged(office, parts)
    assert (whole["strike"]["id"], list(whole["strike"]["ready"])) == (strike, ["TJ-DCA"])


@EITHER_ORDER
def test_of_two_hours_none_is_dropped_the_state_says_which_it_is(apart, parts):
    hour = minutes(apart, 60)
    struck(apart, "B", hour, "KG-SCNBC")
    struck(apart, "C", minutes(apart, 40), "KG-SCNBC")
    answer = apart.act(LEAD, "merge", parts=parts, into="D")
    assert (answer["status"], answer["reason"]) == ("refused", "the strikes on parts B and C differ")
    assert told(answer["reason"], answer["mend"]).mend.startswith("государство, на чьей территории груз (TJ), назначает обеим")
    assert [apart.part(name)["state"] for name in "BC"] == ["HELD", "HELD"]
    struck(apart, "C", hour, "KG-SCNBC")
    assert merged(apart, parts)["strike"]["agencies"] == ["TJ-DCA", "KG-SCNBC"]


@EITHER_ORDER
def test_the_newest_stop_is_agreed_to_and_whoever_either_touched_is_asked(apart, parts):
    for part, who, leg in (("C", KG, 2), ("B", "RU-MVD/t.eam", 4)):
        latest = apart.must(who, "stop_request", part=part, reason="патруль", touches=[leg])["act"]
        apart.pass_minutes(1)
        hold(apart, part)
    whole = merged(apart, parts)
    assert whole["hold"]["id"] == latest
    assert {"KG-GP (leg 2)", "RU-GP (leg 4)"} <= set(whole["hold"]["needed"])


@EITHER_ORDER
def test_where_one_was_seen_last_is_where_they_are_and_who_saw_one_has_not_seen_the_other(apart, parts):
    seen_at(apart, "B", "TJ")
    captured = apart.part("B")["position"]["captured"]
    apart.pass_minutes(10)
    apart.must(LEAD, "check_in", part="C", eyes_on=True)
    whole = merged(apart, parts)
    assert whole["position"]["captured"] == captured
    assert whole["clocks"]["seen"] == apart.part("B")["clocks"]["seen"] < apart.part("C")["clocks"]["seen"]


@EITHER_ORDER
def test_a_leg_that_was_never_consented_for_one_of_them_is_not_opened_by_the_lead(parts):
    office = halves()
    word = conditional(office, "B")
    merged(office, parts)
    office.act(LEAD, "conditions_accepted", leg=2, part="D", consent=word)
    assert not office.part("D")["legs"][1]["consent"]["in_force"]


@EITHER_ORDER
def test_a_consent_with_conditions_ends_with_the_one_that_ends_first(parts):
    office = halves()
    consent(office, "B", valid_until=minutes(office, 300))
    word = conditional(office, "C")
    merged(office, parts)
    office.must(LEAD, "conditions_accepted", leg=2, part="D", consent=word)
    assert office.part("D")["legs"][1]["consent"]["in_force"]
    office.pass_minutes(301)
    assert not office.part("D")["legs"][1]["consent"]["in_force"]


@EITHER_ORDER
@pytest.mark.parametrize("which", [0, 1])
def test_taking_back_the_consent_of_either_closes_the_leg(parts, which):
    office = halves()
    words = [consent(office, part) for part in "BC"]
    assert merged(office, parts)["legs"][1]["consent"]["in_force"]
    office.must(KG_AUTHORITY, "revocation", leg=2, consent=words[which], reason="прокурор отозвал")
    assert office.part("D")["legs"][1]["consent"]["state"] == "REVOKED"
    assert "consent_revoked" in office.alarms
