"""On a host whose own time zones are of before March 2024, Almaty is UTC+5 in every process of ours (DOMAIN.md: tzdata is pinned)."""

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest


@pytest.fixture
def old_zones(tmp_path: Path) -> Path:
    """Zones of a host where Almaty is UTC+6 still: the file is Omsk's."""
    (tmp_path / "Asia").mkdir()
    (tmp_path / "Asia" / "Almaty").write_bytes((files("tzdata.zoneinfo.Asia") / "Omsk").read_bytes())
    return tmp_path


def _says(program: str, zones: Path) -> str:
    environment = os.environ | {"PYTHONTZPATH": str(zones)}
    return subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True).stdout.strip()


def test_the_hours_of_a_desk_are_of_the_package_and_not_of_the_host(old_zones: Path) -> None:
    there = "from datetime import UTC, datetime; offset = datetime(2026, 3, 18, tzinfo=UTC).astimezone(zone('Asia/Almaty')).strftime('%z')"
    assert _says(f"from zoneinfo import ZoneInfo as zone; {there}; print(offset)", old_zones) == "+0600"
    assert _says(f"from streams.planning.hours import zone; {there}; print(offset)", old_zones) == "+0500"


def test_the_language_alone_touches_nobodys_zones(old_zones: Path) -> None:
    assert _says("import schemas, zoneinfo; print(*zoneinfo.TZPATH)", old_zones) == str(old_zones)


def test_the_doctor_takes_the_host_as_it_is_and_fails_where_almaty_is_an_hour_off(old_zones: Path) -> None:
    look = "from streams.local import doctor; from streams.settings import Settings; found = doctor.clock(Settings())"
    told = "print(found.status, '|', found.found, '|', found.mend)"
    sound = _says(f"{look}; {told}", old_zones)
    assert sound.startswith("ok |")
    assert "Almaty +0500" in sound
    ill = _says(f"import streams, zoneinfo; zoneinfo.reset_tzpath([{str(old_zones)!r}]); {look}; {told}", old_zones)
    assert ill.startswith("fail |")
    assert "+0600" in ill
    assert "pip install --upgrade" in ill
