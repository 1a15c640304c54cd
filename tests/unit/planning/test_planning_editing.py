"""Edits of the directory: by the authority itself, two persons and a call back for a changed number, a version that stands."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schemas.directory import DirectoryEdit, DirectoryEntry, Standing
from schemas.problems import Problem
from streams.planning.directory import freshness
from streams.planning.editing import apply

ENTRY = {
    "kind": "authority",
    "version": 1,
    "authority": "KZ-KNB",
    "country": "KZ",
    "name": {"ru": "Учебный орган", "en": "Exercise authority"},
    "contacts": [
        {
            "code": "duty",
            "desk": "Дежурная часть",
            "time_zone": "Asia/Almaty",
            "reach": [{"kind": "telephone", "address": "+999 7 0001"}, {"kind": "email", "address": "duty@knb.example"}],
            "named": [{"name": "А. Учебный"}],
        },
        {"code": "legal", "desk": "Юристы", "time_zone": "Asia/Almaty", "reach": [{"kind": "email", "address": "legal@knb.example"}]},
    ],
    "languages": ["ru", "kk"],
    "law": {"controlled_delivery": True, "passages": ["through"], "substitution": ["none", "full"]},
    "notice": {"hours": 24, "counted": "clock", "desk": "duty"},
    "reply_desk": "duty",
    "valid_from": "2026-01-01T00:00:00+05:00",
    "valid_until": "2027-01-01T00:00:00+05:00",
    "verified": "2026-03-01T10:00:00+05:00",
    "verified_by": "KZ-KNB/a.first",
    "exercise": True,
}
READ = TypeAdapter(DirectoryEntry)
EDITS = TypeAdapter(DirectoryEdit)
STANDING = Standing(entry=READ.validate_python(ENTRY))


def edit(act, base=1, by="KZ-KNB/a.first", at="2026-03-10T10:00:00+05:00", authority="KZ-KNB", **more):
    return EDITS.validate_python({"act": act, "authority": authority, "base_version": base, "by": by, "at": at, **more})


def published(number=None, by="KZ-KNB/a.first", version=2, base=1, **changes):
    at = "2026-03-10T10:00:00+05:00"
    entry = {**ENTRY, "version": version, "verified": at, "verified_by": by, **changes}
    if number:
        duty, legal = entry["contacts"]
        entry["contacts"] = [{**duty, "reach": [{"kind": "telephone", "address": number}, *duty["reach"][1:]]}, legal]
    return edit("publish", base=base, by=by, at=at, entry=entry)


def confirmed(by="KZ-KNB/b.second", number="+999 7 0001", called="2026-03-10T10:20:00+05:00", contact="duty"):
    call = {"contact": contact, "number": number, "at": called, "spoke_with": "дежурный"}
    return edit("confirm", by=by, at="2026-03-10T10:30:00+05:00", call_backs=[call])


def refusal(edit, standing=STANDING):
    found = apply(edit, standing)
    assert isinstance(found, Problem), found
    assert found.mend
    return found


def test_a_change_without_numbers_stands_at_once():
    after = apply(published(special_requirements=["Двое понятых"]), STANDING)
    assert (after.entry.version, after.entry.special_requirements, after.proposal) == (2, ("Двое понятых",), None)


@pytest.mark.parametrize("act", [published(), edit("verify"), edit("retire", reason="r"), edit("drop", reason="r"), confirmed()])
def test_nobody_but_the_authority_edits(act):
    assert refusal(act.model_copy(update={"by": "KZ-MIA/x.y"})).field == "by"


def test_a_changed_number_waits_for_a_second_person_and_the_old_one_stands_until_then():
    proposed = apply(published("+999 7 0002"), STANDING)
    assert proposed.entry == STANDING.entry
    assert proposed.proposal is not None
    after = apply(confirmed(), proposed)
    assert (after.entry.version, after.entry.contacts[0].reach[0].address, after.proposal) == (2, "+999 7 0002", None)


@pytest.mark.parametrize(
    ("confirmation", "field"),
    [
        (confirmed(by="KZ-KNB/a.first"), "by"),
        (confirmed(by="KZ-MIA/b.second"), "by"),
        (confirmed(number="+999 7 0002"), "call_backs"),
        (confirmed(number="duty@knb.example"), "call_backs"),
        (confirmed(contact="legal"), "call_backs"),
        (confirmed(called="2026-03-10T09:00:00+05:00"), "call_backs"),
        (confirmed(called="2026-03-10T11:00:00+05:00"), "call_backs"),
        (edit("confirm", by="KZ-KNB/b.second"), "call_backs"),
        (edit("verify", by="KZ-KNB/b.second"), "act"),
        (published("+999 7 0003", by="KZ-KNB/b.second"), "act"),
    ],
)
def test_what_does_not_confirm_a_changed_number(confirmation, field):
    proposed = apply(published("+999 7 0002"), STANDING)
    assert refusal(confirmation, proposed).field == field


def test_a_removed_number_or_a_named_officers_number_also_takes_two():
    duty, legal = ENTRY["contacts"]
    fewer = published(contacts=[{**duty, "reach": duty["reach"][:1]}, legal])
    named = published(contacts=[{**duty, "named": [{"name": "А. Учебный", "reach": [{"kind": "mobile", "address": "+999 7 9"}]}]}, legal])
    gone = published(contacts=[duty])
    assert all(apply(each, STANDING).proposal is not None for each in (fewer, named, gone))


def test_a_desk_without_a_telephone_is_called_back_on_another_old_number_of_the_entry():
    duty, legal = ENTRY["contacts"]
    proposed = apply(published(contacts=[duty, {**legal, "reach": [{"kind": "email", "address": "new@knb.example"}]}]), STANDING)
    assert apply(confirmed(contact="legal"), proposed).entry.version == 2


def test_a_first_entry_takes_two_persons_too():
    first = {"version": 1, "base": 0}
    proposed = apply(published(**first))
    assert proposed.entry is None
    calls = [{"contact": code, "number": "+999 7 1", "at": "2026-03-10T10:20:00+05:00", "spoke_with": "x"} for code in ("duty", "legal")]
    second = edit("confirm", base=0, by="KZ-KNB/b.second", at="2026-03-10T10:30:00+05:00", call_backs=calls)
    assert refusal(edit("confirm", base=0, by="KZ-KNB/b.second", at="2026-03-10T10:30:00+05:00"), proposed).field == "call_backs"
    assert apply(second, proposed).entry.version == 1


def test_an_edit_of_an_older_version_is_refused_and_says_which_stands():
    after = apply(edit("verify"), STANDING)
    assert after.entry.version == 2
    found = refusal(edit("verify"), after)
    assert (found.field, "version 2" in found.reason) == ("base_version", True)


def test_a_dropped_proposal_leaves_what_stood():
    proposed = apply(published("+999 7 0002"), STANDING)
    assert apply(edit("drop", reason="wrong desk"), proposed) == STANDING
    assert refusal(edit("drop", reason="again")).field == "act"


def test_an_entry_of_another_key_or_a_skipped_version_is_refused():
    assert refusal(published(version=3)).field == "entry.version"
    assert refusal(published().model_copy(update={"crossing": "Korday"})).field == "entry"
    assert refusal(published(exercise=False)).field == "entry.exercise"


def test_an_entry_goes_stale_by_its_end_and_by_a_verification_too_old():
    def at(text):
        return freshness(STANDING.entry, datetime.fromisoformat(text).astimezone(UTC), timedelta(days=90))

    assert at("2026-03-02T00:00:00+05:00") is None
    assert "not valid before" in at("2025-12-31T00:00:00+05:00")
    assert "not verified for 91 days" in at("2026-05-31T10:00:00+05:00")
    assert "still to come" in at("2026-03-01T09:00:00+05:00")
    assert "valid until" in at("2027-01-01T00:00:00+05:00")
    verified = apply(edit("verify", at="2026-05-31T09:00:00+05:00"), STANDING).entry
    assert freshness(verified, datetime(2026, 6, 1, tzinfo=UTC), timedelta(days=90)) is None


def test_a_retired_entry_is_stale_at_once_and_cannot_be_verified():
    after = apply(edit("retire", reason="reorganised"), STANDING)
    assert "valid until" in freshness(after.entry, after.entry.valid_until, timedelta(days=90))
    assert refusal(edit("verify", base=2, at="2026-03-11T00:00:00+05:00"), after).field == "at"


PERSONS = st.sampled_from(("KZ-KNB/a.first", "KZ-KNB/b.second", "KZ-KNB/c.third", "KZ-MIA/x.y"))
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("publish", "confirm", "drop", "verify")),
        PERSONS,
        st.sampled_from((None, "+999 7 0001", "+999 7 0002", "+999 7 0003")),
        st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(STEPS)
def test_whatever_is_tried_no_number_changes_without_two_persons_and_a_call_to_an_old_one(steps):
    standing, clock = STANDING, datetime.fromisoformat("2026-03-10T10:00:00+05:00")
    for act, by, number, stale in steps:
        clock += timedelta(hours=1)
        base = standing.entry.version - stale
        at = clock.isoformat()
        match act:
            case "publish":
                entry = standing.entry.model_dump(mode="json") | {"version": base + 1, "verified": at, "verified_by": "KZ-KNB/a.first"}
                entry["contacts"][0]["reach"][0]["address"] = number or entry["contacts"][0]["reach"][0]["address"]
                made = edit("publish", base=base, by="KZ-KNB/a.first", at=at, entry=entry).model_copy(update={"by": by})
            case "confirm":
                calls = [{"contact": "duty", "number": number, "at": at, "spoke_with": "x"}] if number else []
                made = edit("confirm", base=base, by=by, at=at, call_backs=calls)
            case _:
                made = edit(act, base=base, by=by, at=at, **({"reason": "r"} if act == "drop" else {}))
        after = apply(made, standing)
        if isinstance(after, Problem):
            continue
        assert made.by.startswith("KZ-KNB/")
        old, new = standing.entry.contacts[0].reach[0].address, after.entry.contacts[0].reach[0].address
        assert after.entry.version in {standing.entry.version, standing.entry.version + 1}
        if old != new:
            assert made.act == "confirm"
            assert made.by != standing.proposal.by
            assert old in {call.number for call in made.call_backs}
        standing = after


def test_an_exercise_entry_cannot_hold_a_number_that_rings():
    with pytest.raises(ValidationError, match="may reach a real desk"):
        published("+7 727 000 00 00")
