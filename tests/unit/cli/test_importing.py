"""A row becomes a report, or one that is refused for its real reason; mappings are checked; drafts can be used."""

import json

import pytest
from pydantic import ValidationError

from schemas.problems import problems
from schemas.reports import read_report
from streams.cli.importing.mapping import MappingError, find_mapping, read_mapping
from streams.cli.importing.reading import open_table
from streams.cli.importing.rows import UNREADABLE, Ordinals, convert, convert_rows
from streams.cli.importing.source import Source
from streams.cli.importing.suggest import draft
from streams.cli.importing.table import RAW, Row

HEAD = """
about: Seizures of a test
agency: TJ-DCA
source: {decimal: ","}
issued: 2024-04-01T00:00:00+05:00
handling:
  tlp: AMBER
  evaluation: {scheme: 4x4, source: A, information: "1"}
"""
FIELDS = """
fields:
  occurred: {column: Дата, date: DD.MM.YYYY, required: true}
  place.country: {value: TJ}
  place.crossing: Пункт
  place.kind: {column: Вид, values: {кпп: border_crossing, рынок: market}}
  substances[0].name: {column: Вещество, required: true}
  substances[0].quantity.amount: {column: Количество, number: true}
  substances[0].quantity.unit: {column: Ед, only_with: "substances[0].quantity.amount"}
  arrests: {column: Задержано, number: true}
"""
MAPPING = read_mapping(HEAD + FIELDS)
GOOD = {
    "Дата": "12.03.2024",
    "Пункт": "Панджи Поён",
    "Вид": "КПП",
    "Вещество": "героин",
    "Количество": "1,50",
    "Ед": "кг",
    "Задержано": "2",
    "№": "7",
}


def row(number=2, **changes):
    return Row(number, GOOD | changes)


def convert_one(given, mapping=MAPPING):
    return convert(given, mapping, "TJ-DCA", Ordinals())


def refusal(converted):
    with pytest.raises(ValidationError) as caught:
        read_report(converted.body)
    return {problem.field for problem in problems(caught.value)}


def test_a_good_row_says_what_the_officer_wrote():
    converted = convert_one(row())
    assert not converted.problems
    report = json.loads(converted.body)
    assert report["occurred"] == "2024-03-12"
    assert report["place"] == {"country": "TJ", "crossing": "Панджи Поён", "kind": "border_crossing"}
    assert report["substances"] == [{"name": "героин", "quantity": {"amount": "1.50", "unit": "кг"}}]
    assert report["arrests"] == 2
    assert report["handling"]["originator"] == "TJ-DCA"
    assert report["narrative"] == "Вид: КПП\n№: 7", "what no field carries whole stays, as written"


@pytest.mark.parametrize(
    ("changes", "column", "field"),
    [
        ({"Дата": "31.02.2024"}, "Дата", "occurred"),
        ({"Дата": "2024"}, "Дата", "occurred"),
        ({"Дата": ""}, "Дата", "occurred"),
        ({"Дата": "12.03.1924"}, "Дата", "occurred"),
        ({"Вещество": "-"}, "Вещество", "substances[0].name"),
        ({"Количество": "1.2"}, "Количество", "substances[0].quantity.amount"),
        ({"Количество": "около 5"}, "Количество", "substances[0].quantity.amount"),
        ({"Количество": "-3"}, "Количество", "substances[0].quantity.amount"),
        ({"Вид": "баня"}, "Вид", "place.kind"),
        ({"Задержано": "двое"}, "Задержано", "arrests"),
        ({"Задержано": "2,5"}, "Задержано", "arrests"),
    ],
)
def test_what_cannot_be_read_is_sent_so_that_the_centre_refuses_that_field(changes, column, field):
    converted = convert_one(row(**changes))
    assert [(problem.column, problem.field) for problem in converted.problems] == [(column, field)]
    assert converted.problems[0].mend
    assert refusal(converted) == {field}
    for value in changes.values():
        assert value in converted.body.decode() or value in ("2,5", "12.03.1924"), "the dead letter holds what the agency wrote"


def test_a_blank_amount_is_no_quantity_and_its_unit_is_kept():
    report = json.loads(convert_one(row(Количество="")).body)
    assert "quantity" not in report["substances"][0]
    assert "Ед: кг" in report["narrative"]


def test_an_optional_value_may_be_left_out_and_stays_in_the_narrative():
    mapping = read_mapping(
        (HEAD + FIELDS).replace(
            "arrests: {column: Задержано, number: true}", "arrests: {column: Задержано, number: true, unreadable: leave_out}"
        )
    )
    converted = convert_one(row(Задержано="двое"), mapping)
    assert not converted.problems
    assert "Задержано: двое" in converted.report["narrative"]
    assert any("Задержано" in warning for warning in converted.warnings)


def test_a_row_that_is_no_row_is_refused_and_kept():
    converted = convert_one(Row(3, {RAW: '{"a":'}, unreadable="the line is not JSON: write one object a line"))
    assert converted.problems[0].reason == "the line is not JSON"
    assert "occurred" in refusal(converted)
    assert '{"a":' in json.loads(converted.body)["narrative"]


def test_the_same_row_is_the_same_report_and_two_identical_rows_are_two():
    rows = [row(2), row(3), row(4, Пункт="Ишкашим"), row(5)]
    first = [each.report_id for each in convert_rows(rows, MAPPING, "TJ-DCA")]
    assert len(set(first)) == 4
    assert [each.report_id for each in convert_rows(rows, MAPPING, "TJ-DCA")] == first
    turned = [Row(9, dict(reversed(GOOD.items())))]
    assert [each.report_id for each in convert_rows(turned, MAPPING, "TJ-DCA")] == first[:1], "the order of columns does not count"


def test_the_agencys_own_number_is_kept_or_made_fit():
    mapping = read_mapping(HEAD + "report_id: {columns: [№], prefix: dca-}" + FIELDS)
    assert convert_one(row(**{"№": "2024/117"}), mapping).report_id == "dca-2024/117"
    odd = {convert_one(row(**{"№": text}), mapping).report_id for text in ("УД 12/24", "КУСП 12/24", "УД 12-24", "№" * 80)}
    assert len(odd) == 4, "numbers that differ only in what an id cannot hold stay apart"
    kept = convert_one(row(**{"№": "УД 12/24"}), mapping)
    assert "№: УД 12/24" in kept.report["narrative"]
    assert not kept.problems


def test_totals_and_repeated_headers_are_skipped_and_counted():
    mapping = read_mapping(HEAD + "skip_when: [{column: Дата, is_one_of: [итого, дата]}, {column: Вещество, matches: 'Всего.*'}]" + FIELDS)
    rows = [row(), row(Дата="ИТОГО"), row(Вещество="Всего за март")]
    assert [each is None for each in convert_rows(rows, mapping, "TJ-DCA")] == [False, True, True]


@pytest.mark.parametrize(
    ("rule", "value", "read"),
    [
        ("{first_of: [Пусто, Пункт]}", "Панджи Поён", "Панджи Поён"),
        ("{template: '{Пункт} ({№})'}", "Панджи Поён", "Панджи Поён (7)"),
        ("{column: Пункт, split: ', ', part: 2}", "Таджикистан, Ишкашим", "Ишкашим"),
        ("{column: Пункт, match: 'КПП (.+)'}", "КПП Ишкашим", "Ишкашим"),
        ("{column: Пункт, values: {ПП: Панджи Поён}, other: leave_out}", "пп", "Панджи Поён"),
        ("{column: Пункт, values: {ПП: Панджи Поён}, other: leave_out}", "неизвестно", None),
    ],
)
def test_transforms(rule, value, read):
    mapping = read_mapping(HEAD + FIELDS.replace("place.crossing: Пункт", f"place.crossing: {rule}"))
    converted = convert_one(row(Пункт=value), mapping)
    assert not converted.problems
    assert converted.report["place"].get("crossing") == read
    assert value in converted.body.decode(), "the original word is never lost"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("place.crossing: Пункт", "place.crosing: Пункт"), "did you mean place.crossing"),
        (("date: DD.MM.YYYY", "date: DD.MM"), "say year"),
        (("date: DD.MM.YYYY", "date: DD.MM.YYYY HH:mm"), "zone"),
        (("date: DD.MM.YYYY", "date: день"), "none of YYYY"),
        (("{column: Вид,", "{column: Вид, first_of: [Вид],"), "one of column"),
        (('only_with: "substances[0].quantity.amount"', "only_with: amount"), "not among the fields"),
        (("issued: 2024-04-01T00:00:00+05:00", ""), "when the file was issued"),
        (("tlp: AMBER", "tlp: ORANGE"), "handling.tlp"),
        (("agency: TJ-DCA", "agency: TJ-DCA\nagency: TJ-DCA"), "stands twice"),
        (("about:", "about: ["), "not YAML"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(change, said):
    text = HEAD + FIELDS
    assert change[0] in text
    with pytest.raises(MappingError, match=said.replace("[", r"\[")):
        read_mapping(text.replace(*change))


def test_words_that_yaml_takes_for_booleans_stay_words():
    mapping = read_mapping(HEAD + FIELDS.replace("{кпп: border_crossing, рынок: market}", "{no: other, on: road, кпп: border_crossing}"))
    assert set(mapping.fields["place.kind"].values) == {"no", "on", "кпп"}


def test_an_unknown_mapping_lists_those_shipped():
    with pytest.raises(MappingError, match="us-stride"):
        find_mapping("brasil")


@pytest.mark.parametrize(
    "text",
    [
        "№;Дата;Пункт пропуска;Вещество;Количество;Ед. изм.\nА-1;12.03.2024;Панджи Поён;героин;1,5;кг\n"
        "А-2;13.03.2024;Ишкашим;опий;0,25;кг\n",
        "case no,date,drug,weight,unit,country\nA1,2024-03-12,heroin,1.5,kg,TJ\nA2,2024-03-13,opium,2.25,kg,TJ\n",
        "fecha;municipio;droga;cantidad;unidad\n12/03/2024;Cali;cocaína;1,5;kg\n31/03/2024;Leticia;cocaína;2,5;kg\n",
        "date de saisie;ville;stupéfiant;quantité;unité\n12/03/2024;Lyon;cannabis;1,5;kg\n31/03/2024;Nice;héroïne;2,5;kg\n",
    ],
    ids=["ru", "en", "es", "fr"],
)
def test_a_draft_reads_its_own_file(text, tmp_path):
    path = tmp_path / "file.csv"
    path.write_text(text, encoding="utf-8")
    drafted = draft(path, Source(), "TJ-DCA")
    mapping = read_mapping(drafted)
    rows = list(convert_rows(open_table(path, mapping.source).rows, mapping, "TJ-DCA"))
    assert len(rows) == 2
    assert [each.problems for each in rows] == [(), ()], drafted
    for each in rows:
        assert each.report["substances"][0]["quantity"]["amount"] in ("1.5", "0.25", "2.25", "2.5")
        assert each.report["occurred"].startswith("2024-03-")


def test_the_mark_of_what_is_unreadable_never_passes_for_a_value():
    for path in ("occurred", "substances[0].quantity.amount", "arrests"):
        report = json.loads(convert_one(row()).body)
        node, last = (report, path) if "." not in path else (report["substances"][0]["quantity"], "amount")
        node[last] = UNREADABLE + "2024"
        with pytest.raises(ValidationError):
            read_report(json.dumps(report))


def test_a_draft_bears_months_totals_and_some_unreadable_values(tmp_path):
    path = tmp_path / "post.csv"
    text = "Дата;Вещество;Кол-во\n18.03.2026;героин;12,48\n03.2026;гашиш;1 200,5\nИтого;;13,7\n31.02.2026;опий;много\n"
    path.write_bytes(text.encode("cp1251"))
    drafted = draft(path, Source(), "TJ-DCA", "-")
    assert 'about: "Seizures, from -"' in drafted
    assert '{column: "Дата", date: ["DD.MM.YYYY", "MM.YYYY"], required: true}' in drafted
    assert 'substances[0].quantity.amount: {column: "Кол-во", number: true}' in drafted
    assert 'skip_when: [{column: "Дата", is_one_of: ["Итого"]}]' in drafted
    read_mapping(drafted.replace("fields:", "fields:\n  place.country: {value: TJ}") if "place.country" not in drafted else drafted)
