"""The dashboard and the alerts ask for metrics that the processes really have, in PromQL that parses."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from aiokafka import TopicPartition
from prometheus_client import CollectorRegistry

from streams.engine.metrics import Metrics
from streams.gateway import observe
from streams.metrics import Exposition, Standing
from streams.operations.flow import steps

FOLDER = Path(__file__).parents[2] / "deploy" / "observability"
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
RULES = [rule for group in yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"] for rule in group["rules"]]
ADDED_BY_PROMETHEUS = {"job", "instance"}


def samples(registry: CollectorRegistry) -> dict[str, set[str]]:
    """The labels of every sample that a registry gives, by its name."""
    found: dict[str, set[str]] = {}
    for family in registry.collect():
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.fixture(scope="module")
def exposed() -> dict[str, set[str]]:
    """What worker, projector, clock and gateway expose once they have done something."""
    exposition = Exposition()
    worker = Metrics(exposition, "live.reports")
    source = TopicPartition("live.reports.enriched", 0)
    worker.batch(source, read=1, sent={("live.receipts", 0): [1]}, refused=1, decide_s=0.001, commit_s=0.001)
    worker.restored(source, 1)
    worker.parked(None)
    exposition.watch(
        "live.reports", lambda: [Standing("live.reports.enriched", 0, 1, oldest_at=1, committed_at=1.0, begun=True, readable=True)]
    )
    exposition.fired("live.clock", 0.1)
    exposition.watch("live.clock", lambda: [Standing("live.timers", 0, 1, oldest_at=1, committed_at=1.0, timers=2)])
    observe.CALLS.labels("/v1/me", "GET", "200")
    observe.SECONDS.labels("/v1/me")
    return samples(exposition.registry) | samples(observe.REGISTRY)


def expressions() -> Iterator[tuple[str, str]]:
    """Every PromQL expression with where it stands, Grafana's variables filled in."""
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m").replace("$space", "live")
    for rule in RULES:
        yield rule["alert"], rule["expr"]


def selectors(expression: str) -> list[Any]:
    """Every choice of series in an expression. Fails where it does not parse."""
    found: list[Any] = []

    def visit(part: Any) -> bool:
        if isinstance(part, promql_parser.VectorSelector):
            found.append(part)
        return True

    promql_parser.walk(promql_parser.parse(expression), visit)
    return found


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_an_expression_asks_for_metrics_and_labels_that_exist(exposed: dict[str, set[str]], where: str, expression: str) -> None:
    found = selectors(expression)
    assert found or expression == "vector(0)"
    for selector in found:
        assert selector.name in exposed, f"{where}: no process exposes {selector.name}"
        labels = {matcher.name for matcher in selector.matchers.matchers}
        strange = labels - exposed[selector.name] - ADDED_BY_PROMETHEUS
        assert not strange, f"{where}: {selector.name} has no label {strange}"


def test_names_that_do_not_exist_and_what_does_not_parse_are_noticed(exposed: dict[str, set[str]]) -> None:
    (selector,) = selectors('sum by (le) (rate(no_such_thing_total{messaging_system="kafka"}[5m])) > 0')
    assert selector.name == "no_such_thing_total"
    assert "no_such_thing_total" not in exposed
    with pytest.raises(ValueError, match=r"."):
        selectors("sum by (le (rate(x[5m]))")


def test_legends_and_messages_name_labels_that_the_expression_keeps() -> None:
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                assert label in target["expr"] or label in ADDED_BY_PROMETHEUS, panel["title"]
    for rule in RULES:
        for label in re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values())):
            assert label in rule["expr"] or label in ADDED_BY_PROMETHEUS, rule["alert"]


def test_the_dashboard_asks_the_prometheus_that_one_chooses() -> None:
    assert [each["name"] for each in DASHBOARD["templating"]["list"]] == ["datasource", "space"]
    for panel in DASHBOARD["panels"]:
        assert {panel["datasource"]["uid"], *(target["datasource"]["uid"] for target in panel["targets"])} == {"${datasource}"}
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])


def test_every_app_is_missed_when_nobody_runs_it() -> None:
    watched = {rule["labels"].get("app") for rule in RULES if rule["expr"].startswith("absent(")}
    assert watched == {*(step.app for step in steps()), "projector", "clock"}, "write a RicNoWorker rule for each app in alerts.yml"


def test_an_app_that_is_parked_wakes_somebody() -> None:
    (rule,) = [rule for rule in RULES if rule["alert"] == "RicAppParked"]
    assert rule["labels"]["severity"] == "page"
    assert {selector.name for selector in selectors(rule["expr"])} == {"ric_app_parked"}


def test_a_partition_that_cannot_be_read_wakes_somebody() -> None:
    (rule,) = [rule for rule in RULES if rule["alert"] == "RicPartitionUnreadable"]
    assert rule["labels"]["severity"] == "page"
    assert {selector.name for selector in selectors(rule["expr"])} == {"ric_partition_readable"}


def test_a_partition_that_is_parked_wakes_somebody_and_is_not_called_unread() -> None:
    (rule,) = [rule for rule in RULES if rule["alert"] == "RicPartitionParked"]
    assert rule["labels"]["severity"] == "page"
    assert {selector.name for selector in selectors(rule["expr"])} == {"ric_partition_parked"}
    exposition = Exposition()
    lost = Standing("live.seizures", 0, None, parked="records 10 to 24 were deleted")
    exposition.watch("live.intake", lambda: [lost, Standing("live.seizures", 1, 0, begun=True)])
    told = {
        (each.name, sample.labels["messaging_destination_partition_id"]): sample.value
        for each in exposition.collect()
        for sample in each.samples
    }
    assert {place: value for place, value in told.items() if place[0] != "ric_consumer_lag_messages"} == {
        ("ric_partition_parked", "0"): 1,
        ("ric_partition_parked", "1"): 0,
        ("ric_partition_begun", "1"): 1,
        ("ric_consumer_delay_seconds", "1"): 0,
    }


def test_the_dashboard_shows_what_is_parked() -> None:
    (panel,) = [panel for panel in DASHBOARD["panels"] if panel["title"] == "Parked"]
    asked = {selector.name for target in panel["targets"] for selector in selectors(target["expr"].replace("$space", "live"))}
    assert asked == {"ric_app_parked", "ric_partition_parked"}


def test_a_partition_on_which_no_work_begins_wakes_somebody() -> None:
    (rule,) = [rule for rule in RULES if rule["alert"] == "RicPartitionNotBegun"]
    assert rule["labels"]["severity"] == "page"
    assert {selector.name for selector in selectors(rule["expr"])} == {"ric_partition_begun"}
    exposition = Exposition()
    exposition.watch("live.intake", lambda: [Standing("live.seizures", n, None, begun=n > 0) for n in (0, 1)])
    samples = [sample for each in exposition.collect() for sample in each.samples if sample.name == "ric_partition_begun"]
    begun = {sample.labels["messaging_destination_partition_id"]: sample.value for sample in samples}
    assert begun == {"0": 0, "1": 1}


def test_every_alert_says_what_to_do() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]
