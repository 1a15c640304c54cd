"""The access rules follow the channels, and give an agency nothing but its own inbound topic."""

from pathlib import Path

from deploy.kafka.acls import Rule, rules, script
from schemas.channels import CHANNELS

GENERATED = Path(__file__).parents[2] / "deploy" / "kafka" / "acls.sh"


def test_the_committed_script_is_the_generated_one() -> None:
    assert GENERATED.read_text() == script(), "run: python deploy/kafka/acls.py > deploy/kafka/acls.sh"


def test_an_agency_may_write_its_inbound_topic_and_do_nothing_else() -> None:
    own = [rule for rule in rules("live", "TJ-DCA") if rule.principal == "TJ-DCA"]
    assert own == [Rule("TJ-DCA", ("Write", "Describe"), "topic", "live.inbound.TJ-DCA")]


def test_every_channel_has_a_writer_and_a_reader() -> None:
    allowed = {(rule.name, rule.operations[0]) for rule in rules("live", "TJ-DCA")}
    for channel in CHANNELS:
        topic = channel.topic("live", "TJ-DCA")
        assert {(topic, "Write"), (topic, "Read")} <= allowed


def test_the_projector_writes_matches_alone_and_only_asks_where_the_reports_app_stands() -> None:
    own = [rule for rule in rules("live", "TJ-DCA") if rule.principal == "ric-projector"]
    assert [rule.name for rule in own if "Write" in rule.operations] == ["live.deliveries.matches"]
    assert [rule for rule in own if rule.resource != "topic"] == [Rule("ric-projector", ("Describe",), "group", "live.reports")]
    assert [rule.operations for rule in own if rule.name == "live.reports.enriched"] == [("Describe",)]


def test_whoever_decides_a_state_again_reads_what_workers_read_and_write() -> None:
    granted = {
        (rule.name, operation) for rule in rules("live", "TJ-DCA") if rule.principal == "ric-replay" for operation in rule.operations
    }
    for channel in CHANNELS:
        topic = channel.topic("live", "TJ-DCA")
        assert ((topic, "Read") in granted) == ("worker" in channel.writers + channel.readers), topic
        assert ((topic, "Write") in granted) == ("worker" in channel.writers), topic
