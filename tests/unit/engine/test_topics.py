"""Channels to topics, and keys to partitions."""

from typing import Any

import pytest
from aiokafka.partitioner import murmur2
from hypothesis import given
from hypothesis import strategies as st

from schemas.channels import Channel
from streams.engine.effects import App, Stage
from streams.engine.topics import Unprovisioned, inboxes, key_hash, routes, written


def nothing(*_: Any) -> tuple[()]:
    return ()


CHANNELS = {
    name: Channel(name, "", "", "", ("worker",), ("worker",)) for name in ("reports", "decisions", "reports.changelog", "inbound.{agency}")
}


def app(*stages: Stage) -> App:
    return App("reports", stages, writes=())


@given(st.binary(max_size=200))
def test_keys_are_partitioned_as_by_every_other_client(key: bytes) -> None:
    assert key_hash(key) == murmur2(key) & 0x7FFFFFFF


def test_an_inbox_with_one_topic_per_agency_has_one_per_agency() -> None:
    found = inboxes(app(Stage("intake", ("inbound.{agency}",), nothing, nothing)), "live", ("kz-mvd", "kg-scnbc"), CHANNELS)
    assert {topic: inbox.channel for topic, inbox in found.items()} == {
        "live.inbound.kz-mvd": "inbound.{agency}",
        "live.inbound.kg-scnbc": "inbound.{agency}",
    }


@pytest.mark.parametrize(
    ("stages", "why"),
    [
        ([Stage("a", ("nowhere",), nothing, nothing)], "stage a reads nowhere, which schemas/channels.py does not declare"),
        ([Stage("a", ("reports", "decisions"), nothing, nothing, stateful=True)], "re-key them into one inbox"),
        ([Stage("a", ("reports",), nothing, nothing), Stage("b", ("reports",), nothing, nothing)], "live.reports is read by a and by b"),
        (
            [Stage("a", ("reports",), nothing, nothing, stateful=True), Stage("b", ("decisions",), nothing, nothing, stateful=True)],
            "two stateful stages",
        ),
    ],
)
def test_an_app_that_cannot_run_is_refused_with_the_reason(stages: list[Stage], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        inboxes(app(*stages), "live", (), CHANNELS)


def test_an_app_writes_what_is_declared_for_workers() -> None:
    channels = {**CHANNELS, "seizures": Channel("seizures", "", "", "", ("gateway",), ("worker",))}
    assert list(written(App("links", (), writes=("decisions",)), channels)) == ["decisions"]
    for name in ("seizures", "nowhere"):
        with pytest.raises(ValueError, match=f"app links writes {name}, which schemas/channels.py does not declare"):
            written(App("links", (), writes=("decisions", name)), channels)


def test_topics_that_the_broker_lacks_are_named() -> None:
    channels = {name: channel for name, channel in CHANNELS.items() if "{" not in name}
    with pytest.raises(Unprovisioned, match=r"no topic live.decisions, live.reports.changelog: run `ric topics apply`"):
        routes("live", channels, {"live.reports": 4})
