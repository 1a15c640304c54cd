"""`ric plan`: the exercise's case as people and programs see its plan."""

import json
from pathlib import Path

import pytest

from streams.cli.failures import Exit
from streams.cli.main import main

CASE = Path(__file__).parents[3] / "streams" / "planning" / "data" / "exercise_request.json"
NOW = "2026-11-22T09:00:00+05:00"


def ric(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        main(["plan", *map(str, words)])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


def case(tmp_path, **changes):
    path = tmp_path / "case.json"
    path.write_text(json.dumps(json.loads(CASE.read_text(encoding="utf-8")) | changes), encoding="utf-8")
    return path


def test_the_plan_of_the_exercise_names_everybody_and_stops_where_consent_ends(capsys):
    code, out, err = ric(capsys, CASE, "--at", NOW, "--consented", 1)
    assert code == Exit.DONE
    assert [line.split("\t")[3] for line in out.splitlines()[1:6]] == ["TJ-DCA", "KG-DCS", "KZ-DCC", "KZ-CUS", "RU-GUKON"]
    assert "2026-11-23 16:00 UTC+06:00 (Asia/Bishkek)" in out
    assert "HARD STOP: Karamyk, on the soil of TJ" in err
    assert err.splitlines()[-1] == "EXERCISE. Nothing blocks."


def test_a_refused_leg_ends_with_code_1_and_alternatives_as_json(capsys):
    code, out, _ = ric(capsys, CASE, "--at", NOW, "--consented", 1, "--refused", 2, "--json")
    plan = json.loads(out)
    assert (code, plan["clear"], plan["hard_stop"]["after_leg"]) == (Exit.REFUSED, False, 1)
    assert [each["kind"] for each in plan["alternatives"]] == ["other_route", "stop_and_seize"]


def test_the_forms_of_every_authority_are_written_in_both_languages_for_the_writer_alone(capsys, tmp_path):
    _, out, _ = ric(capsys, CASE, "--at", NOW, "--forms", tmp_path / "forms", "--json")
    written = [Path(path) for path in json.loads(out)["forms"]]
    assert len(written) == 4 * 2 * 2 * 2
    starts = {".pdf": b"%PDF", ".docx": b"PK"}
    assert all(path.read_bytes().startswith(starts[path.suffix]) and path.stat().st_mode & 0o077 == 0 for path in written)


def test_no_form_of_a_red_case_is_written_for_somebody_who_is_not_named(capsys, tmp_path):
    handling = json.loads(CASE.read_text(encoding="utf-8"))["handling"] | {"recipients": ["KG-DCS"]}
    code, _, err = ric(capsys, case(tmp_path, handling=handling), "--at", NOW, "--forms", tmp_path / "forms")
    assert (code, "KZ-DCC is not among handling.recipients" in err) == (Exit.USAGE, True)
    assert not (tmp_path / "forms").exists()


def test_legs_out_of_order_are_refused_by_field(capsys, tmp_path):
    legs = json.loads(CASE.read_text(encoding="utf-8"))["legs"]
    code, _, err = ric(capsys, case(tmp_path, legs=[legs[1] | {"number": 1}, legs[0] | {"number": 2}]), "--at", NOW)
    assert code == Exit.USAGE
    assert "legs[1].entry_planned: it enters before leg 1 is left" in err


def test_a_real_case_is_never_planned_with_the_fictional_directory(capsys, tmp_path):
    code, _, err = ric(capsys, case(tmp_path, exercise=False), "--at", NOW)
    assert (code, "--directory FILE" in err) == (Exit.USAGE, True)
    fictional = CASE.parent / "exercise_directory.json"
    code, _, err = ric(capsys, case(tmp_path, exercise=False), "--at", NOW, "--directory", fictional)
    assert (code, "must both be real" in err) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    ("words", "said"), [(("--at", "yesterday"), "no time with an offset"), (("--consented", "9"), "there is no leg 9")]
)
def test_what_is_wrong_with_an_option_is_said(capsys, words, said):
    code, _, err = ric(capsys, CASE, *words)
    assert (code, said in err) == (Exit.USAGE, True)


def test_a_wrong_file_is_said_by_its_fields(capsys, tmp_path):
    code, _, err = ric(capsys, case(tmp_path, delivery_ref="", colour="red"), "--at", NOW)
    assert code == Exit.USAGE
    assert "delivery_ref" in err
    assert "colour" in err
