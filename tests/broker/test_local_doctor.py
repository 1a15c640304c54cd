"""The doctor finds a good set-up good, and says of a bad one what to do."""

import asyncio
import socket
from pathlib import Path

import pytest

from streams import topics
from streams.clock import Clock
from streams.local import doctor
from streams.local.process import free_port, owned
from streams.settings import Settings
from streams.store.migrations import migrate
from tests.conftest import MakeSettings
from tests.system import PATIENT_S


def _by_name(results: list[doctor.Result]) -> dict[str, doctor.Result]:
    return {result.name: result for result in results}


async def test_a_sound_set_up_has_no_failure_and_names_what_is_due(
    kafka: str, postgres_url: str, space: str, settings_for_tests: MakeSettings
) -> None:
    settings = settings_for_tests(kafka=kafka, postgres=postgres_url, space=space)
    before = _by_name(await asyncio.to_thread(doctor.examine, settings))
    assert {before["broker"].status, before["database"].status} == {"warn"}
    assert "topics apply" in before["broker"].mend
    await topics.apply(settings)
    await asyncio.to_thread(migrate, postgres_url, space)
    after = _by_name(await asyncio.to_thread(doctor.examine, settings))
    assert (after["broker"].status, after["promptness"].status, after["database"].status) == ("ok", "ok", "ok")
    assert [result for result in after.values() if result.status == "fail"] == []


async def test_a_setting_of_the_broker_that_makes_workers_wait_is_named_with_what_it_should_be(
    kafka: str, settings_for_tests: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(doctor.PROMPT, "group.initial.rebalance.delay.ms", ("7", "each app waits"))
    found = await asyncio.to_thread(doctor.promptness, settings_for_tests(kafka=kafka))
    assert found.status == "warn"
    assert "is 0: each app waits" in found.found
    assert "group.initial.rebalance.delay.ms=7 on every broker" in found.mend


async def test_a_clock_that_runs_is_seen_and_one_that_does_not_is_missed(kafka: str, space: str, settings_for_tests: MakeSettings) -> None:
    settings = settings_for_tests(kafka=kafka, space=space)
    await topics.apply(settings)
    missing = await asyncio.to_thread(doctor.timers, settings)
    assert missing.status == "warn"
    assert "streams.clock" in missing.mend
    clock = Clock(settings)
    async with asyncio.timeout(PATIENT_S), asyncio.TaskGroup() as group:
        group.create_task(clock.run())
        while (await asyncio.to_thread(doctor.timers, settings)).status != "ok":
            await asyncio.sleep(0.05)
        clock.stop()


def test_the_servers_of_this_machine_are_tried(tmp_path: Path) -> None:
    found = _by_name(doctor.examine(Settings(data_dir=tmp_path, kafka_bootstrap_servers=None, database_url=None)))
    assert (found["Java"].status, found["PostgreSQL"].status) == ("ok", "ok")
    assert found["PostgreSQL"].found.startswith("postgres (PostgreSQL)")


def test_each_fault_is_named_with_its_mend(tmp_path: Path, settings_for_tests: MakeSettings) -> None:
    with socket.create_server(("127.0.0.1", free_port())) as other:
        settings = settings_for_tests(
            kafka=f"127.0.0.1:{free_port()}",
            postgres=f"postgresql://nobody@127.0.0.1:{free_port()}/none",
            port=other.getsockname()[1],
        )
        found = _by_name(doctor.examine(settings))
    for name in ("broker", "database", "port"):
        assert (found[name].status, bool(found[name].mend)) == ("fail", True), found[name]


def test_a_data_folder_in_use_is_told(settings_for_tests: MakeSettings) -> None:
    settings = settings_for_tests()
    with owned(settings.data_dir):
        assert "running `ric up`" in doctor.data_folder(settings).found
    assert "running `ric up`" not in doctor.data_folder(settings).found


def test_the_servers_that_run_are_asked_and_not_only_named(tmp_path: Path, settings_for_tests: MakeSettings) -> None:
    alone = Settings(data_dir=tmp_path, kafka_bootstrap_servers=None, database_url=None)
    dead = settings_for_tests(kafka=f"127.0.0.1:{free_port()}", postgres=f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    found = _by_name(doctor.examine(alone, dead))
    assert (found["broker"].status, found["database"].status) == ("fail", "fail")
    assert found["PostgreSQL"].found.startswith("postgres (PostgreSQL)")


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path, settings_for_tests: MakeSettings) -> None:
    (tmp_path / "file").write_text("")
    result = doctor.data_folder(settings_for_tests(data_dir=tmp_path / "file" / "data"))
    assert result.status == "fail"
    assert "RIC_DATA_DIR" in result.mend
