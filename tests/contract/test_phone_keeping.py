"""What was shown on an officer's phone has a limit of age. The page's own code decides, in Node (tests/contract/forms/keeping.ts)."""

from pathlib import Path
from typing import Any

import pytest

from tests.contract.pages import printed


@pytest.fixture(scope="module")
def decided(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What tests/contract/forms/keeping.ts prints."""
    return printed("keeping", tmp_path_factory.mktemp("keeping"))


def test_a_board_goes_when_it_is_too_old_by_either_clock_or_the_session_is_over(decided: dict[str, Any]) -> None:
    assert decided["lapsed"] == {
        "fresh": False,
        "at_the_limit": False,
        "past_it": True,
        "device_slept": True,
        "clock_set_back": True,
        "session_over": True,
    }


def test_nothing_is_kept_of_a_delivery_that_is_not_under_way(decided: dict[str, Any]) -> None:
    under_way = {name for name, kept in decided["under_way"].items() if kept}
    assert under_way == {"requested", "running"}


def test_the_limit_that_is_written_down_is_the_limit(decided: dict[str, Any]) -> None:
    told = (Path(__file__).parents[2] / "docs/screens.md").read_text()
    assert f"**{decided['hours']} hours**" in told
