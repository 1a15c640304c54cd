"""A dead letter names the stage that refused: by that name `ric topology` counts it, and `ric replay` knows whether it may go again."""

from typing import get_args

import orjson
import pytest

from schemas.receipts import DeadLetter, StageName
from streams import topology
from streams.cli.replaying import not_again
from streams.engine.effects import Emit, Stage
from tests.unit.stages.building import record

STAGES = [(app.name, stage) for app in topology.APPS for stage in app.stages]


@pytest.mark.parametrize("stage", [stage for _, stage in STAGES], ids=lambda stage: stage.name)
def test_each_stage_signs_what_it_refuses(stage: Stage) -> None:
    for value in (b"{", None, b"{}"):
        refused = stage.refuse(record(value, stage.inbox[0], key=b"TJ-DCA/CD-7"), "ValueError: unreadable")
        (letter,) = (each.value for each in refused if isinstance(each, Emit) and each.channel == "reports.rejected")
        assert DeadLetter.model_validate_json(letter or b"").stage == orjson.loads(letter or b"")["stage"] == stage.name


def test_every_stage_has_a_name_of_its_own_that_letters_may_bear() -> None:
    assert sorted(get_args(StageName)) == sorted(stage.name for _, stage in STAGES)


@pytest.mark.parametrize(("app", "stage"), STAGES, ids=lambda each: each.name if isinstance(each, Stage) else each)
def test_only_what_was_decided_by_itself_goes_in_once_more(app: str, stage: Stage) -> None:
    why_not = not_again(stage.name)
    if stage.name in {"intake", "matches"}:
        assert why_not is None
    elif stage.name in {"deconfliction", "meetings"}:
        assert why_not is not None
        assert "something newer may stand" in why_not
    else:
        assert why_not is not None
        assert f"ric replay --state {app}" in why_not
