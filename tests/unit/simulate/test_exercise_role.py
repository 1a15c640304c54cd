"""A person plays one role of the exercise: whose turn it is, what is asked, whether it came, and what is told of it afterwards."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from streams.attachments.pictures import picture
from streams.cli.exercise_verb import _officer
from streams.cli.failures import Failure
from streams.gateway.signin import SignIn, spend_code
from streams.settings import Settings
from streams.simulate.exercise_cast import DUTY, KG, KZ, LEAD, OFFICERS, RU, UZ
from streams.simulate.exercise_photo import photograph, told_by
from streams.simulate.exercise_role import ROLES, Turn, Waits, asked, astray, debrief, done_by, situation, whose, word_due
from streams.simulate.exercise_story import Step
from streams.simulate.exercise_turns import links
from tests.unit.simulate.drill import STEPS, STORY, Drill

BEGAN = datetime(2026, 3, 18, 6, 0, tzinfo=UTC)


def step(name: str) -> Any:
    return next(each for each in STEPS if each.name == name)


def event(who: str, kind: str, *, act: str = "1", at: datetime = BEGAN, part: str | None = "A", **what: Any) -> dict[str, Any]:
    of, _, person = who.partition("/")
    by = {"agency": of, "person": person, "role": "officer", "country": None}
    return {"kind": kind, "by": by, "act": act, "received": at.isoformat(), "part": part, "leg": None, "what": what}


def alarm(kind: str, *, raised: datetime = BEGAN, rung: int = 0, stands: bool = False, audience: Any = None) -> dict[str, Any]:
    return {"id": kind, "kind": kind, "part": "A", "raised": raised.isoformat(), "rung": rung, "stands": stands, "audience": audience}


def test_each_turn_of_each_role_is_found_in_the_timeline_once_it_was_done_and_not_before() -> None:
    drill, found = Drill(), []
    for happening in STORY.happens:
        if isinstance(happening, Step) and happening.who in ROLES.values() and whose(happening, happening.who) == "turn":
            turn, body = happening, drill.body(happening)
            used = {each["act"] for each in drill.events if each["act"]}
            assert done_by(turn.who, body, drill.events, used, drill.now) is None, turn.name
            drill.happens(happening)
            done = done_by(turn.who, body, drill.events, used, BEGAN)
            assert done is not None, turn.name
            assert done["act"] == body["id"]
            found.append((turn.who, turn.act))
        else:
            drill.happens(happening)
    turns = {who: [act for of, act in found if of == who] for who in ROLES.values()}
    assert turns[KG] == ["voice_confirmed", "consent", "receiver_in_place", "acceptance", "check_in", "offer", "crossed"]
    assert turns[UZ] == ["refusal"]
    assert turns[RU] == ["consent", "receiver_in_place", "acceptance", "delivered_under_watch", "strike", "strike_ready", "secured"]
    assert {len(turns[LEAD]) > 8, len(turns[KZ]) > 8, len(turns[DUTY]) > 4} == {True}


def test_the_script_does_papers_and_what_others_do_and_leaves_out_what_errs_on_purpose() -> None:
    assert whose(step("offer-kz"), KG) == "turn"
    assert whose(step("offer-kz"), KZ) == "script"
    assert whose(step("request"), LEAD) == whose(step("split"), KZ) == "script"
    assert whose(step("own-signature"), LEAD) == whose(step("offer-too-early"), KZ) == "left out"
    assert {whose(each, each.who) for each in STEPS if each.delivery} == {"script"}


def test_only_the_officers_own_act_about_the_same_thing_counts() -> None:
    said = {"act": "offer", "part": "A"}
    others = [event(KZ, "offer"), event(KG, "check_in"), event(KG, "offer", part="A1"), {**event(KG, "offer"), "by": None}]
    assert done_by(KG, said, others, (), BEGAN) is None
    first, second = event(KG, "offer", act="first"), event(KG, "offer", act="second")
    assert done_by(KG, said, [*others, first, second], (), BEGAN) is second, "the one that stands"
    assert done_by(KG, said, [first, second], ("second",), BEGAN) is first
    assert done_by(DUTY, {"act": "alarm_resolved", "alarm": "2"}, [event(DUTY, "alarm_resolved", alarm="1")], (), BEGAN) is None


def test_an_act_may_come_before_its_turn_but_a_check_in_says_how_it_is_now() -> None:
    early = BEGAN - timedelta(seconds=1)
    assert done_by(KZ, {"act": "acceptance"}, [event(KZ, "acceptance", at=early)], (), BEGAN) is not None
    assert done_by(KZ, {"act": "check_in"}, [event(KZ, "check_in", at=early)], (), BEGAN) is None
    assert done_by(KZ, {"act": "check_in"}, [event(KZ, "check_in", at=BEGAN)], (), BEGAN) is not None


def test_it_waits_then_misses_the_act_then_plays_it() -> None:
    waits = Waits(timedelta(seconds=120), timedelta(seconds=180))
    assert [waits.stands(BEGAN, BEGAN + timedelta(seconds=after)) for after in (0, 119, 120, 299, 300)] == [
        "waiting",
        "waiting",
        "late",
        "late",
        "over",
    ]


def test_what_is_expected_is_said_in_words() -> None:
    assert asked(step("kg-accepts")) == "acceptance (leg 2, eyes_on yes, seals_intact yes, country KG)"
    assert asked(step("offer-kz")) == "offer (handover_at in 5 minutes, place Ак-Жол — Кордай / Ak-Jol — Korday)"
    assert asked(step("shortfall-A1-resolved")).startswith("alarm_resolved (alarm shortfall of part A1, reason ")
    assert asked(step("kz-forced")) == "check_in (part A1, eyes_on yes, word under duress: a touch on the sheet's heading)"


def part(name: str, controller: str | None, due: datetime | None, **more: Any) -> dict[str, Any]:
    clocks = {"contact_due": due.isoformat() if due else None, "eyes_due": None}
    return {"part": name, "state": "ACTIVE", "controller": controller, "leg": 2, "clocks": clocks, "ended": None, "became": [], **more}


def test_the_situation_tells_of_no_alarm_that_the_officer_may_not_hear() -> None:
    centre = [{"agency": None, "role": "coordinator"}]
    board = {
        "status": "active",
        "parts": [
            part("A", "KG-DCS", BEGAN),
            part("A1", None, None, ended={"how": "secured"}),
            part("A2", "KG-DCS", None, became=["A3", "A4"]),
        ],
        "alarms": [alarm("duress", audience=centre), alarm("contact_lost")],
    }
    assert situation(board, KG) == [
        "the delivery is active",
        "part A: ACTIVE, KG-DCS in control, leg 2; word is due by 06:00:00 UTC",
        "open: contact_lost of part A",
    ]
    assert situation(board, DUTY)[-1] == "open: contact_lost of part A; duress of part A"


def test_while_a_person_thinks_the_other_controllers_keep_word_and_the_persons_own_clock_runs_out() -> None:
    soon, later = BEGAN + timedelta(seconds=15), BEGAN + timedelta(minutes=10)
    board = {"parts": [part("A", "KG-DCS", soon), part("A1", "KZ-DCC", later), part("A2", None, None)]}
    assert list(word_due(board, BEGAN, "KZ-DCC")) == [("A", KG)]
    assert list(word_due(board, BEGAN, "KG-DCS")) == []


def test_an_alarm_that_came_of_the_persons_delay_is_resolved_and_those_of_the_story_are_left_to_it() -> None:
    ahead = STORY.happens[STORY.happens.index(step("kz-accepts")) :]
    board = {"alarms": [alarm("contact_lost"), alarm("crossed_unaccepted"), alarm("no_go", stands=True), alarm("guard_match")]}
    assert [each["kind"] for each in astray(board, ahead)] == ["contact_lost"]


def test_the_debrief_tells_how_long_each_turn_took_and_what_rang() -> None:
    done = Turn("offer-kz", "offer", BEGAN, BEGAN + timedelta(seconds=133), late=True)
    done.see({"alarms": [alarm("contact_lost", raised=BEGAN + timedelta(seconds=60))]})
    done.see({"alarms": [alarm("contact_lost", raised=BEGAN + timedelta(seconds=60), rung=3)]})
    stood = Turn("kz-accepts", "acceptance", BEGAN, BEGAN + timedelta(seconds=9))
    stood.see({"alarms": [alarm("crossed_unaccepted", raised=BEGAN - timedelta(seconds=5))]})
    early = Turn("kg-in-place", "receiver_in_place", BEGAN, BEGAN - timedelta(seconds=1), lacking="no alarm shortfall is open")
    assert debrief([done, stood, early, Turn("crossed", "crossed", BEGAN, late=True, played=True), Turn("strike", "strike", BEGAN)]) == [
        "offer-kz, offer: 2 min 13 s, later than the script waits; contact_lost of part A was raised, rung up to minute 3",
        "kz-accepts, acceptance: 9 s; crossed_unaccepted of part A stood open",
        "kg-in-place, receiver_in_place: came before it was asked for, but no alarm shortfall is open; no alarm",
        "crossed, crossed: never came, the script played it; no alarm",
        "strike, strike: never came; no alarm",
    ]


def test_a_role_is_an_agency_of_the_story_and_the_help_names_each() -> None:
    assert _officer("kg-dcs") == KG
    assert set(ROLES.values()) <= set(OFFICERS)
    with pytest.raises(Failure, match="no officer of KZ-CUS can be played"):
        _officer("KZ-CUS")
    command = [sys.executable, "-m", "streams.cli.main", "exercise", "--help"]
    told = " ".join(subprocess.run(command, capture_output=True, text=True, check=True, env={"COLUMNS": "200"}).stdout.split())
    assert [role for role in ROLES if role not in told] == []


def test_a_link_to_each_page_signs_in_as_the_officer_who_is_played(tmp_path: Any) -> None:
    settings = Settings(data_dir=tmp_path, space="exercise-1")
    given = links(settings, "http://here", KG)
    assert set(given) == {"dashboard", "phone"}
    assert given["dashboard"].startswith("http://here/sign-in?code=")
    assert given["phone"].endswith("&to=phone")
    assert set(links(settings, "http://here", DUTY)) == {"dashboard"}, "the desk has no phone's page"
    for link in given.values():
        code = link.partition("code=")[2].partition("&")[0]
        assert spend_code(tmp_path, code, datetime.now(UTC)) == SignIn("uchebnov.kg1", "KG-DCS", "officer")


def test_the_photograph_tells_where_and_with_what_it_was_taken_until_others_get_it() -> None:
    taken = photograph(BEGAN)
    assert told_by(taken) == ["the place", "the device", "the time"]
    assert told_by(picture(taken, "image/jpeg").content) == []
