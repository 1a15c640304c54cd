"""Opening hours and the latest moment to ask: for any desk, zone, notice and deadline."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.directory import ContactPoint, Hours, Notice, Reach
from streams.planning.calendars import Calendars, load
from streams.planning.hours import MINUTE, Opening, UnknownZone

REACH = (Reach(kind="telephone", address="+999 1"),)
NO_HOLIDAYS = Calendars("none", lambda country, year: frozenset())
WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = Hours(days=WEEK[:5], opens="09:00", closes="18:00")


def desk(*hours, zone="Asia/Almaty", **more):
    return ContactPoint(code="duty", desk="Duty desk", time_zone=zone, hours=hours, reach=REACH, **more)


def opening(*hours, country="KZ", calendars=NO_HOLIDAYS, zone="Asia/Almaty", **more):
    return Opening(desk(*hours, zone=zone, **more), country, calendars)


def utc(text):
    return datetime.fromisoformat(text).astimezone(UTC)


clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from((0, 1, 15, 30, 59)))
weekly = st.builds(Hours, days=st.lists(st.sampled_from(WEEK), min_size=1, max_size=7, unique=True).map(tuple), opens=clocks, closes=clocks)
# Berlin and New York change their clocks twice a year, Lord Howe by half an hour, Casablanca about Ramadan; Almaty moved for good in 2024.
zones = st.sampled_from(
    (
        "Asia/Almaty",
        "Asia/Dushanbe",
        "Europe/Moscow",
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Tehran",
        "Africa/Casablanca",
    )
)
openings = st.builds(
    lambda hours, zone, country, closed, open_on: opening(
        *hours, zone=zone, country=country, calendars=load(), closed_on=tuple(closed), open_on=tuple(open_on)
    ),
    st.lists(weekly, max_size=3),
    zones,
    st.sampled_from(("KZ", "TJ", "RU", "IR", "XX")),
    st.lists(st.dates(date(2024, 1, 1), date(2027, 12, 31)), max_size=3),
    st.lists(st.dates(date(2024, 1, 1), date(2027, 12, 31)), max_size=3),
)
notices = st.builds(
    lambda hours, counted: Notice(hours=hours, counted=counted, desk="duty"), st.integers(0, 200), st.sampled_from(("clock", "working"))
)
deadlines = st.datetimes(datetime(2025, 1, 2), datetime(2027, 12, 30), timezones=st.just(UTC))


@settings(max_examples=250, deadline=None)
@given(openings, notices, deadlines)
@example(
    opening(Hours(days=("mon",), opens="10:00", closes="09:59"), Hours(days=("tue",), opens="00:00", closes="00:01")),
    Notice(hours=0, counted="clock", desk="duty"),
    utc("2025-01-02T00:00+00:00"),
)
@example(opening(OFFICE, zone="Europe/Berlin"), Notice(hours=60, counted="clock", desk="duty"), utc("2026-03-30T10:00+02:00"))
def test_asking_at_the_latest_moment_gives_the_notice_within_the_hours_and_a_minute_later_does_not(when, notice, deadline):
    latest = when.latest(notice, deadline)
    if latest is None:
        assert notice.counted == "working", "a desk that opens at all can be asked by the clock"
        assert when.notice_given(notice, deadline - timedelta(days=360), deadline) < timedelta(hours=notice.hours)
        return
    assert when.is_open(latest)
    assert when.notice_given(notice, latest, deadline) >= timedelta(hours=notice.hours)
    later = when.next_open(latest + MINUTE)
    assert later is not None
    if later < deadline:
        assert when.notice_given(notice, later, deadline) < timedelta(hours=notice.hours)


@settings(max_examples=100, deadline=None)
@given(openings, deadlines)
def test_a_desk_is_open_exactly_within_its_windows(when, at):
    opens = when.next_open(at)
    assert opens is not None
    assert when.is_open(opens)
    assert when.is_open(at) is (opens == at)


def test_almaty_is_utc_plus_five():
    assert opening(OFFICE).windows(date(2026, 3, 18)) == [(utc("2026-03-18T04:00+00:00"), utc("2026-03-18T13:00+00:00"))]
    # Before March 2024 it was UTC+6: the offset comes from tzdata, not from a table of ours.
    assert opening(OFFICE).windows(date(2024, 2, 20)) == [(utc("2024-02-20T03:00+00:00"), utc("2024-02-20T12:00+00:00"))]


def test_the_clock_change_shortens_a_night_shift_by_an_hour():
    night = opening(Hours(days=WEEK, opens="22:00", closes="06:00"), zone="Europe/Berlin")
    notice = Notice(hours=1, counted="working", desk="duty")
    assert night.notice_given(notice, utc("2026-03-28T12:00+01:00"), utc("2026-03-29T12:00+02:00")) == timedelta(hours=7)
    assert night.is_open(utc("2026-03-29T03:30+02:00"))


def test_notice_in_working_hours_skips_the_weekend_and_the_holiday():
    # Nauryz 2026 in Kazakhstan: 21 to 25 March, with the days in lieu.
    when = opening(OFFICE, calendars=load())
    latest = when.latest(Notice(hours=9, counted="working", desk="duty"), utc("2026-03-26T18:00+05:00"))
    assert latest == utc("2026-03-26T09:00+05:00")
    latest = when.latest(Notice(hours=10, counted="working", desk="duty"), utc("2026-03-26T18:00+05:00"))
    assert latest == utc("2026-03-20T17:00+05:00")


def test_notice_by_the_clock_is_received_before_the_desk_closes():
    when = opening(OFFICE)
    # 48 hours before Monday 10:00 is Saturday: the desk last answers on Friday at 17:59.
    assert when.latest(Notice(hours=48, counted="clock", desk="duty"), utc("2026-03-16T10:00+05:00")) == utc("2026-03-13T17:59+05:00")


def test_a_saturday_worked_by_decree_is_open_and_a_day_closed_by_decree_is_not():
    when = opening(OFFICE, open_on=(date(2026, 3, 14),), closed_on=(date(2026, 3, 16),))
    assert when.is_open(utc("2026-03-14T10:00+05:00"))
    assert not when.is_open(utc("2026-03-16T10:00+05:00"))


def test_a_desk_without_hours_answers_on_a_holiday_night():
    assert opening(calendars=load()).is_open(utc("2026-01-01T03:00+05:00"))


def test_an_unknown_zone_is_named():
    with pytest.raises(UnknownZone, match="Asia/Atlantis"):
        opening(OFFICE, zone="Asia/Atlantis").is_open(utc("2026-01-01T00:00+00:00"))
