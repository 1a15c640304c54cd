"""Devices of a delivery: placed, reporting, jumping, silent, beyond the border; and what the timeline keeps of it."""

import random
from datetime import timedelta

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.acts import ACT
from schemas.positions import Fix, mmsi_problem
from streams.reference.load import load
from streams.stages.deliveries.territory import located
from tests.unit.deliveries.office import DELIVERY, POINTS, Office
from tests.unit.positions.tracking import LEAD, PLACED, Tracked, along, fix

DUSHANBE, KHUJAND, OSH = (38.56, 68.78), (40.28, 69.62), (40.53, 72.80)
NEAR_KARAMYK, KARAMYK_KG = (39.44, 71.55), (39.52, 72.30)
ACCEPTED = ("KG-SCNBC/t.eam", "acceptance")


def tracked() -> tuple[Tracked, str]:
    office = Tracked(located(load))
    office.running(2)
    return office, office.place()


def drive(office: Tracked, device: str, start: tuple[float, float], end: tuple[float, float], *, minutes: int, every_s: int = 30) -> None:
    """The device reports its way, and the controller checks in now and then."""
    steps = minutes * 60 // every_s
    for step in range(1, steps + 1):
        office.now += timedelta(seconds=every_s)
        office.fixes(device, fix(office.now, *along(start, end, step / steps)))
        if step * every_s % 600 == 0 and office.part()["controller"] == "TJ-DCA":
            office.must(LEAD, "check_in", eyes_on=True)


def test_thousands_of_fixes_are_shown_and_few_are_told() -> None:
    office, device = tracked()
    drive(office, device, DUSHANBE, (38.9, 69.4), minutes=60, every_s=2)
    position = office.shown[device]["position"]
    assert (position["lat"], position["lon"], position["source"]) == (38.9, 69.4, "tracker")
    assert office.views == 1800
    assert office.reasons() == ["first"], "1800 fixes, one line"
    assert len(office.trail(device)) == 60 + 1
    assert not any(jump for *_, jump in office.trail(device))


def test_a_device_that_reports_ten_times_a_second_is_shown_every_other() -> None:
    office, device = tracked()
    for tenth in range(200):
        office.now += timedelta(seconds=0.1)
        office.fixes(device, fix(office.now, 38.56 + tenth / 100_000, 68.78))
    assert office.views == 10


def test_a_position_is_no_contact() -> None:
    office, device = tracked()
    drive(office, device, DUSHANBE, (38.6, 68.9), minutes=9)
    heard = office.part()["clocks"]["heard"]
    office.now += timedelta(minutes=5)
    office.fixes(device, fix(office.now, 38.6, 68.9))
    assert office.part()["clocks"]["heard"] == heard
    office.pass_minutes(3)
    assert office.part()["state"] == "CONTACT_LOST", "the device reports, and nobody was heard"


def test_a_device_beyond_the_border_takes_control_from_everybody_once() -> None:
    office, device = tracked()
    drive(office, device, NEAR_KARAMYK, KARAMYK_KG, minutes=60)
    part = office.part()
    assert (part["state"], part["territory"], part["controller"]) == ("CROSSED_UNACCEPTED", "KG", None)
    assert office.alarms.count("crossed_unaccepted") == 1
    assert office.reasons() == ["first", "crossing"]
    office.must(*ACCEPTED, leg=2, eyes_on=True, country="KG")
    drive(office, device, KARAMYK_KG, OSH, minutes=60)
    assert (office.part()["state"], office.part()["territory"]) == ("ACTIVE", "KG")
    assert office.reasons() == ["first", "crossing"]


@pytest.mark.parametrize(("accuracy", "state"), [(None, "CROSSED_UNACCEPTED"), (50.0, "CROSSED_UNACCEPTED"), (60_000.0, "ACTIVE")])
def test_a_circle_that_straddles_the_border_says_nothing_of_the_country(accuracy: float | None, state: str) -> None:
    office, device = tracked()
    office.fixes(device, fix(office.now, *KARAMYK_KG, accuracy_m=accuracy))
    assert office.part()["state"] == state
    assert office.shown[device]["straddles"] is (state == "ACTIVE")


def test_ais_beyond_the_border_is_a_crossing_too() -> None:
    office = Tracked(located(load))
    office.running(2)
    ship = office.place(kind="ais", device="436000123")
    office.fixes(ship, fix(office.now, *OSH, mmsi="436000123"))
    assert office.part()["state"] == "CROSSED_UNACCEPTED"
    assert office.part()["position"]["source"] == "ais"


def test_an_impossible_jump_moves_nothing_and_is_told_once() -> None:
    office, device = tracked()
    drive(office, device, DUSHANBE, (38.6, 68.9), minutes=8)
    for minute in range(1, 3):
        office.now += timedelta(seconds=20)
        office.fixes(device, fix(office.now, OSH[0] + minute / 1000, OSH[1]))
        office.now += timedelta(seconds=20)
        office.fixes(device, fix(office.now, 38.6, 68.9))
    office.now += timedelta(seconds=20)
    office.fixes(device, fix(office.now, *OSH))
    view = office.shown[device]
    assert (view["position"]["lat"], view["jump"]["lat"]) == (38.6, OSH[0])
    assert office.part()["state"] == "ACTIVE"
    assert office.reasons() == ["first", "jump"]
    assert office.lines()[-1]["what"]["kilometres"] > 300
    assert any(jump for *_, jump in office.trail(device)), "drawn dashed"


def test_after_a_jump_the_new_place_is_believed_when_fixes_agree_for_a_minute() -> None:
    office, device = tracked()
    office.fixes(device, fix(office.now, *DUSHANBE))
    for step in range(4):
        office.now += timedelta(seconds=30)
        office.fixes(device, fix(office.now, OSH[0], OSH[1] + step / 1000))
    assert office.reasons() == ["first", "jump", "settled", "crossing"] or office.reasons() == ["first", "jump", "crossing", "settled"]
    assert office.part()["state"] == "CROSSED_UNACCEPTED"
    assert office.shown[device]["jump"] is None


def test_silence_is_told_once_and_so_is_its_end() -> None:
    office, device = tracked()
    office.fixes(device, fix(office.now, *DUSHANBE))
    for _ in range(3):
        office.pass_minutes(8)
        office.must(LEAD, "check_in", eyes_on=True)
    assert office.reasons() == ["first", "silent"]
    assert office.shown[device]["silent"]
    office.fixes(device, fix(office.now, *DUSHANBE))
    assert office.reasons() == ["first", "silent", "heard"]
    assert not office.shown[device]["silent"]
    assert office.lines()[-1]["what"]["silent_s"] == 24 * 60


def test_a_device_that_was_never_heard_is_told_as_silent() -> None:
    office, _ = tracked()
    office.pass_minutes(6)
    assert office.reasons() == ["silent"]


def test_late_fixes_fill_the_trail_and_rewrite_nothing() -> None:
    office, device = tracked()
    began = office.now
    office.now += timedelta(minutes=10)
    office.fixes(device, fix(office.now, 38.60, 68.90))
    before = office.shown[device]["position"]
    late = [fix(began + timedelta(seconds=20 * step), *along(DUSHANBE, (38.60, 68.90), step / 30)) for step in range(30)]
    office.fixes(device, *late)
    office.fixes(device, *reversed(late))
    assert office.shown[device]["position"] == before
    assert office.part()["state"] == "ACTIVE"
    assert len(office.trail(device)) == 11
    assert office.reasons() == ["first"]


def test_two_devices_far_apart_contradict_each_other_and_cannot_flood_the_timeline() -> None:
    office, lorry = tracked()
    left = office.place(device="GL-300-8")
    for _ in range(60):
        office.now += timedelta(seconds=10)
        office.fixes(lorry, fix(office.now, *DUSHANBE))
        office.fixes(left, fix(office.now, *OSH))
    assert office.shown[left]["apart"] == lorry
    assert office.reasons().count("apart") == 1
    assert next(line["what"]["other"] for line in office.lines() if "apart" in line["what"]["reasons"]) == "GL-300-7"
    assert office.reasons().count("crossing") <= 2
    assert "crossed_unaccepted" in office.alarms, "whichever is right: it may be abroad"
    office.must(LEAD, "device_removed", device=left, reason="найден в кювете")
    office.now += timedelta(seconds=10)
    office.fixes(lorry, fix(office.now, *DUSHANBE))
    assert office.shown[lorry]["apart"] is None
    assert office.shown[left]["ended"]


def test_a_clock_that_is_wrong_is_allowed_for_and_told() -> None:
    office, device = tracked()
    ahead = office.now + timedelta(hours=3)
    office.fixes(device, fix(ahead - timedelta(minutes=1), *DUSHANBE, sent=ahead.isoformat()))
    view = office.shown[device]
    assert view["skew_s"] == 3 * 3600
    assert view["position"]["captured"] == "2026-03-18T05:59:00.000Z"
    office.now += timedelta(minutes=1)
    office.fixes(device, fix(office.now, 38.57, 68.79))
    assert office.shown[device]["position"]["lat"] == 38.57, "a clock from the future does not hold the present back"
    assert office.shown[device]["skew_s"] == 0


def test_a_receiver_that_does_not_know_the_year_is_not_believed() -> None:
    office, device = tracked()
    office.fixes(device, {"at": "1980-01-06T00:00:00Z", "lat": 38.5, "lon": 68.7}, fix(office.now, *DUSHANBE))
    assert [point[1] for point in office.trail(device)] == [DUSHANBE[0]]


def test_a_device_ends_with_its_part_and_its_last_position_is_told() -> None:
    office, device = tracked()
    office.fixes(device, fix(office.now, *DUSHANBE))
    office.must(LEAD, "aborted", reason="груз вскрыт")
    assert office.reasons() == ["first", "last"]
    assert office.shown[device]["ended"]
    assert office.part()["devices"][0]["ended"]
    views = office.views
    office.fixes(device, fix(office.now + timedelta(seconds=1), *KHUJAND))
    assert office.views == views, "kept in the inbox, shown nowhere"


def test_devices_go_on_with_the_parts_that_the_controller_names() -> None:
    office, device = tracked()
    goods = [{"substance": "heroin", "kg": "12", "uncertainty_kg": "0.05"}]
    into = [{"name": "A1", "goods": goods, "devices": [device]}, {"name": "A2", "goods": goods}]
    refused = office.act(LEAD, "split", into=[into[0], {**into[1], "devices": [str(office.id())]}])
    assert (refused["status"], refused["field"]) == ("refused", "into")
    office.must(LEAD, "split", into=into)
    office.fixes(device, fix(office.now, *DUSHANBE))
    assert office.shown[device]["part"] == "A1"
    office.must(LEAD, "merge", parts=["A1", "A2"], into="B")
    office.now += timedelta(seconds=10)
    office.fixes(device, fix(office.now, *DUSHANBE))
    assert office.shown[device]["part"] == "B"
    assert office.part("A1")["devices"] == []


def test_who_may_place_and_remove_a_device() -> None:
    office, device = tracked()
    assert "for TJ-DCA" in office.act("KG-SCNBC/t.eam", "device_placed", **(PLACED | {"device": "X"}))["reason"]
    assert "reports for part A already" in office.act(LEAD, "device_placed", **PLACED)["reason"]
    assert "is removed by" in office.act("KG-SCNBC/t.eam", "device_removed", device=device, reason="?")["reason"]
    assert "no such device" in office.act(LEAD, "device_removed", device=office.id(), reason="?")["reason"]
    office.must(LEAD, "device_removed", device=device, reason="снят")
    assert "no such device" in office.act(LEAD, "device_removed", device=device, reason="?")["reason"]


def test_a_delivery_without_devices_tells_the_positions_nothing() -> None:
    office = Tracked()
    office.running(2)
    assert not office.devices_state.values


@pytest.mark.parametrize(
    ("mmsi", "well"),
    [("436000123", True), ("273456789", True), ("200000001", False), ("776000001", False), ("992761234", False), ("43600012", False)],
)
def test_an_mmsi_is_nine_digits_of_a_ship(mmsi: str, well: bool) -> None:
    assert (mmsi_problem(mmsi) is None) is well
    said = {"id": str(Office().id()), "delivery": DELIVERY, "at": "2026-03-18T06:00:00Z", "act": "device_placed", **PLACED}
    said |= {"kind": "ais", "device": mmsi}
    if well:
        ACT.validate_python(said)
    else:
        with pytest.raises(ValidationError, match="MMSI"):
            ACT.validate_python(said)


@pytest.mark.parametrize(
    ("wrong", "why"), [({"lat": 0, "lon": 0}, "without a fix"), ({"lat": 91}, "less than"), ({"course": 360}, "less than")]
)
def test_a_fix_that_is_none_is_refused(wrong: dict[str, float], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Fix.model_validate_json(orjson.dumps({"at": "2026-03-18T06:00:00Z", "lat": 1.0, "lon": 1.0, **wrong}))


@given(seed=st.integers(0, 2**32), count=st.integers(1, 90))
def test_whoever_doubles_or_reorders_changes_nothing(seed: int, count: int) -> None:
    """One end state of view, trail and part, in whatever order, however often and in however many calls fixes come."""
    chance = random.Random(seed)
    ends = []
    fixes = []
    began = Tracked().now
    at = (chance.uniform(38.5, 38.6), 68.78)
    for number in range(count):
        at = (at[0] + chance.uniform(-0.005, 0.006), at[1] + chance.uniform(-0.005, 0.006))
        where = (at[0] + chance.choice((0, 0, 0, 0, 3)), at[1])
        fixes.append(fix(began + timedelta(seconds=number * chance.choice((10, 10, 40)), milliseconds=number), *where))
    for shuffled in (False, True):
        office = Tracked()
        office.running(2)
        device = office.place()
        office.now = began + timedelta(hours=2)
        sent = list(fixes)
        if shuffled:
            sent += chance.sample(fixes, len(fixes) // 2)
            chance.shuffle(sent)
        while sent:
            size = chance.randint(1, 7)
            office.fixes(device, *sent[:size])
            sent = sent[size:]
            office.now += timedelta(milliseconds=10)
        office.now = began + timedelta(hours=2, seconds=30)
        office.fixes(device, fix(office.now - timedelta(seconds=1), *at))
        view = office.shown[device]
        for place in (view["position"], view["jump"] or {}):
            place.pop("received", None)
        ends.append(({name: view[name] for name in ("position", "jump", "part", "skew_s")}, office.trail(device), office.part()["state"]))
    assert ends[0] == ends[1], f"seed {seed}"


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32))
def test_in_whatever_order_a_way_over_the_border_is_told_it_ends_in_one_state(seed: int) -> None:
    """To and fro over the border; the last fix decides where the part is, and an excursion is never overlooked."""
    chance, ends = random.Random(seed), []
    began, share = Tracked().now, 0.45
    fixes = []
    for number in range(chance.randint(2, 50)):
        share += chance.uniform(-0.02, 0.023)
        fixes.append(fix(began + timedelta(minutes=6 * number + 1), *along(POINTS["TJ"], POINTS["KG"], share)))
    for shuffled in (False, True):
        office = Tracked()
        office.running(2)
        device = office.place(silent_after_minutes=1440)
        while office.now < began + timedelta(minutes=6 * len(fixes)):
            office.pass_minutes(10)
            office.must(LEAD, "check_in", eyes_on=True)
        sent = list(fixes)
        if shuffled:
            sent += chance.sample(sent, len(sent) // 3)
            chance.shuffle(sent)
        while sent:
            size = chance.randint(1, 5)
            office.fixes(device, *sent[:size])
            sent = sent[size:]
        part = office.part()
        ends.append((part["state"], part["territory"], part["controller"], "crossed_unaccepted" in office.alarms, office.trail(device)))
    assert ends[0] == ends[1], f"seed {seed}"
