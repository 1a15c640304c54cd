"""Intake: who may send what, every kind of bad input with a field and a mend, and what is kept of it."""

import copy
import json
from base64 import b64decode
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.channels import BY_NAME, KIND_CHANNELS
from schemas.envelope import envelop, kafka_headers
from schemas.receipts import DeadLetter, Receipt
from schemas.records import Decision, EnrichedReport
from schemas.reports import MAX_REPORT_BYTES, read_report
from streams.engine.effects import Emit, Headers, Record
from streams.reference.load import load
from streams.stages import deduplicate, intake, naming
from tests.examples import EXAMPLES
from tests.unit.stages.building import AT, Memory, of, record, report, run, withdrawal

STAGE = intake.stage(load)
FROM_TJ: Headers = (("ric_agency", b"TJ-DCA"), ("ric_person", b"n.rahimov"))


def sent(value: Any, channel: str = "seizures", headers: Headers = FROM_TJ, **more: Any) -> list[Emit]:
    """What intake emits for one record; every value is checked against its published model."""
    emits = [emit for emit in STAGE.decide(record(value, channel, headers=headers, **more), Memory()) if isinstance(emit, Emit)]
    for emit in emits:
        assert emit.channel in BY_NAME
        if emit.channel == "reports.rejected":
            DeadLetter.model_validate_json(emit.value or b"")
        if emit.channel == "receipts":
            Receipt.model_validate_json(emit.value or b"")
    return emits


def inbound(value: Any, agency: str = "TJ-DCA", headers: Headers = ()) -> list[Emit]:
    return sent(value, "inbound.{agency}", headers, topic=f"live.inbound.{agency}")


def problem(emits: list[Emit]) -> dict[str, Any]:
    """The first problem of a refusal; letter and receipt say the same."""
    (letter,), (answer,) = of(emits, "reports.rejected"), of(emits, "receipts")
    assert len(emits) == 2
    assert answer["status"] == "rejected"
    assert letter["problems"] == answer["problems"]
    assert letter["origin"] == answer["origin"]
    first: dict[str, Any] = letter["problems"][0]
    return first


def channel_of(kind: str) -> str:
    return KIND_CHANNELS["seizure" if kind == "withdrawal" else kind]


def test_failures_are_counted_by_who_the_centre_knows_to_have_sent_the_record():
    direct = record(report(), "inbound.{agency}", topic="live.inbound.KG-SCNBC", headers=FROM_TJ)
    assert STAGE.sender(direct) == "KG-SCNBC"
    assert STAGE.sender(record(b"{", "seizures", headers=FROM_TJ)) == "TJ-DCA"
    assert STAGE.sender(record(b"{", "seizures", headers=(("ric_agency", b"nobody's"),))) is None
    (written,) = sent(report())
    reports = deduplicate.stage()
    assert reports.sender(record(written.value, key=written.key)) == report()["handling"]["originator"]
    assert reports.sender(record(b"{", key=b"")) is None


@pytest.mark.parametrize("around", [(b"\n ", b""), (b"", b" \r\n"), (b"\t", b"\n")], ids=["before", "behind", "both"])
def test_blanks_around_a_report_trouble_nobody_further_on(around):
    before, behind = around
    (written,) = inbound(before + orjson.dumps(report()) + behind)
    emits = run(deduplicate.stage(), Memory(), record(written.value, key=written.key))
    assert [answer["status"] for answer in of(emits, "receipts")] == ["accepted"]
    assert [change["report"] for change in of(emits, "reports.current")] == [report()]


def test_an_attribute_without_a_value_is_no_attribute():
    state, stage = Memory(), deduplicate.stage()
    for number, amended in enumerate([report(), {**report(), "title": "another"}]):
        event = {**EVENT, "data": amended, "time": None, "subject": None}
        (written,) = sent(event, "inbound.{agency}", (), topic="live.inbound.TJ-DCA", offset=number)
        emits = run(stage, state, record(written.value, key=written.key, offset=number))
    assert of(emits, "receipts")[0]["problems"][0]["field"] == "revision"


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_kind_is_enriched_and_keyed_by_its_report(name):
    example = EXAMPLES[name]
    travels = example.get("withdraws") or example["kind"]
    (emit,) = sent(example, KIND_CHANNELS[travels])
    assert emit.channel == "reports.enriched"
    assert emit.key.decode() == f"TJ-DCA/{example['report_id']}"
    value = orjson.loads(emit.value or b"")
    EnrichedReport.model_validate(value)
    assert value["report"] == example
    assert value["origin"] == f"live.{KIND_CHANNELS[travels]}/0/0"
    assert value["sender"] == {"agency": "TJ-DCA", "person": "n.rahimov"}
    assert value["received"] == "2026-11-22T00:00:00.000Z"


def test_the_report_is_passed_on_byte_for_byte():
    body = json.dumps(report(narrative="Каримов"), indent=1).replace("37.2", "37.200").encode()
    (emit,) = sent(body)
    assert (emit.value or b"").endswith(b',"report":' + body + b"}")


def test_the_digest_does_not_depend_on_blanks_order_or_escapes():
    sample = report(title="Каримов", place={"country": "TJ", "coordinates": {"lat": 37.123456789012345, "lon": 68.6}})
    shuffled = dict(reversed(sample.items()))
    bodies = [orjson.dumps(sample), json.dumps(sample).encode(), json.dumps(shuffled, indent=2, ensure_ascii=False).encode()]
    digests = {of(sent(body), "reports.enriched")[0]["digest"] for body in bodies}
    assert len(digests) == 1
    assert of(sent(report(title="Karimov")), "reports.enriched")[0]["digest"] not in digests


def test_numbers_that_a_double_cannot_hold_are_told_apart():
    bodies = [orjson.dumps(report()).replace(b'"12.48"', number) for number in (b"12345678901.123456781", b"12345678901.123456782")]
    first, second = (of(sent(body), "reports.enriched")[0]["digest"] for body in bodies)
    assert first != second


def test_imports_travel_in_the_bulk_lane_with_any_kind():
    for example in EXAMPLES.values():
        (value,) = of(sent(example, "reports.bulk"), "reports.enriched")
        assert value["lane"] == "bulk"


# --- senders ----------------------------------------------------------------------------------------------------------------


def test_an_agency_cannot_claim_to_be_another():
    found = problem(sent(report(originator="UZ-CUS")))
    assert found["field"] == "handling.originator"
    assert "TJ-DCA" in found["mend"]


def test_an_inbound_topic_names_the_sender_whatever_the_headers_say():
    forged: Headers = (("ric_agency", b"UZ-CUS"), ("ric_person", b"boss"))
    assert problem(inbound(report(originator="UZ-CUS"), headers=forged))["field"] == "handling.originator"
    (value,) = of(inbound(report(), headers=forged), "reports.enriched")
    assert value["sender"] == {"agency": "TJ-DCA", "person": None}
    refusal = inbound(report(originator="UZ-CUS"), headers=forged)
    assert of(refusal, "receipts")[0]["agency"] == of(refusal, "reports.rejected")[0]["agency"] == "TJ-DCA"


@pytest.mark.parametrize("headers", [(), (("ric_agency", b"not an agency"),), (("ric_agency", b"\xff"),)])
def test_without_a_sender_there_is_a_letter_and_no_receipt(headers):
    emits = sent(report(), headers=headers)
    assert [emit.channel for emit in emits] == ["reports.rejected"]
    assert of(emits, "reports.rejected")[0]["problems"][0]["field"] == "sender"


def test_a_kind_belongs_on_its_own_topic():
    found = problem(sent(report(), "intelligence"))
    assert (found["field"], found["mend"]) == ("kind", "send it to seizures")
    assert len(of(sent(withdrawal()), "reports.enriched")) == 1
    assert problem(sent(withdrawal(), "intelligence"))["field"] == "kind"


# --- CloudEvents ------------------------------------------------------------------------------------------------------------

EVENT = envelop(read_report(json.dumps(report())), id="e-1", source="/agencies/TJ-DCA/posts/1", time="2026-03-18T06:10:00+05:00")
ATTRIBUTES = {name: value for name, value in EVENT.items() if name != "data"}


def test_binary_mode_attributes_are_kept():
    (value,) = of(sent(report(), headers=(*FROM_TJ, *kafka_headers(ATTRIBUTES))), "reports.enriched")
    assert value["event"]["id"] == "e-1"
    (value,) = of(inbound(report(), headers=kafka_headers(ATTRIBUTES)), "reports.enriched")
    assert value["event"]["source"] == "/agencies/TJ-DCA/posts/1"


@pytest.mark.parametrize("pretty", [False, True])
@pytest.mark.parametrize("headers", [(), (("content-type", b"application/cloudevents+json; charset=utf-8"),)])
def test_structured_mode_is_the_same_report(pretty, headers):
    plain = of(inbound(report()), "reports.enriched")[0]
    (value,) = of(inbound(json.dumps(EVENT, indent=2 if pretty else None).encode(), headers=headers), "reports.enriched")
    assert value["report"] == report()
    assert value["event"] == ATTRIBUTES
    assert value["digest"] == of(inbound(EVENT["data"]), "reports.enriched")[0]["digest"]
    assert plain["enrichment"] == value["enrichment"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"id": None}, "id"),
        ({"source": ""}, "source"),
        ({"specversion": "0.3"}, "specversion"),
        ({"type": "int.ric.report.intelligence.v1"}, "type"),
        ({"type": "com.example.thing"}, "type"),
        ({"colour": "red"}, "colour"),
        ({"data": None}, "data"),
        ({"data": "text"}, "data"),
        ({"data": {**report(), "place": {}}}, "data.place"),
        ({"data": report(originator="UZ-CUS")}, "data.handling.originator"),
    ],
)
def test_a_wrong_event_is_refused_at_its_field(change, field):
    event = {name: value for name, value in {**EVENT, **change}.items() if value is not None}
    assert problem(inbound(event))["field"] == field


def test_wrong_binary_attributes_are_refused_at_their_header():
    wrong = kafka_headers({**ATTRIBUTES, "type": "int.ric.report.intelligence.v1"})
    assert problem(sent(report(), headers=(*FROM_TJ, *wrong)))["field"] == "ce_type"
    assert problem(sent(report(), headers=(*FROM_TJ, ("ce_id", b"1"))))["field"] == "ce_specversion"


def test_a_batch_is_refused_in_one_record():
    found = problem(inbound([EVENT], headers=(("content-type", b"application/cloudevents-batch+json"),)))
    assert "one" in found["mend"]


# --- bad input --------------------------------------------------------------------------------------------------------------


def body(**change: Any) -> bytes:
    return orjson.dumps({**report(), **change})


def raw(old: bytes, new: bytes) -> bytes:
    sample = body()
    assert old in sample
    return sample.replace(old, new)


DEEP = b'{"kind":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
DEEP_ENOUGH = b'{"kind":' + b"[" * 700 + b"]" * 700 + b"}"
BAD: dict[str, tuple[bytes | None, str, str]] = {
    "nothing": (None, "(whole report)", "no value"),
    "empty": (b"", "(whole report)", "no value"),
    "not JSON": (b"<report/>", "(whole report)", "not JSON"),
    "cut short": (body()[:-5], "(whole report)", "not JSON"),
    "50 MB": (b'{"narrative":"' + b"x" * 50_000_000 + b'"}', "(whole report)", "bytes"),
    "invalid UTF-8": (raw(b"Panji", b"P\xe0nji"), "(whole report)", "not UTF-8"),
    "UTF-16": (json.dumps(report()).encode("utf-16"), "(whole report)", "not UTF-8"),
    "byte order mark": (b"\xef\xbb\xbf" + body(), "(whole report)", "byte order mark"),
    "lone surrogate": (raw(b"Panji", b"\\ud800"), "(whole report)", "not JSON"),
    "NaN": (raw(b'"12.48"', b"NaN"), "(whole report)", "not JSON"),
    "-Infinity": (raw(b'"12.48"', b"-Infinity"), "(whole report)", "not JSON"),
    "number beyond doubles": (raw(b'"12.48"', b"1e999"), "(whole report)", "not JSON"),
    "number of 100 000 digits": (raw(b'"12.48"', b"9" * 100_000), "(whole report)", "not JSON"),
    "huge integer": (raw(b'"revision":1', b'"revision":99999999999999999999'), "revision", ""),
    "long decimal": (raw(b'"12.48"', b'"' + b"1" * 40 + b'"'), "substances[0].quantity.amount", "digits"),
    "text for a number": (raw(b'"revision":1', b'"revision":"1"'), "revision", "integer"),
    "number for a text": (body(title=5), "title", "string"),
    "number for a time": (body(issued=1_763_780_000), "issued", "offset"),
    "number in text for a time": (body(issued="1763780000"), "issued", "offset"),
    "time without offset": (body(issued="2026-03-18T06:10:00"), "issued", "timezone"),
    "year 1900": (body(occurred="1900-03-18"), "occurred", "1900"),
    "year 2100": (body(issued="2100-01-01T00:00:00Z"), "issued", "2100"),
    "tomorrow and a day": (body(occurred="2026-11-24"), "occurred", "future"),
    "issued tomorrow and a day": (body(issued="2026-11-23T00:00:01Z"), "issued", "future"),
    "object for a list": (body(substances={"name": "heroin"}), "substances", ""),
    "null": (b"null", "(whole report)", "null"),
    "a list": (b"[" + body() + b"]", "(whole report)", "array"),
    "a million items": (b'{"kind":"seizure","substances":[' + b"0," * 999_999 + b"0]}", "(whole report)", "bytes"),
    "100 000 items": (b'{"kind":"seizure","substances":[' + b"0," * 99_999 + b"0]}", "substances", "items"),
    "100 000 fields": (orjson.dumps({f"f{number}": 0 for number in range(15_000)}), "(whole report)", "fields"),
    "500 bad items": (body(substances=[0] * 500), "substances[0]", "object"),
    "deep nesting": (DEEP_ENOUGH, "(whole report)", "recursion"),
    "very deep nesting": (DEEP, "(whole report)", "not JSON"),
    "a field twice": (raw(b'"revision":1', b'"revision":1,"revision":2'), "revision", "twice"),
    "a field twice, inside": (raw(b'"country":"TJ"', b'"country":"TJ", "country" : "UZ"'), "country", "twice"),
    "NUL": (raw(b"Panji", b"Pan\\u0000ji"), "place.crossing", "pattern"),
    "unknown field": (body(colour="red"), "colour", "not permitted"),
    "missing field": (orjson.dumps({name: value for name, value in report().items() if name != "place"}), "place", "required"),
    "no kind": (orjson.dumps({name: value for name, value in report().items() if name != "kind"}), "(whole report)", "kind"),
    "unknown kind": (body(kind="rumour"), "(whole report)", "kind"),
    "path in the report id": (body(report_id="../../etc/passwd"), "report_id", "pattern"),
    "null island": (body(place={"coordinates": {"lat": 0, "lon": 0}}), "place.coordinates", "Gulf of Guinea"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_at_its_field_and_the_next_good_report_is_taken(name):
    value, field, reason = BAD[name]
    emits = sent(value)
    found = problem(emits)
    assert found["field"] == field
    assert reason in found["reason"]
    assert found["mend"] or field in ("place.coordinates", "issued", "occurred")
    (letter,) = of(emits, "reports.rejected")
    assert letter["value_bytes"] == len(value or b"")
    assert b64decode(letter["value_base64"]) == (value or b"")[:524_288]
    assert [emit.channel for emit in sent(report())] == ["reports.enriched"]


def test_a_report_of_the_largest_size_is_taken():
    room = MAX_REPORT_BYTES - len(body(goods=[]))
    goods = [{"description": "x" * 400} for _ in range(50)]
    parties = [{"kind": "person", "names": ["Каримов" * 50] * 3} for _ in range(room // 4_000)]
    large = body(goods=goods, parties=parties)
    assert MAX_REPORT_BYTES * 0.6 < len(large) <= MAX_REPORT_BYTES
    (emit,) = sent(large)
    assert len(emit.value or b"") < BY_NAME["reports.enriched"].max_bytes


def test_a_refusal_names_the_report_as_far_as_it_can_be_read():
    (answer,) = of(sent(body(colour="red", revision=3)), "receipts")
    assert (answer["originator"], answer["report_id"], answer["revision"]) == ("TJ-DCA", "2026-0117", 3)
    (answer,) = of(sent(body(report_id="no good", revision=-1)), "receipts")
    assert (answer["report_id"], answer["revision"]) == (None, None)


def test_a_refusal_never_quotes_a_report_beyond_its_field():
    emits = sent(body(title=["the informant is N."]))
    assert b"informant" not in orjson.dumps(of(emits, "receipts"))


def test_a_dead_letter_keeps_no_secret_headers():
    headers: Headers = (*FROM_TJ, ("authorization", b"Bearer x"), ("cookie", b"s"), ("x-api-key", b"k"), ("traceparent", b"00-1"))
    (letter,) = of(sent(b"", headers=headers), "reports.rejected")
    assert dict(letter["headers"]).keys() == {"ric_agency", "ric_person", "traceparent"}


def test_a_letter_is_bounded_whatever_came():
    headers: Headers = tuple((f"ce_{number}", b"\xff" * 10_000) for number in range(2_000))
    (emit,) = (e for e in sent(b"\xff" * 5_000_000, headers=(*FROM_TJ, *headers), key=b"k" * 1_000_000) if e.channel == "reports.rejected")
    assert len(emit.value or b"") < 1_000_000


def test_receipt_and_letter_ids_derive_from_the_origin():
    emits = sent(b"", offset=41)
    assert of(emits, "receipts")[0]["receipt"] == naming.receipt_uuid("live.seizures/0/41")
    assert of(emits, "reports.rejected")[0]["letter"] == naming.letter_uuid("live.seizures/0/41")
    assert [emit.partition for emit in emits] == [0, 0]


def test_a_poison_record_gets_a_receipt_that_does_not_quote_the_fault():
    emits = [emit for emit in STAGE.refuse(record(report(), "seizures", headers=FROM_TJ), "KeyError: 'x'") if isinstance(emit, Emit)]
    assert "KeyError" in of(emits, "reports.rejected")[0]["problems"][0]["reason"]
    assert b"KeyError" not in orjson.dumps(of(emits, "receipts"))


# --- decisions --------------------------------------------------------------------------------------------------------------

DECISION = {
    "type": "decision",
    "act": "hold",
    "originator": "TJ-DCA",
    "report_id": "2026-0117",
    "by": "c.duty",
    "by_agency": "CARICC",
    "reason": "a source would be exposed",
    "at": "2026-11-22T00:00:00Z",
}


def test_a_decision_is_re_keyed_with_its_origin():
    (emit,) = sent(DECISION, "decisions", (), offset=5)
    assert (emit.channel, emit.key, emit.partition) == ("reports.enriched", b"TJ-DCA/2026-0117", None)
    Decision.model_validate_json(emit.value or b"")
    assert emit.headers == (("ric_origin", b"live.decisions/0/5"),)


@pytest.mark.parametrize(
    ("change", "headers", "field"),
    [
        ({"act": "burn"}, (), "act"),
        ({"reason": ""}, (), "reason"),
        ({}, (("ric_agency", b"CARICC"), ("ric_person", b"another")), "by"),
        ({}, (("ric_agency", b"TJ-DCA"),), "by_agency"),
    ],
)
def test_a_wrong_decision_is_refused(change, headers, field):
    emits = sent({**DECISION, **change}, "decisions", headers)
    assert of(emits, "reports.rejected")[0]["problems"][0]["field"] == field


# --- properties -------------------------------------------------------------------------------------------------------------


def mutated(data: st.DataObject) -> Any:
    """An example with one part replaced by anything."""
    value = copy.deepcopy(data.draw(st.sampled_from(list(EXAMPLES.values()))))
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
        max_leaves=6,
    )
    node = value
    while True:
        name = data.draw(st.sampled_from(sorted(node) if isinstance(node, dict) else range(len(node))))
        if isinstance(node[name], dict | list) and node[name] and data.draw(st.booleans()):
            node = node[name]
            continue
        node[name] = data.draw(anything)
        return value


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_arrives_is_taken_or_refused_with_a_field(data):
    value = mutated(data)
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass")
    kind = value.get("withdraws") or value.get("kind")
    channel = KIND_CHANNELS.get(kind, "seizures") if isinstance(kind, str) else "seizures"
    emits = sent(text, channel)
    if emits[0].channel == "reports.enriched":
        enriched = Record("reports.enriched", "live.reports.enriched", 0, 0, emits[0].key, emits[0].value, (), AT)
        assert "accepted" in [answer["status"] for answer in of(run(deduplicate.stage(), Memory(), enriched), "receipts")]
    else:
        assert problem(emits)["field"]


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_refused(value):
    assert problem(sent(value))["reason"]


def test_a_report_stays_in_the_partition_that_its_key_chose():
    key = b"TJ-DCA/" + report()["report_id"].encode()
    (kept,) = sent(report(), key=key, partition=3)
    assert (kept.key, kept.partition) == (key, 3)
    # An agency chooses key and partition of its own topic: neither says where its report belongs.
    for channel, keyed, headers in [("inbound.{agency}", key, ()), ("seizures", b"other", FROM_TJ), ("seizures", None, FROM_TJ)]:
        (chosen,) = sent(report(), channel, headers, key=keyed, partition=3, topic=f"live.{channel.replace('{agency}', 'TJ-DCA')}")
        assert (chosen.key, chosen.partition) == (key, None)
