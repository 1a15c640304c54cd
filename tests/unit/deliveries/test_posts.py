"""Informed posts: an uninformed agency that seizes an active consignment is the first failure to detect."""

from datetime import timedelta
from typing import Any

import pytest

from schemas.refusals import told
from tests.unit.deliveries.office import AUTHORITY, CENTRE, FOLLOWS, INFORMED, Office, form, informed, plan

LEAD, DUTY, KG = "TJ-DCA/n.rahimov", f"{CENTRE}/d.duty", "KG-SCNBC/t.eam"
WAY = (("TJ", None, "Карамык"), ("KG", "Karamyk", "Ак-Жол"), ("KZ", "Кордай", "Syrym"))
KARAMYK, ACROSS = informed("TJ", "Karamyk"), informed("KG", "Karamyk")
AK_JOL, KORDAY, SYRYM = informed("KG", "Ak-Jol"), informed("KZ", "Korday"), informed("KZ", "Syrym")


def asked(*consented: int, way: tuple[tuple[str, str | None, str | None], ...] = WAY, of: str = "crossing") -> Office:
    """Requested for these posts, entry and exit, and consented for these legs."""
    office, countries = Office(), [country for country, _, _ in way]
    planned = plan(countries)
    for leg, (_, entry, leaving) in zip(planned["legs"], way, strict=True):
        leg |= {side: {of: name} for side, name in (("entry", entry), ("exit", leaving)) if name}
    request = office.must(LEAD, "request", form=form(countries), plan=planned)
    office.must("TJ-DCA/f.saidov", "signature", request=request["act"])
    return office.consented(*consented)


def refused(answer: dict[str, Any], *words: str) -> None:
    assert answer["status"] == "refused", answer
    for word in words:
        assert word in answer["reason"], answer


def states(office: Office) -> dict[tuple[int, str, str | None], str]:
    return {(post["leg"], post["side"], post["post"]): post["state"] for post in office.board["posts"]}


def test_ready_names_each_post_of_the_consented_legs_that_does_not_know():
    office = asked(1, 2)
    answer = office.act(LEAD, "ready", informed_posts=[KARAMYK])
    refused(answer, "Karamyk (KG) where leg 2 begins; Ak-Jol (KG) where leg 2 ends")
    assert "Karamyk (TJ)" not in answer["reason"]
    assert "KZ" not in answer["reason"], "a state that has not consented tells its own posts when it does"
    assert told(answer["reason"], answer["mend"]).reason == (
        "не извещены посты на маршруте: Karamyk (KG), начало этапа 2; Ak-Jol (KG), конец этапа 2"
    )
    office.must(LEAD, "ready", informed_posts=[KARAMYK, ACROSS, AK_JOL])
    assert states(office) == {
        (1, "exit", "Karamyk"): "informed",
        (2, "entry", "Karamyk"): "informed",
        (2, "exit", "Ak-Jol"): "informed",
        (3, "entry", "Korday"): "later",
        (3, "exit", "Syrym"): "later",
    }
    assert office.board["informed"][1] == {**ACROSS, "by": LEAD}


def test_a_unit_is_never_counted_as_the_crossing_though_it_has_its_name():
    office = asked(1)
    refused(office.act(LEAD, "ready", informed_posts=[informed(post=None, unit="Карамык"), *INFORMED]), "Karamyk (TJ)")
    office.must(LEAD, "ready", informed_posts=[informed(post=None, unit="мобильная группа"), KARAMYK])


@pytest.mark.parametrize(
    ("country", "name", "mend"),
    [
        ("TJ", "Карамык", "write Karamyk: so the gazetteer calls it"),
        ("TJ", "Karamikk", "the nearest are Karamyk or "),
        ("BR", "Manaus", "name it as a unit: the gazetteer has no posts of this country"),
    ],
)
def test_a_post_that_the_gazetteer_does_not_have_is_refused_naming_the_nearest(country: str, name: str, mend: str):
    answer = asked(1).act(LEAD, "ready", informed_posts=[*INFORMED, informed(country, name)])
    refused(answer, f"{name} is not a post of {country}")
    assert answer["field"] == "informed_posts[1].post"
    assert answer["mend"].startswith(mend)
    assert told(answer["reason"], answer["mend"]).mend


def test_a_planned_crossing_that_the_gazetteer_lacks_is_told_as_a_unit_of_that_name():
    office = asked(1, way=(("TJ", None, "Karamikk"), ("KG", None, None)))
    answer = office.act(LEAD, "ready", informed_posts=[KARAMYK])
    refused(answer, "Karamikk (TJ) where leg 1 ends")
    assert "the nearest there: Karamyk or " in answer["mend"]
    office.must(LEAD, "ready", informed_posts=[informed("TJ", None, unit="КАРАМИКК / Karamikk"), informed(post=None, unit="karamikk")])
    assert states(office)[1, "exit", None] == "informed"


def test_where_the_plan_names_one_side_of_a_border_the_other_is_known_from_the_gazetteer():
    office = asked(1, 2, way=(("TJ", None, None), ("KG", "Карамык", "Акжол"), ("KZ", None, None)))
    refused(office.act(LEAD, "ready", informed_posts=[ACROSS, AK_JOL]), "Karamyk (TJ) where leg 1 ends")
    assert [post["named"] for post in office.board["posts"]] == [None, "Карамык", "Акжол", None]


def test_a_border_without_a_named_post_is_shown_and_a_place_in_words_need_not_be_one():
    office = asked(1, 2, way=(("TJ", None, "склад в Душанбе"), ("KG", None, None)), of="name")
    assert states(office) == {(1, "exit", None): "unnamed", (2, "entry", None): "unnamed"}
    refused(office.act(LEAD, "ready"), "no post is informed")
    office.must(LEAD, "ready", informed_posts=INFORMED)


def test_each_party_tells_its_own_posts_and_the_newest_word_on_a_post_stands():
    office = asked(1, 2)
    office.must(KG, "posts_informed", informed_posts=[ACROSS, AK_JOL])
    office.must("KG-GP/p.rosecutor", "posts_informed", informed_posts=[informed("KG", "Ak-Jol", told="капитан Учебнов")])
    refused(office.act("UZ-NCDC/x", "posts_informed", informed_posts=[KARAMYK]), "there is no such delivery")
    office.must(LEAD, "ready", informed_posts=[KARAMYK])
    assert [(one["post"], one["told"]) for one in office.board["informed"][1:]] == [
        ("Karamyk", "майор Азизов, начальник смены"),
        ("Ak-Jol", "капитан Учебнов"),
    ]
    assert next(event for event in office.events if event["kind"] == "posts_informed")["what"]["informed_posts"][0]["post"] == "Karamyk"


def test_a_declaration_made_anew_replaces_what_the_lead_had_said():
    office = asked(1)
    office.must(LEAD, "ready", informed_posts=[KARAMYK, *INFORMED])
    refused(office.act(LEAD, "ready", informed_posts=INFORMED), "Karamyk (TJ)")
    office.must(LEAD, "ready", informed_posts=[KARAMYK])
    assert [one["post"] for one in office.board["informed"]] == ["Karamyk"]


def test_what_is_consented_after_the_declaration_is_told_before_it_is_confirmed():
    office = asked(1)
    ready = office.must(LEAD, "ready", informed_posts=[KARAMYK])
    office.consented(2)
    refused(office.act(DUTY, "ready_confirmed", ready=ready["act"], deconfliction="clear"), "Karamyk (KG)", "Ak-Jol (KG)")
    office.must(KG, "posts_informed", informed_posts=[ACROSS, AK_JOL])
    office.must(DUTY, "ready_confirmed", ready=ready["act"], deconfliction="clear")


def under_way() -> Office:
    """On leg 1 of the way, legs 1 and 2 consented, their posts told."""
    office = asked(1, 2)
    ready = office.must(LEAD, "ready", informed_posts=[KARAMYK, ACROSS, AK_JOL])
    office.must(DUTY, "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(LEAD, "start")
    return office


def test_a_post_on_a_changed_way_is_missing_until_it_is_told_and_the_handover_is_no_go():
    office = under_way()
    leg = {"country": "KG", "number": 2, "authority": AUTHORITY["KG"], "controller": FOLLOWS["KG"], "entry": {"crossing": "Bordobo"}}
    office.must(LEAD, "route_change", legs=[leg], reason="дорога закрыта")
    assert states(office)[2, "entry", "Bordobo"] == "later"
    office.consented(2)
    assert states(office)[2, "entry", "Bordobo"] == "missing"
    office.offer(minutes=30)
    office.must(LEAD, "check_in", eyes_on=True)
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    office.pass_minutes(11)
    reason = next(alarm["reason"] for alarm in office.board["alarms"] if alarm["kind"] == "no_go")
    assert reason == "no go: post Bordobo (KG) where leg 2 begins not informed; hold on this side"


def test_posts_that_know_let_the_handover_go_and_those_passed_are_shown_no_more():
    office = under_way()
    offer = office.offer(minutes=30)
    office.must(LEAD, "check_in", eyes_on=True)
    office.must(KG, "receiver_in_place", leg=2, eyes_on=True)
    office.pass_minutes(11)
    assert office.alarms == []
    office.must(KG, "acceptance", leg=2, offer=str(offer), eyes_on=True)
    assert (2, "entry", "Karamyk") in states(office), "accepted on the giver's soil, the border is still ahead"
    office.must(KG, "crossed", country="KG")
    assert set(states(office)) == {(2, "exit", "Ak-Jol"), (3, "entry", "Korday"), (3, "exit", "Syrym")}


def test_a_post_is_entered_by_voice_for_the_officer_who_told_it():
    office = asked(1)
    voice = {"agency": "TJ-DCA", "person": "n.rahimov", "means": "radio", "code_word_checked": True}
    office.must(DUTY, "posts_informed", informed_posts=[KARAMYK], by_voice=voice)
    assert [entry["act"] for entry in office.board["unconfirmed"]] == ["posts_informed"]
    assert states(office)[1, "exit", "Karamyk"] == "informed"


def test_a_post_that_is_to_be_told_tomorrow_does_not_know_today():
    office = asked(1)
    answer = office.act(LEAD, "ready", informed_posts=[*INFORMED, KARAMYK | {"at": "2026-03-19T05:30:00Z"}])
    refused(answer, "the time at which Karamyk was told is still to come")
    assert answer["field"] == "informed_posts[1].at"
    said = told(answer["reason"], answer["mend"])
    assert (said.reason, said.mend) == ("время извещения ещё не наступило: Karamyk", "сначала известите или проверьте дату и часы")
    fast = (office.now + timedelta(minutes=4)).isoformat()
    office.must(LEAD, "ready", informed_posts=[KARAMYK | {"at": fast}])


@pytest.mark.parametrize("checklist", [True, False])
def test_a_post_that_is_told_twice_is_listed_once_with_whoever_was_told_last(checklist: bool):
    office = asked(1)
    late, early = KARAMYK | {"at": "2026-03-18T05:50:00.5Z", "told": "капитан Учебнов"}, KARAMYK | {"at": "2026-03-18T10:50:00+05:00"}
    for one in (late, early):
        office.must(LEAD, "posts_informed", informed_posts=[one])
    if checklist:
        office.must(LEAD, "ready", informed_posts=[early, early])
    assert [(one["post"], one["told"]) for one in office.board["informed"]] == [("Karamyk", "капитан Учебнов")]
    office.must(LEAD, "posts_informed", informed_posts=[KARAMYK | {"at": "2026-03-18T05:55:00Z", "told": "сержант Пробный"}])
    assert [one["told"] for one in office.board["informed"]] == ["сержант Пробный"]
