"""The reference data, loaded once, and the folder of public data that facts are checked against."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.reference.load import Reference, load
from tests.conftest import require

SHARED = Path(__file__).parents[4] / "shared" / "data"


@pytest.fixture(scope="session")
def ref() -> Reference:
    return load()


@pytest.fixture(scope="session")
def shared() -> Callable[..., Any]:
    """One file of the shared data: rows of a CSV file, or what JSON and YAML hold; a skip where it is absent."""

    def rows(name: str, delimiter: str = ",") -> Any:
        path = SHARED / name
        require(path.exists(), f"the shared data file {name}")
        if path.suffix == ".yml":
            return yaml.safe_load(path.read_text(encoding="utf-8"))
        if path.suffix == ".json":
            return json.loads(path.read_text(encoding="utf-8"))
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter=delimiter))

    return rows
