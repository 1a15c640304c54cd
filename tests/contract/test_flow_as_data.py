"""The flow that operators are shown is the one that runs."""

from importlib.resources import files

from schemas.channels import BY_NAME
from streams import topology
from streams.operations.flow import steps


def test_the_published_flow_is_the_topologys():
    committed = files("streams.operations").joinpath("flow.json").read_text(encoding="utf-8")
    assert committed == topology.published(), "run python -m streams.topology > streams/operations/flow.json"


def test_every_arrow_has_two_ends():
    """What an app reads is declared for workers to read and somebody writes it: an agency, the gateway, or another app."""
    written = {name for step in steps() for name in step.writes}
    for step in steps():
        for name in step.reads:
            assert "worker" in BY_NAME[name].readers
            assert name in written or set(BY_NAME[name].writers) - {"worker"}, f"{step.app} reads {name}, which nobody writes"
        assert all("worker" in BY_NAME[name].writers for name in step.writes)
