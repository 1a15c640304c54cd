"""The mappings that are shipped, on the real files they are for: every row becomes a valid report, and the same one every time."""

from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.bounds import moment_range
from schemas.reports import read_report
from streams.cli.importing.mapping import SHIPPED, find_mapping, read_mapping
from streams.cli.importing.reading import open_table
from streams.cli.importing.rows import convert_rows
from tests.conftest import require

DATA = Path(__file__).parents[4] / "shared" / "data" / "seizures"
FILES = {
    "brazil-federal-police": ("brazil-federal-police-ports-airports-2013-2023.csv", "BR-PF", 6089),
    "colombia-police": ("colombia-police-2018.json", "CO-PONAL", 1000),
    "us-stride": ("us-stride-cocaine-2007.csv", "US-DEA", 3380),
}


def convert_file(name):
    file, agency, _ = FILES[name]
    require((DATA / file).is_file(), f"shared data {file}")
    mapping = read_mapping(find_mapping(name).read_text(encoding="utf-8"))
    assert mapping.agency == agency
    return list(convert_rows(open_table(DATA / file, mapping.source).rows, mapping, agency))


@pytest.mark.parametrize("name", FILES)
def test_every_row_of_the_real_file_becomes_a_valid_report(name):
    rows = convert_file(name)
    refused = Counter(problem for row in rows for problem in row.problems)
    print(f"{name}: {len(rows)} rows, {sum(bool(row.problems) for row in rows)} to be refused, {dict(refused)}")
    assert len(rows) == FILES[name][2]
    assert not refused
    assert len({read_report(row.body).report_id for row in rows}) == len(rows)


@pytest.mark.parametrize("name", FILES)
def test_a_second_reading_gives_the_same_bytes(name):
    assert [row.body for row in convert_file(name)] == [row.body for row in convert_file(name)]


@pytest.mark.parametrize("name", FILES)
def test_nothing_that_the_agency_said_is_lost(name):
    for row in convert_file(name):
        report = row.body.decode()
        narrative = row.report.get("narrative", "")
        for column, value in row.row.cells.items():
            said = value.replace(",", ".").rstrip("0").rstrip(".") if value.replace(",", "").replace("-", "").isdigit() else value
            dated = column in ("DATA", "fecha", "month")
            assert dated or not value or value in report or f"{column}: {value}" in narrative or said in report, (column, value, report)


def test_brazil_as_the_file_says_it():
    rows = convert_file("brazil-federal-police")
    first = read_report(rows[0].body)
    assert (first.occurred, first.place.airport, first.place.locality) == ("2013-03-18", "RBR", "RIO BRANCO")
    assert (first.substances[0].name, first.substances[0].quantity.amount, first.substances[0].quantity.unit) == (
        "cocaina",
        Decimal(1027),
        "gramas",
    )
    reports = [read_report(row.body) for row in rows]
    assert sum(report.place.unlocode is not None for report in reports) == 657
    blank = [report for report in reports if report.substances[0].quantity is None]
    assert len(blank) == 64, "a blank amount is no quantity, and no zero"
    assert sum(report.substances[0].quantity is not None and report.substances[0].quantity.unit is None for report in reports) <= 5
    assert all(
        "UNIDADE_MEDIDA" in row.report["narrative"]
        for row in rows
        if "quantity" not in row.report["substances"][0] and row.row.cells["UNIDADE_MEDIDA"]
    )


def test_stride_has_months_without_days_and_the_year_of_the_file():
    reports = [read_report(row.body) for row in convert_file("us-stride")]
    assert {moment_range(report.occurred)[2] for report in reports} == {"month"}
    assert {report.occurred[:4] for report in reports} == {"2007"}
    assert reports[0].substances[0].price == "5000.0 USD"
    assert reports[0].substances[0].purity_percent == Decimal("77.0")


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_mapping_reads_and_is_tested_here(path):
    read_mapping(path.read_text(encoding="utf-8"))
    assert path.stem in FILES
