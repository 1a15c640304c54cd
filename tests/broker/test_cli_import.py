"""`ric import`, `publish`, `receipts`, `search`, `replay`, `topics` against the whole centre on real parts."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from streams.cli.failures import Exit
from tests.conftest import require
from tests.examples import SEIZURE
from tests.system import PATIENT_S, System, ending, wait_until

ROOT = Path(__file__).parents[2]
DATA = ROOT.parent / "shared" / "data" / "seizures"
FILES = {
    "brazil-federal-police": ("brazil-federal-police-ports-airports-2013-2023.csv", 6089),
    "colombia-police": ("colombia-police-2018.json", 1000),
    "us-stride": ("us-stride-cocaine-2007.csv", 3380),
}
MAPPING = """
about: An invented file
agency: TJ-DCA
issued: 2024-04-01T00:00:00+05:00
handling: {tlp: AMBER, evaluation: {scheme: 4x4, source: A, information: "1"}}
source: {decimal: ","}
skip_when: [{column: Дата, is_one_of: [итого]}]
fields:
  occurred: {column: Дата, date: DD.MM.YYYY, required: true}
  place.country: {value: TJ}
  place.crossing: Пункт
  substances[0].name: {column: Вещество, required: true}
  substances[0].quantity.amount: {column: Количество, number: true}
  substances[0].quantity.unit: {value: кг, only_with: "substances[0].quantity.amount"}
"""
HEADER = "Дата;Пункт;Вещество;Количество\n"


@pytest.fixture(scope="module")
async def centre(kafka, postgres_url, tmp_path_factory):
    system = System(kafka, postgres_url, "cli-test", tmp_path_factory.mktemp("centre"))
    with ending(system):
        await system.install()
        system.start("worker", "projector", "gateway")
        system.wait_ready()
        yield system


def ric(system, *words, stdin="", agency=None):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RIC_")}
    environment |= {
        "RIC_DATA_DIR": str(system.data_dir),
        "RIC_PORT": str(system.port),
        "RIC_SPACE": system.space,
        "RIC_KAFKA_BOOTSTRAP_SERVERS": system.kafka,
        "RIC_DATABASE_URL": system.database,
    }
    if agency:
        environment |= {"RIC_URL": system.url, "RIC_TOKEN": system.token(agency)}
    command = [sys.executable, "-m", "streams.cli.main", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, cwd=ROOT, check=False, timeout=PATIENT_S)


def imported(system, *words, code=None):
    done = ric(system, "import", *words, "--json")
    assert done.stdout, done.stderr
    if code is not None:
        assert done.returncode == code, done.stderr
    summary = json.loads(done.stdout)
    assert summary["adds_up"]
    assert summary["pending"] == 0
    return summary


def counts(summary):
    return {name: summary[name] for name in ("read", "accepted", "duplicate", "rejected", "skipped")}


@pytest.mark.parametrize("name", FILES)
def test_a_real_file_comes_in_whole_and_a_second_time_changes_nothing(centre, name):
    file, rows = FILES[name]
    require((DATA / file).is_file(), f"shared data {file}")
    first = imported(centre, str(DATA / file), "--mapping", name, code=Exit.DONE)
    print(f"{name}: {first['seconds']:.1f} s, {rows / first['seconds']:.0f} rows/s")
    assert counts(first) == {"read": rows, "accepted": rows, "duplicate": 0, "rejected": 0, "skipped": 0}
    again = imported(centre, str(DATA / file), "--mapping", name, code=Exit.DONE)
    assert counts(again) == {"read": rows, "accepted": 0, "duplicate": rows, "rejected": 0, "skipped": 0}
    agency = {"brazil-federal-police": "BR-PF", "colombia-police": "CO-PONAL", "us-stride": "US-DEA"}[name]
    query = f"SELECT count(*), count(DISTINCT report_id), max(revision) FROM reports WHERE originator = '{agency}'"
    wait_until(lambda: centre.rows(query)[0][0] == rows, "the store has every report")
    assert centre.rows(query) == [(rows, rows, 1)]


def test_every_row_ends_as_a_report_or_as_a_dead_letter_with_its_reason(centre, tmp_path):
    (tmp_path / "m.yaml").write_text(MAPPING)
    rows = [
        "12.03.2024;Панджи Поён;героин;1,5",
        "12.03.2024;Панджи Поён;героин;1,5",
        "31.02.2024;Ишкашим;опий;2",
        "14.03.2024;Ишкашим;;3",
        "15.03.2024;Ишкашим;гашиш;много",
        "12.03.2099;Ишкашим;гашиш;1",
        "ИТОГО;;;8",
    ]
    (tmp_path / "f.csv").write_text(HEADER + "\n".join(rows), encoding="cp1251")
    words = (str(tmp_path / "f.csv"), "--mapping", str(tmp_path / "m.yaml"))
    summary = imported(centre, *words, code=Exit.REFUSED)
    assert counts(summary) == {"read": 7, "accepted": 2, "duplicate": 0, "rejected": 4, "skipped": 1}
    mine = {reason["field"]: reason["rows"] for reason in summary["reasons"] if reason["column"]}
    assert mine == {"occurred": [4], "substances[0].name": [5], "substances[0].quantity.amount": [6]}
    assert [reason["rows"] for reason in summary["reasons"] if not reason["column"]] == [[7]], "only the centre knows its clock"

    def letters():
        with centre.client("TJ-DCA") as client:
            return client.get("/v1/rejected", params={"limit": 100}).json()["items"]

    wait_until(lambda: len(letters()) == 4, "four dead letters")
    again = imported(centre, *words)
    assert counts(again) == {"read": 7, "accepted": 0, "duplicate": 2, "rejected": 4, "skipped": 1}


def test_an_interrupted_import_is_completed_by_importing_again(centre, tmp_path):
    (tmp_path / "m.yaml").write_text(MAPPING)
    whole = [f"{1 + n % 28:02}.03.2023;Пункт {n};героин;{n},25" for n in range(60)]
    (tmp_path / "part.csv").write_text(HEADER + "\n".join(whole[:25]))
    (tmp_path / "whole.csv").write_text(HEADER + "\n".join(whole))
    mapping = ("--mapping", str(tmp_path / "m.yaml"))
    assert counts(imported(centre, str(tmp_path / "part.csv"), *mapping))["accepted"] == 25
    rest = counts(imported(centre, str(tmp_path / "whole.csv"), *mapping))
    assert (rest["accepted"], rest["duplicate"]) == (35, 25)


def test_publish_then_its_receipt_then_found(centre):
    report = {**SEIZURE, "report_id": "CLI-1", "revision": 1}
    done = ric(centre, "publish", "-", "--json", "--agency", "TJ-DCA", stdin=json.dumps(report))
    assert done.returncode == Exit.DONE, done.stderr
    (receipt,) = json.loads(done.stdout)["receipts"]
    assert receipt["status"] == "accepted"
    shown = ric(centre, "receipts", receipt["id"], "--json", agency="TJ-DCA")
    assert json.loads(shown.stdout)["items"][0]["report_id"] == "CLI-1"
    assert ric(centre, "receipts", receipt["id"], agency="UZ-SCC").returncode == Exit.USAGE, "another agency's receipt is missing to it"
    listed = json.loads(ric(centre, "receipts", "--status", "accepted", "--json", "--limit", "3", agency="TJ-DCA").stdout)
    assert len(listed["items"]) == 3
    again = ric(centre, "publish", "-", "--agency", "TJ-DCA", stdin=json.dumps(report))
    assert (again.returncode, again.stdout.split("\t")[0]) == (Exit.DONE, "duplicate")
    conflict = ric(centre, "publish", "-", "--agency", "TJ-DCA", stdin=json.dumps({**report, "title": "other"}))
    assert conflict.returncode == Exit.REFUSED
    assert "revision" in conflict.stderr

    def found():
        answer = ric(centre, "search", "тайнике", "--json", agency="TJ-DCA")
        return [item for item in json.loads(answer.stdout)["items"] if item["report_id"] == "CLI-1"]

    wait_until(found, "search finds it")
    piped = ric(centre, "search", "тайнике", agency="TJ-DCA")
    assert piped.stdout.splitlines()[0].split("\t")[0] == "occurred"
    assert "\x1b" not in piped.stdout + piped.stderr


def test_watch_shows_what_was_published_and_goes_on_where_it_was(centre):
    def watch(*words):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("RIC_")}
        environment |= {"RIC_URL": centre.url, "RIC_TOKEN": centre.token("TJ-DCA"), "RIC_DATA_DIR": str(centre.data_dir)}
        command = [sys.executable, "-u", "-m", "streams.cli.main", "watch", "own", "--json", *words]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT)

    with watch() as process:
        assert process.stderr.readline() == "live\n"
        centre.publish([{**SEIZURE, "report_id": "W-1"}], agency="TJ-DCA")
        first = json.loads(process.stdout.readline())
        assert (first["event"], first["data"]["report_id"]) == ("report", "W-1")
        process.send_signal(2)
        assert process.wait(60) == Exit.INTERRUPTED
        assert "Traceback" not in process.stderr.read()
    centre.publish([{**SEIZURE, "report_id": "W-2"}], agency="TJ-DCA")
    with watch("--since", first["id"]) as process:
        assert json.loads(process.stdout.readline())["data"]["report_id"] == "W-2"
        process.send_signal(2)
        process.wait(60)


def test_dead_letters_are_shown_and_only_with_apply_sent_again(centre):
    receipts = centre.publish([{**SEIZURE, "report_id": "R-1"}, {**SEIZURE, "report_id": "R-2", "narative": "x"}], agency="TJ-DCA")
    assert receipts[1]["status"] == "rejected"

    def letters():
        done = ric(centre, "replay", "--from", "2026-01-01", "--json")
        assert done.stdout, done.stderr
        return [each for each in json.loads(done.stdout)["letters"] if "narative" in each["reason"]]

    (letter,) = wait_until(letters, "the dead letter")
    assert letter["why_not"] is None
    done = ric(centre, "replay", letter["letter"], "--apply", "--json")
    assert json.loads(done.stdout)["sent"] == 1
    # It is as wrong as before, so that it comes back as a letter of its own, with its sender.
    both = wait_until(lambda: len(found := letters()) == 2 and found, "the second letter")
    assert {each["agency"] for each in both} == {"TJ-DCA"}
    assert len({each["origin"] for each in both}) == 2
    assert ric(centre, "replay", "nothing").returncode == Exit.USAGE


def test_topics_are_as_declared(centre):
    done = ric(centre, "topics", "plan", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (Exit.DONE, {"changes": []})
    assert ric(centre, "topics", "apply").returncode == Exit.DONE


def test_doctor_sees_the_centre_and_the_token(centre):
    done = ric(centre, "doctor", "--json", agency="TJ-DCA")
    found = {each["name"]: each for each in json.loads(done.stdout)["results"]}
    assert found["centre"]["status"] == "ok"
    assert "n.rahimov of TJ-DCA" in found["token"]["found"]
    assert Counter(each["status"] for each in found.values())["ok"] >= 4
