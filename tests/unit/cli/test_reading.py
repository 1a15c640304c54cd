"""Any table that an officer has: encodings, delimiters, headers, quotes, ragged rows, JSON, workbooks."""

import csv
import io
import json
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli.importing.dates import month_number, read_date
from streams.cli.importing.encoding import detect
from streams.cli.importing.numbers import read_number
from streams.cli.importing.reading import open_table
from streams.cli.importing.source import Source
from streams.cli.importing.table import RAW, Exact, ReadError

RUSSIAN = "Дата;Вещество;Количество\n12.03.2024;Героин;1,5\n13.03.2024;Гашиш;20\n14.03.2024;МАРИХУАНА;0,25\n"
PORTUGUESE = "data;município;droga\n12/03/2024;São Paulo;cocaína\n13/03/2024;Paranaguá;haxixe não prensado\n"


def table(tmp_path, data, name="file", **source):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return open_table(path, Source(**source))


def cells(found):
    return [dict(row.cells) for row in found.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "koi8-r", "cp866"])
def test_russian_is_read_in_whatever_encoding(tmp_path, encoding):
    found = table(tmp_path, RUSSIAN.encode(encoding))
    assert found.columns == ("Дата", "Вещество", "Количество"), found.notes
    assert cells(found)[2] == {"Дата": "14.03.2024", "Вещество": "МАРИХУАНА", "Количество": "0,25"}


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "latin-1"])
def test_portuguese_is_read_in_whatever_encoding(tmp_path, encoding):
    assert cells(table(tmp_path, PORTUGUESE.encode(encoding)))[1]["município"] == "Paranaguá"


def test_the_encoding_that_was_found_is_said_with_its_ground(tmp_path):
    assert "cp1251" in table(tmp_path, RUSSIAN.encode("cp1251")).notes[0]


def test_a_wrong_encoding_in_the_mapping_names_the_line(tmp_path):
    with pytest.raises(ReadError, match=r"line 2 .*utf-8"):
        table(tmp_path, b"a,b\n\xe9,1\n", encoding="utf-8")
    with pytest.raises(ReadError, match="unknown"):
        table(tmp_path, b"a,b\n1,2\n", encoding="klingon")


def test_a_late_foreign_byte_decides_the_encoding_before_the_first_row(tmp_path):
    data = b"name,n\n" + b"plain,1\n" * 200_000 + "São,2\n".encode("cp1252")
    (tmp_path / "late.csv").write_bytes(data)
    assert detect(tmp_path / "late.csv").name == "cp1252"


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    text = "\n".join(
        delimiter.join(row) for row in (["date", "drug", "amount"], ["2024-03-01", "opium", "5"], ["2024-03-02", "heroin", "7"])
    )
    found = table(tmp_path, text)
    assert found.columns == ("date", "drug", "amount")
    assert len(cells(found)) == 2


def test_decimal_commas_do_not_pass_for_delimiters(tmp_path):
    text = "lat;lon\n" + "".join(f"{n},5;{n},25\n" for n in range(40))
    assert table(tmp_path, text).columns == ("lat", "lon")


def test_titles_above_the_header_and_blank_lines_are_passed_over(tmp_path):
    found = table(tmp_path, "Report for March\n\n;;\ndate;drug;amount\n01.03.2024;opium;5\n\n02.03.2024;heroin;7\n")
    assert found.columns == ("date", "drug", "amount")
    assert [row.number for row in found.rows] == [5, 7]


def test_a_file_without_header_says_so_or_is_told(tmp_path):
    with pytest.raises(ReadError, match=r"source\.header"):
        table(tmp_path, "1;2\n3;4\n")
    assert cells(table(tmp_path, "1;2\n3;4\n", header=0)) == [{"column 1": "1", "column 2": "2"}, {"column 1": "3", "column 2": "4"}]


def test_repeated_and_blank_column_names_stay_apart(tmp_path):
    assert table(tmp_path, "a;a;;b\n1;2;3;4\nx;y;z;w\n", header=1).columns == ("a", "a (2)", "column 3", "b")


def test_ragged_rows_keep_every_value_and_are_told(tmp_path):
    short, long = table(tmp_path, "a,b,c\nx,y\nx,y,z,more\n").rows
    assert short.cells == {"a": "x", "b": "y", "c": ""}
    assert "2 cells" in short.warnings[0]
    assert long.cells["column 4"] == "more"
    assert "delimiter inside a value" in long.warnings[0]


def test_line_breaks_inside_quotes_and_the_line_of_the_next_row(tmp_path):
    rows = list(table(tmp_path, 'a,b\n"one\ntwo",2\nthree,3\n').rows)
    assert rows[0].cells["a"] == "one\ntwo"
    assert [row.number for row in rows] == [2, 4]


def test_an_unclosed_quote_does_not_swallow_the_file(tmp_path):
    text = 'a,b\n"open,1\n' + "x,2\n" * 2000
    with pytest.raises(ReadError, match="line 2"):
        list(table(tmp_path, text).rows)
    assert len(list(table(tmp_path, text, quote=None).rows)) == 2001


def test_nul_and_control_characters_are_taken_out_and_told(tmp_path):
    (row,) = table(tmp_path, "a,b\nx\x00y,z\x1b[31m\n").rows
    assert row.cells == {"a": "xy", "b": "z[31m"}
    assert len(row.warnings) == 2


@pytest.mark.parametrize("data", [b"", b"\n\n  \n", b"%PDF-1.7 ..."])
def test_what_is_no_table_says_what_to_do(tmp_path, data):
    with pytest.raises(ReadError) as caught:
        table(tmp_path, data)
    assert caught.value.mend


def test_json_arrays_objects_and_lines(tmp_path):
    items = [{"date": "2024-03-01", "where": {"town": "Panj"}, "drugs": [{"n": 1.50}], "ok": True, "none": None}, {"date": "2024-03-02"}]
    whole = json.dumps(items)
    expected = {"date": "2024-03-01", "where.town": "Panj", "drugs[0].n": "1.5", "ok": "true", "none": ""}
    for text, source in (
        (whole, {}),
        (json.dumps({"meta": {"n": 2}, "data": {"items": items}}), {}),
        (json.dumps({"other": [{"x": 1}], "data": {"items": items}}, indent=1), {"path": "data.items"}),
        ("\n\n".join(map(json.dumps, items)), {}),
    ):
        assert cells(table(tmp_path, text, **source))[0] == expected


def test_json_numbers_keep_their_digits(tmp_path):
    assert cells(table(tmp_path, '[{"n": 0.10}, {"n": 12345678901234567890.5}]')) == [{"n": "0.10"}, {"n": "12345678901234567890.5"}]


def test_a_broken_line_of_ndjson_is_a_row_that_cannot_be_read(tmp_path):
    good, bad, last = table(tmp_path, '{"a": 1}\n{"a": \n{"a": 3}\n', format="ndjson").rows
    assert (good.unreadable, last.cells) == (None, {"a": "3"})
    assert bad.number == 2
    assert bad.cells == {RAW: '{"a":'}
    assert "not JSON" in bad.unreadable


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2}', '[{"a": 1}, {"a" 2}]', '[{"a": 1} nonsense]'])
def test_a_broken_array_names_the_element(tmp_path, text):
    with pytest.raises(ReadError, match=r"element|array ends"):
        list(table(tmp_path, text).rows)


def test_several_arrays_ask_which(tmp_path):
    with pytest.raises(ReadError, match="a, b"):
        table(tmp_path, json.dumps({"a": [{"x": 1}], "b": [{"y": 1}]}))


@given(
    items=st.lists(st.dictionaries(st.sampled_from("abc"), st.text(max_size=30), min_size=1), max_size=60),
    indent=st.sampled_from([None, 1]),
)
def test_an_array_is_read_as_a_stream_like_the_whole(items, indent, tmp_path_factory):
    path = tmp_path_factory.mktemp("json") / "a.json"
    path.write_text(json.dumps([*items, {"last": 1}], indent=indent))
    assert len(list(open_table(path, Source()).rows)) == len(items) + 1


def test_workbooks_with_titles_merged_headers_dates_and_several_sheets(tmp_path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Seizures"
    sheet["A1"] = "Seizures of March"
    for column, text in zip("ABCDE", ("No", "Date", "Quantity", None, "Drug"), strict=True):
        sheet[f"{column}3"] = text
    sheet["C4"], sheet["D4"] = "amount", "unit"
    sheet.merge_cells("C3:D3")
    for row in (
        [1, date(2024, 3, 1), 1.5, "kg", "heroin"],
        [2, datetime(2024, 3, 2, 4, 30), 1e-7, "g", "opium"],
        [3, 45_352, 10, "kg", None],
    ):
        sheet.append(row)
    book.create_sheet("Empty")
    book.save(tmp_path / "a.xlsx")
    found = open_table(tmp_path / "a.xlsx", Source())
    assert found.columns == ("No", "Date", "Quantity / amount", "Quantity / unit", "Drug"), found.notes
    rows = list(found.rows)
    assert [row.number for row in rows] == [5, 6, 7]
    assert list(rows[0].cells.values()) == ["1", "2024-03-01", "1.5", "kg", "heroin"]
    assert list(rows[1].cells.values()) == ["2", "2024-03-02T04:30:00", "0.0000001", "g", "opium"]
    assert read_date(rows[2].cells["Date"], ("serial",), None, None) == "2024-03-01"

    book.create_sheet("Second").append(["a", "b"])
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(ReadError, match="Seizures, Second"):
        open_table(tmp_path / "b.xlsx", Source())
    (tmp_path / "c.xlsx").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(ReadError, match="save it again"):
        open_table(tmp_path / "c.xlsx", Source())


CELL = st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\ufeff"), max_size=12)


@given(
    rows=st.lists(st.lists(CELL, min_size=3, max_size=3).filter(lambda row: any(row)), max_size=20),
    delimiter=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_csv_comes_back_as_it_was_written(rows, delimiter, encoding, tmp_path_factory):
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows([["alpha", "beta", "gamma"], *rows])
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    path.write_bytes(buffer.getvalue().encode(encoding))
    found = open_table(path, Source(delimiter=delimiter, header=1))
    assert [list(row.cells.values()) for row in found.rows] == rows


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12))
def test_numbers_with_decimal_comma_and_groups_come_back(number):
    plain = format(number, "f")
    assert read_number(plain.replace(".", ","), ",") == plain
    assert read_number(f"{number:,}", ".") == plain
    for group in (" ", "\u00a0", "\u202f", "'", "."):
        assert read_number(f"{number:,}".replace(",", "G").replace(".", ",").replace("G", group), ",") == plain


@pytest.mark.parametrize(
    ("text", "decimal", "read"),
    [
        ("1.234", ",", "1234"),
        ("1,234", ".", "1234"),
        ("0,50", ",", "0.50"),
        (",5", ",", "0.5"),
        ("+7", ".", "7"),
        ("\u22125", ".", "-5"),
        ("1.2", ",", None),
        ("1,2", ".", None),
        ("12.34.56", ",", None),
        ("5 kg", ".", None),
        ("", ".", None),
        (",", ",", None),
        ("1e3", ".", None),
        (Exact("1e3"), ",", "1e3"),
        (Exact("1.5"), ",", "1.5"),
    ],
)
def test_numbers_as_people_write_them(text, decimal, read):
    assert read_number(text, decimal) == read


@given(st.dates(date(1970, 1, 1), date(2068, 12, 31)))
def test_dates_come_back_in_every_order(day):
    for form, text in (
        ("DD.MM.YYYY", f"{day:%d.%m.}{day.year}"),
        ("MM/DD/YYYY", f"{day:%m/%d/}{day.year}"),
        ("D.M.YYYY", f"{day.day}.{day.month}.{day.year}"),
        ("YYYY-MM-DD", day.isoformat()),
        ("YYYYMMDD", f"{day.year}{day:%m%d}"),
        ("serial", str((day - date(1899, 12, 30)).days)),
    ):
        assert read_date(text, (form,), None, None) == day.isoformat()


@pytest.mark.parametrize(
    ("text", "form", "year", "zone", "read"),
    [
        ("12 марта 2024", "D MMM YYYY", None, None, "2024-03-12"),
        ("1 мая 2024", "D MMM YYYY", None, None, "2024-05-01"),
        ("3-ago-24", "D-MMM-YY", None, None, "2024-08-03"),
        ("15 août 2024", "D MMM YYYY", None, None, "2024-08-15"),
        ("2 de setembro de 2024", "D de MMM de YYYY", None, None, "2024-09-02"),
        ("7", "M", 2007, None, "2007-07"),
        ("2007", "YYYY", None, None, "2007"),
        ("03.2024", "MM.YYYY", None, None, "2024-03"),
        ("18.03.2026 04:30", "DD.MM.YYYY HH:mm", None, "+05:00", "2026-03-18T04:30:00+05:00"),
        ("18.03.2026 04:30", "DD.MM.YYYY HH:mm", None, "Asia/Almaty", "2026-03-18T04:30:00+05:00"),
        ("31.02.2024", "DD.MM.YYYY", None, None, None),
        ("13/13/2024", "MM/DD/YYYY", None, None, None),
        ("2024", "DD.MM.YYYY", None, None, None),
        ("18.03.2026 25:30", "DD.MM.YYYY HH:mm", None, "+05:00", None),
        (Exact("2024-03-02T04:30:00"), "DD.MM.YYYY", None, "+05:00", "2024-03-02T04:30:00+05:00"),
        (Exact("2024-03-02T04:30:00"), "DD.MM.YYYY", None, None, "2024-03-02"),
    ],
)
def test_dates_as_people_write_them(text, form, year, zone, read):
    assert read_date(text, (form,), year, zone) == read


def test_months_in_several_languages():
    for name, number in (
        ("Январь", 1),
        ("févr", 2),
        ("março", 3),
        ("Abril", 4),
        ("июня", 6),
        ("июль", 7),
        ("juillet", 7),
        ("dezembro", 12),
    ):
        assert month_number(name) == number, name
    assert month_number("ju") is None
