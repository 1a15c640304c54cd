"""The command as people and programs meet it."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from streams.cli.connection import answer
from streams.cli.failures import MEANINGS, Exit, Failure
from streams.cli.manual import documentation
from streams.cli.watching import read_events

ROOT = Path(__file__).parents[3]
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("RIC_")}
CSV = "Дата;Вещество;Количество\n12.03.2024;героин;1,5\n13.03.2024;опий;много\n"
MAPPING = """
about: Test
agency: TJ-DCA
source: {decimal: ","}
issued: 2024-04-01T00:00:00+05:00
handling: {tlp: AMBER, evaluation: {scheme: 4x4, source: A, information: "1"}}
fields:
  occurred: {column: Дата, date: DD.MM.YYYY}
  place.country: {value: TJ}
  substances[0].name: Вещество
  substances[0].quantity.amount: {column: Количество, number: true}
"""


def ric(tmp_path, *words, stdin="", **variables):
    command = [sys.executable, "-m", "streams.cli.main", *words]
    environment = PLAIN | {"RIC_DATA_DIR": str(tmp_path / "data"), "PYTHONWARNINGS": "error"} | variables
    return subprocess.run(command, input=stdin, capture_output=True, text=True, env=environment, cwd=ROOT, check=False)


@pytest.fixture
def files(tmp_path):
    (tmp_path / "f.csv").write_text(CSV, encoding="cp1251")
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    return str(tmp_path / "f.csv"), str(tmp_path / "m.yaml")


def test_the_manual_is_up_to_date():
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8") == documentation(), "run python -m streams.cli.manual > docs/cli.md"
    assert set(MEANINGS) == set(Exit)


def test_help_is_quick_to_import_and_an_agency_needs_no_server_parts(tmp_path):
    heavy = ("faust", "aiokafka", "psycopg", "fastapi", "streams.gateway", "streams.local", "streams.store", "joserfc")
    code = (
        "import sys; from streams.cli.main import app; from typer.main import get_command\n"
        "assert not {'httpx', 'pydantic', 'yaml', 'rich.table'} & set(sys.modules), 'help pays for more than typer'\n"
        "import streams.cli.publishing, streams.cli.watching, streams.cli.connection, streams.cli.outbox, streams.cli.examining\n"
        "import streams.cli.importing.upload, streams.cli.importing.preview, streams.cli.importing.suggest, streams.cli.importing.reading\n"
        f"found = [name for name in {heavy!r} if name in sys.modules]; assert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr


VERBS = ["publish", "import", "watch", "search", "receipts", "up", "token", "topics", "rebuild", "replay", "topology", "doctor"]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_without_colours_when_piped(tmp_path, verb):
    done = ric(tmp_path, verb, "--help")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout


def test_unknown_words_and_missing_ones_are_usage(tmp_path):
    assert ric(tmp_path, "imprt").returncode == Exit.USAGE
    assert ric(tmp_path, "import", "x.csv").returncode == Exit.USAGE
    assert ric(tmp_path, "publish").returncode == Exit.USAGE
    assert ric(tmp_path, "replay").returncode == Exit.USAGE


def test_without_a_centre_it_says_what_to_do(tmp_path):
    done = ric(tmp_path, "search", "x")
    assert done.returncode == Exit.UNREACHABLE
    assert "ric up" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_topology_says_where_kafka_is_not(tmp_path):
    done = ric(tmp_path, "topology", RIC_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")
    assert (done.returncode, done.stdout) == (Exit.UNREACHABLE, "")
    assert "Kafka cannot be reached" in done.stderr
    assert "127.0.0.1" in done.stderr
    done = ric(tmp_path, "topology")
    assert done.returncode == Exit.UNREACHABLE
    assert "ric up" in done.stderr


def test_a_token_never_goes_in_clear_over_a_network(tmp_path):
    done = ric(tmp_path, "search", "x", "--url", "http://centre.example", RIC_TOKEN="secret")
    assert done.returncode == Exit.USAGE
    assert "https" in done.stderr
    assert "secret" not in done.stderr + done.stdout


def test_a_wrong_setting_names_its_variable(tmp_path):
    done = ric(tmp_path, "search", "x", RIC_PORT="high")
    assert done.returncode == Exit.USAGE
    assert "RIC_PORT" in done.stderr


def test_preview_shows_every_row_and_the_reason_of_the_bad_one(tmp_path, files):
    done = ric(tmp_path, "import", files[0], "--mapping", files[1], "--preview")
    assert done.returncode == Exit.REFUSED
    assert "cp1251" in done.stdout
    assert "substances[0].quantity.amount 1.5" in done.stdout
    assert "column Количество" in done.stdout
    assert "“много” is not a number" in done.stdout
    assert "2 rows: 1 good, 1 to be refused" in done.stdout
    lines = [json.loads(line) for line in ric(tmp_path, "import", files[0], "-m", files[1], "--preview", "--json").stdout.splitlines()]
    assert [line["row"] for line in lines] == [2, 3]
    assert lines[1]["problems"][0]["column"] == "Количество"


def test_a_file_may_come_on_standard_input_and_be_drafted(tmp_path):
    done = ric(tmp_path, "import", "-", "--suggest", stdin=CSV)
    assert done.returncode == Exit.DONE
    assert 'date: "DD.MM.YYYY"' in done.stdout
    assert json.loads(ric(tmp_path, "import", "-", "--suggest", "--json", stdin=CSV).stdout)["mapping"] == done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--mapping", "MAPPING", "--agency", "UZ-SCC"), "files of TJ-DCA"),
        (("--mapping", "nothing"), "us-stride"),
        ((), "--suggest"),
        (("--mapping", "us-stride"), "no column month, state"),
    ],
)
def test_imports_that_cannot_begin_say_why(tmp_path, files, words, said):
    given = [files[1] if word == "MAPPING" else word for word in words]
    done = ric(tmp_path, "import", files[0], *given, "--preview")
    assert done.returncode == Exit.USAGE
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_token_is_printed_or_kept_for_this_user(tmp_path):
    done = ric(tmp_path, "token", "--person", "n.rahimov", "--agency", "TJ-DCA")
    assert done.returncode == 0
    assert done.stdout.count(".") == 2
    out = tmp_path / "t"
    done = ric(tmp_path, "token", "--out", str(out))
    assert (done.returncode, done.stdout) == (0, "")
    assert out.stat().st_mode & 0o777 == 0o600
    assert ric(tmp_path, "token", "--agency", "tajik").returncode == Exit.USAGE
    done = ric(tmp_path, "token", "--agency", "TJ-DCA", "--role", "coordinator")
    assert (done.returncode, done.stdout) == (Exit.USAGE, "")
    assert "role of the centre" in done.stderr


@pytest.mark.parametrize(("agency", "country"), [("TJ-DCA", "TJ"), ("SELEC", ""), ("CARICC", ""), ("ZZ-NEW", "")])
def test_a_tokens_country_is_the_directorys(tmp_path, agency, country):
    token = json.loads(ric(tmp_path, "token", "--agency", agency, "--json").stdout)["token"]
    body = token.split(".")[1]
    assert json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["country"] == country


def test_a_refusal_names_the_parameters():
    problems = [{"field": "query.from", "reason": "Input should have timezone info"}]
    with pytest.raises(Failure, match="from: Input should have timezone info"):
        answer(httpx.Response(422, json={"detail": "A parameter is not as /docs says: see problems.", "problems": problems}))


def test_events_of_a_stream():
    text = 'id: c1\nevent: report\ndata: {"id":\ndata: 1}\n\nid: c2\n: 2026-03-18T04:30:00Z\n\nevent: gap\ndata: {}\n\n'
    text += 'id: c9\nevent: report\ndata: {"cut'
    events = [(event.name, event.data, event.cursor) for event in read_events(text.split("\n"))]
    assert events == [("report", {"id": 1}, "c1"), ("", None, "c2"), ("gap", {}, None)]
