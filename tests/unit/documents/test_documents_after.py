"""Papers that follow a delivery: the whole of what a reader may see is on them, nothing else is, and every page says whose copy it is."""

import json
import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from zoneinfo import ZoneInfo

import pypdfium2
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from schemas import acts
from schemas.consignment import Term
from schemas.deliveries import AlarmKind, ConsentState, PartState, Status
from schemas.delivery import Position
from streams.documents.after_action import after_action
from streams.documents.custody import NoHandover
from streams.documents.form import Stamp
from streams.documents.handover_act import SeveralHandovers, handover_act
from streams.documents.pdf import to_pdf
from streams.documents.wording import WORDS, say
from streams.store.aftermath import aftermath
from streams.store.rooms import may_hear, snapshot_for
from streams.store.visibility import Viewer
from tests.delivery_cases import DUTY, FOLLOWER, LEAD, history
from tests.said import ROOT
from tests.unit.deliveries.histories import beginning
from tests.unit.deliveries.inventing import Inventor
from tests.unit.deliveries.office import CENTRE, Office

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
STAMP = Stamp("KG-SCNBC/t.eam", 2, 5, NOW, ZoneInfo("Asia/Bishkek"))
GIVER, TAKER, COORDINATOR = "TJ-DCA/n.rahimov", "KG-SCNBC/t.eam", f"{CENTRE}/d.duty"
PHOTO = "ab" * 32
TOLD_BY_CLOCKS = ("alarm", "territory", "hard_stop", "weighed", "offer_void", "handover_window", "consent_ends", "consent_expired")
TONGUES = ("en", "ru")
Json = dict[str, Any]


def report(office: Office, viewer: Viewer = LEAD, *, exercise: bool = False, here: dict[str, str | None] | None = None) -> Json:
    visible = (event for event in office.events if may_hear(viewer, event["audience"]))
    events = [event | {"seq": number} for number, event in enumerate(visible, 1)]
    said = aftermath(snapshot_for(viewer, office.board), office.forms[-1], events, f"{viewer.agency}/{viewer.person}", NOW)
    return {"space": "x", "exercise": exercise, "seizure_reports": here or {}, **said}


def pages(form: Any) -> list[str]:
    document = pypdfium2.PdfDocument(to_pdf(form))
    try:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def text(form: Any) -> str:
    return " ".join(pages(form))


def solid(form: Any) -> str:
    """The text without spaces: hashes and long words are broken between lines."""
    return re.sub(r"\s|\ufffe|\u00ad", "", "".join(pages(form)))


def evaluated() -> tuple[Office, Json]:
    """A delivery from request to evaluation with a gap, entries by voice, evidence, a shortfall and duress; acts of its handovers."""
    office = Office().running(2)
    acts: Json = {}
    office.must(GIVER, "evidence", item="SEAL-1", entry="sealed", seal="ТК-1", description="пломба на двери", part="A")
    office.must(GIVER, "evidence", item="SEAL-1", entry="seal_changed", seal="ТК-2", sha256=PHOTO)
    taken = {"substance": "heroin", "kg": "0.005", "uncertainty_kg": "0.0001"}
    office.must(GIVER, "evidence", item="S-77", entry="sampled", part="A", taken=taken, description="образец")
    office.pass_minutes(22)
    office.must(COORDINATOR, "alarm_acknowledged", alarm="1")
    office.must(GIVER, "check_in", eyes_on=True)
    office.pass_minutes(4)
    office.must(COORDINATOR, "alarm_resolved", alarm="1", reason="на связи по радио")
    voice = {"agency": "KG-SCNBC", "person": "t.eam", "means": "radio", "code_word_checked": True}
    office.must(COORDINATOR, "check_in", eyes_on=True, by_voice=voice)
    offer = office.offer(30)
    acts["offer"] = str(offer)
    office.must(TAKER, "receiver_in_place", leg=2, eyes_on=True, place="Карамык, пост 2")
    acts["seal"] = office.must(GIVER, "evidence", item="SEAL-1", entry="handed_over", to=TAKER)["act"]
    acts["sample"] = office.must(GIVER, "evidence", item="S-77", entry="handed_over", to=TAKER)["act"]
    office.pass_minutes(10)
    acts["seal received"] = office.must(TAKER, "evidence", item="SEAL-1", entry="received")["act"]
    weighed = [{"substance": "heroin", "kg": "23.2", "uncertainty_kg": "0.05"}]
    accepted = office.must(TAKER, "acceptance", leg=2, offer=str(offer), eyes_on=True, seals_intact=True, weighed=weighed, country="KG")
    acts["accepted"] = accepted["act"]
    hour_ago = (office.now - timedelta(hours=1)).isoformat()
    office.must(TAKER, "check_in", eyes_on=True, at=hour_ago, sent=office.now.isoformat(), duress=True)
    office.must(TAKER, "delivered_under_watch", place="склад")
    office.must(TAKER, "secured", report={"originator": "KG-SCNBC", "report_id": "2026-1"}, weighed=weighed)
    for alarm in [alarm["id"] for alarm in office.board["alarms"] if alarm["audience"] is None]:
        office.must(GIVER, "alarm_resolved", alarm=alarm, reason="разобрано")
    acts["unreceived"] = office.events[-1]["act"]
    office.must(TAKER, "evidence", item="S-77", entry="received")
    stays = [{"item": item, "place": "ГКНБ, Ош, дело 7"} for item in ("SEAL-1", "S-77")]
    closing = {"evidence_handed_over": True, "stays": stays, "unconfirmed": [each["entry"] for each in office.board["unconfirmed"]]}
    office.must(GIVER, "closed", shortfall_signed="просыпано при взвешивании", **closing)
    shares = [{"country": "TJ", "did": "вели груз"}, {"country": "KG", "did": "приняли и изъяли"}]
    lessons = ["радиомолчание объявлять раньше"]
    office.must(
        GIVER, "evaluated", outcome="двое задержаны", shares=shares, arrests=2, routes_dismantled=7, lessons=lessons,
        retain_until="2031-01-01T00:00:00+00:00",
    )  # fmt: skip
    return office, acts


@pytest.fixture(scope="module")
def ended() -> tuple[Office, Json]:
    return evaluated()


@pytest.mark.parametrize("tongue", TONGUES)
def test_where_nobody_named_a_term_the_paper_says_by_when_it_is_reviewed(tongue: Any) -> None:
    office = Office().running(2)
    said = report(office) | {"retention": {"due": "2029-03-18T06:00:00+00:00", "act": "review"}}
    found = text(after_action(said, STAMP, tongue))
    assert f"{say('review_by', tongue)} 2029-03-18" in found
    assert say("retain_until", tongue) not in found


@pytest.mark.parametrize("tongue", TONGUES)
def test_outcome_gaps_alarms_balance_and_the_verdict_are_on_the_report(ended: tuple[Office, Json], tongue: Any) -> None:
    found = text(after_action(report(ended[0]), STAMP, tongue))
    for said in ("двое задержаны", "вели груз", "приняли и изъяли", "радиомолчание объявлять раньше", "просыпано при взвешивании"):
        assert said in found
    dismantled = say("routes_dismantled", tongue)
    assert f"{dismantled} 7" in found
    assert f"{say('retain_until', tongue)} 2031-01-01" in found
    number = "-0,795" if tongue == "ru" else "-0.795"
    assert number in found
    for key in ("balance.short", "voice.unconfirmed", "alarm.shortfall"):
        assert say(key, tongue) in found
    silent = {"en": "no word from TJ-DCA in time", "ru": "TJ-DCA не вышел(а) на связь в срок"}
    assert [reason in found for reason in silent.values()] == [tongue == "en", tongue == "ru"]
    kind = say("alarm.contact_lost", tongue)
    assert say("gap.begins", tongue, kind=kind) in found
    minutes = say("unit.min", tongue, n=7)
    assert say("gap.ends", tongue, kind=kind, lasted=minutes) in found
    assert f"{say('unit.min', tongue, n=11)}" in found, "the alarm stood from minute 15 to minute 26"
    assert say("late", tongue, by=say("unit.h", tongue, n=1)) in found
    assert say("chain.intact", tongue, events=ended[0].board["events"]) in found


def test_captured_happened_and_received_are_told_apart_each_with_its_offset() -> None:
    office = Office().running(2)
    at = datetime(2026, 3, 18, 8, 30, tzinfo=ZoneInfo("Asia/Yekaterinburg"))
    # The officer's clock is some hours wrong; what he sends with it says that it was ten minutes ago.
    office.must(GIVER, "check_in", eyes_on=True, at=at.isoformat(), sent=(at + timedelta(minutes=10)).isoformat())
    found = text(after_action(report(office), STAMP, "en"))
    assert "2026-03-18 08:30:00 +05:00 2026-03-18 11:50:00 +06:00 2026-03-18 12:00:00 +06:00" in found


@pytest.mark.parametrize("tongue", TONGUES)
@pytest.mark.parametrize("exercise", [True, False])
def test_every_page_says_whose_copy_it_is_and_whether_it_is_an_exercise(ended: tuple[Office, Json], exercise: bool, tongue: Any) -> None:
    office, acts = ended
    said = report(office, exercise=exercise)
    for form, banner in (
        (after_action(said, STAMP, tongue), say("exercise", tongue)),
        (handover_act(said, [acts["accepted"]], STAMP), say("exercise", "both")),
    ):
        found = pages(form)
        assert len(found) >= 2
        for page in found:
            assert page.count("TLP:RED") == 2
            assert all(mark in page for mark in ("4x4 A1", "KG-SCNBC/t.eam", "2026-11-22 13:30 UTC+06:00 (Asia/Bishkek)", "TJ-DCA/CD-1"))
            assert say("copy", form.tongue, number=2, total=5) in page
            # In the header, and across the page.
            assert page.count(banner) == (2 if exercise else 0)


def test_a_case_without_a_form_is_printed_under_the_strictest_marking() -> None:
    said = report(Office().running(2)) | {"form": None}
    form = after_action(said, STAMP, "en")
    assert form.label == "TLP:RED"
    assert "no handling is recorded" in form.handling


def test_of_what_the_centre_alone_knows_nothing_is_on_the_parties_paper(ended: tuple[Office, Json]) -> None:
    office, _ = ended
    hidden = [event for event in office.events if event["audience"] is not None]
    assert hidden
    theirs, desk = (after_action(report(office, viewer), STAMP, "en") for viewer in (LEAD, DUTY))
    assert all(event["hash"] in solid(desk) for event in hidden)
    assert say("after.desk_only", "en") in text(desk)
    assert not any(event["hash"] in solid(theirs) for event in hidden)
    for word in ("alarm.duress", "after.desk_mark", "after.desk_only"):
        assert say(word, "en") not in text(theirs)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("viewer", [LEAD, FOLLOWER], ids=["lead", "follower"])
def test_the_parties_paper_is_the_same_to_the_byte_with_and_without_what_they_may_not_see(viewer: Viewer, seed: int) -> None:
    forced, free = (history(seed, duress=duress, length=20)[0] for duress in (True, False))
    assert any(event["audience"] for event in forced.events), f"seed {seed} has no duress"
    one, other = (to_pdf(after_action(report(office, viewer), STAMP, "ru")) for office in (forced, free))
    assert one == other


def test_every_visible_entry_and_no_other_is_on_paper() -> None:
    for seed in range(3):
        office, _ = history(seed, duress=True, length=25)
        found = solid(after_action(report(office), STAMP, "en"))
        printed = [event["audience"] for event in office.events if event["hash"] in found]
        assert printed == [None] * sum(event["audience"] is None for event in office.events), f"seed {seed}"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
SAID = st.dictionaries(
    st.sampled_from([key.removeprefix("said.") for key in WORDS if key.startswith("said.")]) | st.text(max_size=9), ANYTHING
)
OF_ALARMS = ("event.alarm", "event.alarm_acknowledged", "event.alarm_resolved")
KINDS = st.sampled_from([key.removeprefix("event.") for key in WORDS if key.startswith("event.") and key not in OF_ALARMS])


# Printing takes its time: a failing example is not made smaller.
@settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    st.lists(st.tuples(KINDS | st.text(min_size=1, max_size=20), SAID, st.none() | st.sampled_from("AB"), st.booleans()), max_size=8),
    st.sampled_from(TONGUES),
)
@example(
    [("secured", {"report": []}, "A", False), ("intervened", {"report": [1]}, None, True), ("secured", {"report": {"a": 0}}, "B", False)],
    "en",
)
def test_any_timeline_can_be_printed(lines: list[Any], tongue: Any) -> None:
    office = Office().running(2)
    said = report(office)
    first = said["timeline"][0]
    for number, (kind, what, part, by_clock) in enumerate(lines, len(said["timeline"]) + 1):
        event = first | {"seq": number, "kind": kind, "what": what, "part": part, "hash": f"{number:064x}", "act": str(number)}
        said["timeline"].append(event | ({"by": None, "captured": None} if by_clock else {}))
    found = solid(after_action(said, STAMP, tongue))
    assert all(event["hash"] in found for event in said["timeline"])


def test_a_row_that_is_longer_than_a_page_is_printed_whole() -> None:
    said = report(Office().running(2))
    said["timeline"][0] |= {"what": {f"item {number}": f"w{number}" for number in range(400)}}
    said["timeline"][1] |= {"what": {"reason": "y" * 9_000}}
    found = text(after_action(said, STAMP, "en"))
    assert "w0 " in found
    assert "w399" in found
    assert found.count("y") >= 9_000


def test_posts_that_were_told_are_printed_with_whom_by_whom_when_and_how() -> None:
    said = report(Office().running(2))
    found = solid(after_action(said, STAMP, "en"))
    assert re.sub(r"\s", "", "Dusti (TJ): майор Азизов, начальник смены, told by капитан Рахимов, by telephone, ") in found


def test_a_changed_entry_is_told_as_a_broken_chain() -> None:
    office = Office().running(2)
    office.events[2] = office.events[2] | {"what": {"forged": True}}
    assert say("chain.broken", "en", at=3) in text(after_action(report(office), STAMP, "en"))


@pytest.mark.parametrize("named_by", ["offer", "accepted"])
def test_the_act_of_a_load_has_both_sides_weights_seals_evidence_and_hashes(ended: tuple[Office, Json], named_by: str) -> None:
    office, acts = ended
    form = handover_act(report(office), [acts[named_by]], STAMP)
    found = text(form)
    for shown in ("Акт приёма-передачи / Handover act", "KG-SCNBC/t.eam", "Карамык", "S-1", "SEAL-1", "S-77", "ТК-2"):
        assert shown in found
    assert "heroin 23,2 ± 0,05 кг / heroin 23.2 ± 0.05 kg" in found
    assert f"{say('seals_found', 'both')} да / yes" in found
    assert say("alarm.shortfall", "ru") in found
    assert found.count(" ".join(say("name_rank", "both").split())) == 2, "rank and name are written by hand on both sides"
    behind = [event for event in office.events if event["kind"] in ("offer", "receiver_in_place", "acceptance")]
    assert len(behind) == 3
    assert all(event["hash"] in solid(form) for event in behind)


def test_the_act_of_items_has_their_chains_to_the_reception_and_no_further(ended: tuple[Office, Json]) -> None:
    office, acts = ended
    form = handover_act(report(office), [acts["seal received"], acts["sample"]], STAMP)
    found, together = text(form), solid(form)
    entries = [event["what"] for event in office.events if event["kind"] == "evidence"]
    assert len(entries) == 7
    assert all(entry["hash"] in together for entry in entries)
    assert PHOTO in together
    for shown in ("пломба на двери", "образец", "ТК-1", "ТК-2", "heroin 0,005 ± 0,0001 кг", "TJ-DCA/n.rahimov"):
        assert shown in found
    for length in (3, 4):
        assert found.count(f"{say('chain.intact', 'ru', events=length)} /") == 1
    assert say("not_confirmed", "both") not in found
    for side in ("giver", "taker"):
        assert f"{say(side, 'both')}: SEAL-1, S-77" in pages(form)[-1], "who signs sees on that page for what"


def test_what_is_not_received_is_not_printed_as_if_it_were() -> None:
    office = Office().running(2)
    office.must(GIVER, "evidence", item="X-1", entry="collected")
    given = office.must(GIVER, "evidence", item="X-1", entry="handed_over", to=TAKER)["act"]
    offer = str(office.offer())
    for act in (given, offer):
        found = text(handover_act(report(office), [act], STAMP))
        assert say("not_confirmed", "both") in found
        assert say("act.unreceived", "ru") in found


def test_what_the_lead_answered_for_at_closing_is_named_in_the_papers_language() -> None:
    office = Office().running(2)
    voice = {"agency": "TJ-DCA", "person": "n.rahimov", "means": "telephone", "code_word_checked": True}
    entry = office.must(COORDINATOR, "check_in", eyes_on=True, by_voice=voice)["act"]
    office.must(GIVER, "aborted", reason="груз не пришёл")
    office.must(GIVER, "closed", evidence_handed_over=True, unconfirmed=[entry], shortfall_signed="не пришёл")
    assert "Доклад (за TJ-DCA/n.rahimov)" in text(after_action(report(office), STAMP, "ru"))
    assert "check_in (entered for TJ-DCA/n.rahimov)" in text(after_action(report(office), STAMP, "en"))


def test_an_entry_by_voice_is_no_word_of_the_officer_on_the_act() -> None:
    office = Office().running(2)
    voice = {"agency": "TJ-DCA", "person": "n.rahimov", "means": "telephone", "code_word_checked": True}
    at = (office.now + timedelta(minutes=30)).isoformat()
    offer = office.must(COORDINATOR, "offer", handover_at=at, place="Карамык", by_voice=voice)["act"]
    found = text(handover_act(report(office), [offer], STAMP))
    assert say("voice.unconfirmed", "ru") in found
    assert COORDINATOR in found


def test_a_changed_chain_of_custody_is_told_on_the_act(ended: tuple[Office, Json]) -> None:
    office, acts = ended
    said = report(office)
    changed = next(event for event in said["timeline"] if event["kind"] == "evidence" and event["what"]["entry"] == "sampled")
    changed["what"] = changed["what"] | {"said": changed["what"]["said"] | {"description": "другой образец"}}
    assert say("chain.broken", "en", at=1) in text(handover_act(said, [acts["sample"]], STAMP))


def test_an_act_is_of_one_handover_between_two_sides(ended: tuple[Office, Json]) -> None:
    office, acts = ended
    said = report(office)
    start = next(event["act"] for event in office.events if event["kind"] == "start")
    sampled = next(event["act"] for event in office.events if event["kind"] == "evidence")
    for act in (start, sampled, acts["unreceived"], "00000000-0000-4000-8000-000000000000"):
        with pytest.raises(NoHandover):
            handover_act(said, [act], STAMP)
    with pytest.raises(SeveralHandovers, match="of its own"):
        handover_act(said, [acts["accepted"], acts["seal"]], STAMP)
    with pytest.raises(SeveralHandovers, match="named twice"):
        handover_act(said, [acts["seal"], acts["seal received"]], STAMP)
    back = office_with_a_return()
    with pytest.raises(SeveralHandovers, match="different persons"):
        handover_act(report(back[0]), back[1], STAMP)


def office_with_a_return() -> tuple[Office, list[str]]:
    office = Office().running(2)
    office.must(GIVER, "evidence", item="X-1", entry="collected")
    there = office.must(GIVER, "evidence", item="X-1", entry="handed_over", to=TAKER)["act"]
    office.must(TAKER, "evidence", item="X-1", entry="received")
    back = office.must(TAKER, "evidence", item="X-1", entry="handed_over", to=GIVER)["act"]
    return office, [there, back]


def test_every_value_and_everything_that_events_say_has_its_words(ended: tuple[Office, Json]) -> None:
    kinds = [get_args(one.model_fields["act"].annotation)[0] for one in get_args(get_args(acts.Act)[0])]
    wanted = {
        "event": (*kinds, *TOLD_BY_CLOCKS),
        "alarm": (*get_args(AlarmKind), "radio_shadow", "unweighed"),
        "state": get_args(PartState),
        "status": get_args(Status),
        "consent": get_args(ConsentState),
        "term": get_args(Term),
        "custody": get_args(acts.Evidence.model_fields["entry"].annotation),
        "deconfliction": get_args(acts.ReadyConfirmed.model_fields["deconfliction"].annotation),
        "source": get_args(Position.model_fields["source"].annotation),
        "voice": ("confirmed", "disputed", "unconfirmed"),
        "chain": ("intact", "broken", "incomplete", "in_part"),
    }
    assert [f"{group}.{value}" for group, values in wanted.items() for value in values if f"{group}.{value}" not in WORDS] == []
    told: list[Json] = list(ended[0].events)
    for seed in range(12):
        told += wild_events(seed)
    twice = {"by", "happened", "received", "act", "previous", "said"}
    for event in told:
        assert f"event.{event['kind']}" in WORDS
        names = set(event["what"]) | set(event["what"].get("said", ()))
        names = names - twice if event["kind"] == "evidence" else names
        assert {f"said.{name}" for name in names} <= set(WORDS), event["kind"]


def test_what_events_say_has_the_same_words_on_the_board() -> None:
    shown = json.loads((ROOT / "streams/dashboard/src/said-texts.json").read_text())
    printed = {key.replace(".", "_", 1): words for key, words in WORDS.items() if key.startswith(("said.", "deconfliction."))}
    assert {key: (words["en"], words["ru"]) for key, words in shown.items()} == printed


def wild_events(seed: int) -> list[Json]:
    """What a random history tells."""
    office = beginning()
    inventor = Inventor(random.Random(seed), wild=True)
    for _ in range(60):
        agency, act = inventor.invent(office.board, int(office.now.timestamp() * 1000))
        said = {name: value for name, value in act.items() if name[0] != "_"}
        office.send(f"{CENTRE}/d.duty" if "by_voice" in said else f"{agency}/{'n.rahimov' if agency == 'TJ-DCA' else 't.eam'}", said)
        office.pass_minutes(3)
    return office.events
