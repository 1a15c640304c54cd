"""Of several workers one is given the only partition of an app; the others have nothing to wait for."""

import logging
from pathlib import Path

import pytest

from schemas.channels import BY_NAME
from streams.engine.worker import build
from streams.settings import Settings
from streams.topology import APPS


def test_an_app_that_is_given_nothing_says_so_when_its_group_has_settled(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    app = build(Settings(kafka_bootstrap_servers="127.0.0.1:9", data_dir=tmp_path), [app for app in APPS if app.name == "duty"], BY_NAME)
    for times in (1, 2):
        app.on_rebalance_start()
        assert app.process.exposition.readiness() == {"live.duty": "waiting for its group"}
        app.on_rebalance_end()
        # From here on it is watched: test_metrics has what is said of an app that is.
        assert caplog.text.count("live.duty is given nothing") == times
