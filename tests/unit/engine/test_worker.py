"""Which apps a worker runs."""

from pathlib import Path
from typing import Any

import pytest

from schemas.channels import Channel
from streams.engine.effects import App, Stage
from streams.engine.worker import build
from streams.kafka import UnsafeKafkaConnection
from streams.settings import Settings

CHANNELS = {name: Channel(name, "", "", "", ("worker",), ("worker",)) for name in ("a", "b", "c")}


def nothing(*_: Any) -> tuple[()]:
    return ()


APPS = tuple(App(name, (Stage(name, (name,), nothing, nothing),), writes=()) for name in CHANNELS)


def test_an_app_that_does_not_exist_is_named_with_those_that_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="RIC_APPS names intakes: there are a, b, c"):
        build(Settings(apps=("intakes", "a"), kafka_bootstrap_servers="127.0.0.1:1", data_dir=tmp_path), APPS, CHANNELS)


def test_an_unsafe_connection_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UnsafeKafkaConnection):
        build(Settings(kafka_bootstrap_servers="kafka-1:9092", data_dir=tmp_path), APPS, CHANNELS)
