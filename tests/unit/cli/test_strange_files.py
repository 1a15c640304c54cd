"""Files as officers keep them: what a draft makes of them must never be a wrong number, a lost date or another report's number."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from openpyxl import Workbook  # type: ignore[import-untyped]

from streams.cli.importing.dates import read_date
from streams.cli.importing.mapping import read_mapping
from streams.cli.importing.reading import open_table
from streams.cli.importing.rows import Converted, Ordinals, convert, convert_rows
from streams.cli.importing.source import Source
from streams.cli.importing.suggest import draft
from streams.cli.importing.table import Exact, ReadError, Row

REGISTER = """№ п/п;Дата изъятия;Место изъятия;Страна;Наркотик;Вес;Ед. изм.;Номер машины;Номер телефона
1;12.03.2024;КПП Панчи Поён;TJ;героин;12,480;кг;01ABC01;+992900000001
2;март 2024;г. Хорог;TJ;опий;3,2;кг;02ABC01;+992900000002
3;14.03.24;Термез;UZ;гашиш;850;г;10A123BC;+992900000003
4;15 марта 2024 г.;Ош;KG;каннабис;1 250,5;г;03ABC01;+992900000004
5;03.2024;Актау;KZ;метадон;200;шт;04ABC01;+992900000005
Итого;;;;;;;;
"""


def drafted(path: Path) -> dict[str, object]:
    found = yaml.safe_load(draft(path, Source(), "TJ-DCA"))
    assert isinstance(found, dict)
    return found


def read(path: Path) -> list[Converted]:
    mapping = read_mapping(draft(path, Source(), "TJ-DCA"))
    return [row for row in convert_rows(open_table(path, mapping.source).rows, mapping, "TJ-DCA") if row is not None]


@pytest.fixture
def register(tmp_path: Path) -> Path:
    path = tmp_path / "register.csv"
    path.write_bytes(REGISTER.encode("cp1251"))
    return path


def test_every_row_of_a_register_of_mixed_dates_is_read_with_its_weight(register: Path) -> None:
    rows = read(register)
    assert [row.problems for row in rows] == [()] * 5
    assert [row.report["occurred"] for row in rows] == ["2024-03-12", "2024-03", "2024-03-14", "2024-03-15", "2024-03"]
    assert [row.report["substances"][0]["quantity"]["amount"] for row in rows] == ["12.480", "3.2", "850", "1250.5", "200"]


def test_numbers_of_rows_cars_and_telephones_are_no_report_numbers(register: Path) -> None:
    found = drafted(register)
    # The next month's register begins with row 1 again, which would be a conflict.
    assert "report_id" not in found
    fields = found["fields"]
    assert isinstance(fields, dict)
    assert fields["conveyances[0].registration"]["column"] == "Номер машины"


@pytest.mark.parametrize("column", ["Номер дела", "№ протокола", "Case number", "№", "Número de caso"])
def test_the_agencys_own_number_is_taken(tmp_path: Path, column: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text(f"{column};Дата;Страна;Наркотик\n117/24;12.03.2024;TJ;героин\n118/24;13.03.2024;TJ;опий\n", encoding="utf-8")
    assert drafted(path)["report_id"] == {"columns": [column]}


@pytest.mark.parametrize(
    ("column", "numbers", "own"),
    [
        ("№", ["1", "2", "3", "5"], False),  # a row was crossed out
        ("No.", ["2", "3", "4"], False),
        ("n", ["1.", "2.", "4."], False),
        ("Number", ["51", "52", "53"], False),  # the register's second page
        ("Номер", ["7", "8", "12"], False),
        ("п/п", ["1", "2", "4"], False),
        ("№", ["1204", "1207", "1211"], True),
        ("№", ["24-1", "24-2", "24-4"], True),
        ("Номер дела", ["117", "118", "121"], True),
        ("КУСП", ["117", "118", "121"], True),
    ],
)
def test_a_counter_of_rows_with_gaps_is_no_number_of_a_report(tmp_path: Path, column: str, numbers: list[str], own: bool) -> None:
    path = tmp_path / "file.csv"
    path.write_text(
        "".join(f"{line}\n" for line in [f"{column};Дата;Страна;Наркотик", *(f"{each};12.03.2024;TJ;героин" for each in numbers)])
    )
    assert drafted(path).get("report_id") == ({"columns": [column]} if own else None)


@pytest.mark.parametrize(
    ("amounts", "delimiter", "decimal"),
    [
        (["12,480", "3,250"], ";", ","),  # a sheet in Russian, saved as CSV
        (["0,850", "12,480"], ",", ","),  # quoted values; no group of thousands begins with 0
        (["12,480", "3,250"], ",", "."),
        (["12.480", "0.5"], ";", "."),
        (["1.250,75", "300"], ";", ","),
        (["1,250.75", "300"], ",", "."),
        (["1 250,5", "300"], ";", ","),
    ],
)
def test_a_decimal_comma_is_told_from_a_thousand(tmp_path: Path, amounts: list[str], delimiter: str, decimal: str) -> None:
    path = tmp_path / "file.csv"
    lines = [["Month", "Country", "Drug", "Amount", "Unit"], *(["03.2024", "TJ", "heroin", f'"{amount}"', "kg"] for amount in amounts)]
    path.write_text("\n".join(delimiter.join(line) for line in lines) + "\n", encoding="utf-8")
    assert drafted(path)["source"] == {"decimal": decimal}


@pytest.mark.parametrize(("column", "figures"), [("Статья", ["228.1", "228.1"]), ("Широта", ["38.5598", "37.1"])])
def test_the_amounts_alone_tell_the_decimal_sign(tmp_path: Path, column: str, figures: list[str]) -> None:
    path = tmp_path / "file.csv"
    text = f"Дата;Страна;Наркотик;Вес;Ед. изм.;{column};Долгота\n"
    text += f"12.03.2024;TJ;героин;12,480;кг;{figures[0]};68.7738\n13.03.2024;TJ;опий;3,250;кг;{figures[1]};68.123\n"
    path.write_text(text, encoding="utf-8")
    assert 'decimal: ","  # CHECK: 12,480 is read as 12.480' in draft(path, Source(), "TJ-DCA")
    rows = read(path)
    assert [row.problems for row in rows] == [()] * 2
    assert [row.report["substances"][0]["quantity"]["amount"] for row in rows] == ["12.480", "3.250"]
    # A column that this decimal sign cannot read is kept as written.
    assert f"{column}: {figures[0]}" in rows[0].report["narrative"]


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        (["12,480", "3,250"], '"."  # CHECK: 12,480 is read as 12480'),
        (["1.250", "300"], '"."  # CHECK: 1.250 is read as 1.250'),
        (["0.5", "12,480"], '"."  # CHECK: 12,480 is read as 12480'),
        (["1,250,000", "12,480"], '"."  # CHECK: 12,480 is read as 12480'),
        (["12,48", "1.250"], '","  # CHECK: 1.250 is read as 1250'),
        (["12,480", "3.250", "0,5"], '","  # CHECK: 12,480 is read as 12.480, 3.250 is read as 3250'),
    ],
)
def test_a_figure_that_could_be_either_is_said_whatever_it_is_taken_for(tmp_path: Path, amounts: list[str], said: str) -> None:
    path = tmp_path / "file.csv"
    path.write_text("".join(f"{line}\n" for line in ["date,country,drug,weight", *(f'2024-03-12,TJ,heroin,"{each}"' for each in amounts)]))
    assert f"decimal: {said}\n" in draft(path, Source(), "TJ-DCA")


def test_what_a_comma_before_three_digits_was_taken_for_is_said(register: Path) -> None:
    assert 'decimal: ","  # CHECK: 12,480 is read as 12.480' in draft(register, Source(), "TJ-DCA")


def test_a_country_is_asked_for_where_no_column_tells_it(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("Дата;Область;Наркотик\n12.03.2024;Хатлон;героин\n13.03.2024;Согд;опий\n", encoding="utf-8")
    text = draft(path, Source(), "TJ-DCA")
    assert "place.country: {value: XX}  # SAY WHERE" in text
    assert "place.subdivision" in text


def test_a_field_that_the_mapping_lacks_is_mended_in_the_mapping(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("date,country,weight\n2024-03-12,TJ,5\n2024-03-13,TJ,6\n", encoding="utf-8")
    mapping = read_mapping(draft(path, Source(), "TJ-DCA").replace("fields:", "fields:\n  substances[0].form: {value: powder}"))
    first = next(convert_rows(open_table(path, mapping.source).rows, mapping, "TJ-DCA"))
    assert first is not None
    (problem,) = (each for each in first.problems if each.field == "substances[0].name")
    assert problem.mend == "no column gives it: add it to the mapping's fields"


def test_a_cell_merged_over_rows_counts_for_each_of_them_but_a_figure_once(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [
        ["№", "Дата", "Страна", "Пункт пропуска", "Наркотик", "Количество", "Ед. изм."],
        [1, date(2024, 3, 12), "TJ", "Панджи Поён", "героин", 12.48, "кг"],
        [None, None, None, "Дусти", "опий", 3, "кг"],
        [2, date(2024, 3, 20), "KG", "Кызыл-Бель", "героин", 0.5, "кг"],
        [None, None, None, None, "гашиш", None, None],
    ]
    for values in rows:
        sheet.append(values)
    for cells in ("A2:A3", "B2:B3", "C2:C3", "B4:B5", "C4:D5", "F4:F5"):
        sheet.merge_cells(cells)
    path = tmp_path / "merged.xlsx"
    book.save(path)
    found = read(path)
    assert [row.problems for row in found] == [()] * 4
    assert [row.report["occurred"] for row in found] == ["2024-03-12", "2024-03-12", "2024-03-20", "2024-03-20"]
    assert [row.report["place"]["country"] for row in found] == ["TJ", "TJ", "KG", "KG"]
    assert [row.report["substances"][0].get("quantity", {}).get("amount") for row in found] == ["12.48", "3", "0.5", None]
    assert any("merged" in note for note in open_table(path, Source()).notes)


def test_merged_cells_are_those_of_their_column_wherever_the_table_begins(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    rows: list[list[str | None]] = [["Дата", "Наркотик", "Пост"], ["март 2024", "героин", "Дусти"], [None, "опий", None]]
    for line, values in enumerate(rows, 4):
        for place, value in enumerate(values, 3):
            sheet.cell(line, place, value)
    sheet.merge_cells("C5:C6")
    path = tmp_path / "merged.xlsx"
    book.save(path)
    assert [dict(row.cells) for row in open_table(path, Source()).rows] == [
        {"Дата": "март 2024", "Наркотик": "героин", "Пост": "Дусти"},
        {"Дата": "март 2024", "Наркотик": "опий", "Пост": ""},
    ]


def test_a_number_merged_over_rows_is_that_of_the_first_alone(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for values in (
        ["Номер дела", "Дата", "Наркотик"],
        ["117/24", date(2024, 3, 12), "героин"],
        [None, None, "опий"],
        ["118/24", None, "опий"],
    ):
        sheet.append(values)
    for cells in ("A2:A3", "B2:B4"):
        sheet.merge_cells(cells)
    path = tmp_path / "merged.xlsx"
    book.save(path)
    mapping = read_mapping(f"{HEAD}  occurred: {{column: Дата, date: YYYY-MM-DD}}\nreport_id: {{columns: [Номер дела]}}\n")
    first, second, third = (row for row in convert_rows(open_table(path, Source()).rows, mapping, "TJ-DCA") if row is not None)
    # Under the same number the second report would be refused as a conflict with the first.
    assert [first.report_id, third.report_id] == ["117/24", "118/24"]
    assert second.report_id not in (first.report_id, third.report_id)
    assert "Номер дела: 117/24" in second.report["narrative"]
    both = read_mapping(
        f"{HEAD}  occurred: {{column: Дата, date: YYYY-MM-DD}}\nreport_id: {{columns: [Номер дела, Наркотик], prefix: x}}\n"
    )
    shown = [row.report_id for row in convert_rows(open_table(path, Source()).rows, both, "TJ-DCA") if row is not None]
    assert len(set(shown)) == 3
    assert all(number.startswith("x11") for number in shown)


def dated(tmp_path: Path, dates: list[str]) -> tuple[str, list[object]]:
    path = tmp_path / "file.csv"
    path.write_text("".join(f"{line}\n" for line in ["date;country;drug", *(f"{each};TJ;heroin" for each in dates)]), encoding="utf-8")
    (line,) = (line for line in draft(path, Source(), "TJ-DCA").splitlines() if line.startswith("  occurred:"))
    return line, [None if row.problems else row.report["occurred"] for row in read(path)]


def test_the_dates_of_a_column_are_read_in_one_order(tmp_path: Path) -> None:
    line, found = dated(tmp_path, ["12.03.2024"] * 4 + ["03/04/2024", "03/25/2024"])
    assert found == ["2024-03-12"] * 4 + ["2024-04-03", None]
    assert "CHECK: 03/04/2024 is read as 2024-04-03, 03/25/2024 has the month first, and is refused" in line


@pytest.mark.parametrize(
    ("dates", "read_as", "said"),
    [
        (["03/04/2024", "05/06/2024"], ["2024-04-03", "2024-06-05"], "CHECK: 03/04/2024 is read as 2024-04-03"),
        (["03/04/2024", "31/06/2024", "31/05/2024"], ["2024-04-03", None, "2024-05-31"], None),
        (["03/04/2024", "3/25/2024"], ["2024-03-04", "2024-03-25"], None),
        (["03/04/2024", "03/25/2024", "12/25/2024", "25/12/2024"], ["2024-03-04", "2024-03-25", "2024-12-25", None], "the day first"),
        (["03-04-2024", "05-06-2024"], ["2024-04-03", "2024-06-05"], "CHECK: 03-04-2024 is read as 2024-04-03"),
        (["03.04.2024", "05.06.2024"], ["2024-04-03", "2024-06-05"], None),
        (["03/03/2024", "05/05/2024"], ["2024-03-03", "2024-05-05"], None),
    ],
)
def test_an_order_that_no_date_tells_is_asked_about(tmp_path: Path, dates: list[str], read_as: list[str | None], said: str | None) -> None:
    line, found = dated(tmp_path, dates)
    assert found == read_as
    assert said in line if said else "CHECK" not in line


def test_a_row_of_two_lines_is_one_report(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for values in (["№", "Наркотик", "Вес"], ["117/24", "героин", 5], [None, None, None], ["118/24", "опий", 6]):
        sheet.append(values)
    for cells in ("A2:A3", "B2:B3", "C2:C3"):
        sheet.merge_cells(cells)
    path = tmp_path / "merged.xlsx"
    book.save(path)
    assert [row.cells["№"] for row in open_table(path, Source()).rows] == ["117/24", "118/24"]


def test_a_year_with_its_word_is_read() -> None:
    assert read_date("15.03.2024 г.", ("DD.MM.YYYY",), None, None) == "2024-03-15"
    assert read_date("март 2024 года", ("MMM YYYY",), None, None) == "2024-03"


HEAD = """
about: x
agency: TJ-DCA
issued: 2024-04-01T00:00:00+05:00
handling: {tlp: AMBER, evaluation: {scheme: 4x4, source: A, information: "1"}}
fields:
  place.country: {value: TJ}
  substances[0].name: {value: heroin}
"""


@pytest.mark.parametrize(
    ("rule", "occurred", "narrative"),
    [
        ("date: DD.MM.YYYY", "2024-03-12", "Дата: 2024-03-12T04:30:00"),
        ('date: DD.MM.YYYY HH:mm, zone: "+05:00"', "2024-03-12T04:30:00+05:00", None),
    ],
)
def test_a_clock_time_that_no_field_carries_is_kept_in_the_narrative(rule: str, occurred: str, narrative: str | None) -> None:
    mapping = read_mapping(f"{HEAD}  occurred: {{column: Дата, {rule}}}\n")
    report = convert(Row(2, {"Дата": Exact("2024-03-12T04:30:00")}), mapping, "TJ-DCA", Ordinals()).report
    assert report["occurred"] == occurred
    assert report.get("narrative") == narrative


def test_a_draft_of_dates_with_a_clock_asks_for_their_zone(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("Дата;Страна;Наркотик\n12.03.2024 04:30;TJ;героин\n13.03.2024;TJ;опий\n", encoding="utf-8")
    assert "CHECK THE ZONE" in draft(path, Source(), "TJ-DCA")
    assert [row.report["occurred"] for row in read(path)] == ["2024-03-12T04:30:00+05:00", "2024-03-13"]


def test_a_picture_is_no_table(tmp_path: Path) -> None:
    path = tmp_path / "scan.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(1, 256)) * 8)
    with pytest.raises(ReadError, match="no table"):
        draft(path, Source(), "TJ-DCA")
