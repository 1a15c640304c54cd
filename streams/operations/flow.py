"""The flow as data, from `flow.json`, which `python -m streams.topology > streams/operations/flow.json` writes; a test compares.

Whoever operates a centre may not import stages or topology (DESIGN, rule 1), and need not: which app reads and writes what is all.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Step:
    """One app of the flow. `reads` and `writes` name channels (`schemas.channels`), `stages` the stages as dead letters name them.

    `stateful`: those of them that keep state.
    """

    app: str
    stages: tuple[str, ...]
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    stateful: tuple[str, ...] = ()

    def group(self, space: str) -> str:
        """Its consumer group."""
        return f"{space}.{self.app}"


@cache
def steps() -> tuple[Step, ...]:
    """The flow from top to bottom."""
    found = json.loads(files("streams.operations").joinpath("flow.json").read_text(encoding="utf-8"))
    return tuple(
        Step(
            app["app"],
            tuple(stage["name"] for stage in app["stages"]),
            tuple(name for stage in app["stages"] for name in stage["reads"]),
            tuple(app["writes"]),
            tuple(stage["name"] for stage in app["stages"] if stage["stateful"]),
        )
        for app in found
    )


def channel_of(topic: str, space: str, channels: Iterable[str]) -> str | None:
    """The channel that a topic of the space belongs to, an agency's own to `inbound.{agency}`; None where it is none of `channels`."""
    name = topic.removeprefix(f"{space}.")
    if name == topic:
        return None
    for channel in channels:
        fixed, template, _ = channel.partition("{agency}")
        if name == channel or (template and name.startswith(fixed)):
            return channel
    return None
