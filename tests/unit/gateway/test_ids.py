"""Sealed ids: leak rule 3."""

from pathlib import Path
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from streams.gateway.ids import Ids

IDS = Ids(bytes(range(64)))


@given(st.binary(max_size=200))
def test_the_agency_that_got_an_id_can_use_it(value: bytes) -> None:
    assert IDS.unseal("report", "TJ-DCA", IDS.seal("report", "TJ-DCA", value)) == value


def test_rule_3_two_agencies_never_see_the_same_id() -> None:
    value = uuid4().bytes
    mine, theirs = IDS.seal("report", "TJ-DCA", value), IDS.seal("report", "UZ-SCC", value)
    assert mine != theirs
    assert IDS.unseal("report", "TJ-DCA", theirs) is None
    assert IDS.unseal("receipt", "TJ-DCA", mine) is None


def test_the_same_thing_has_one_id_for_an_agency() -> None:
    assert IDS.seal("report", "TJ-DCA", b"x") == IDS.seal("report", "TJ-DCA", b"x")


@given(st.text(max_size=100))
def test_a_made_up_id_is_nothing(text: str) -> None:
    assert IDS.unseal("report", "TJ-DCA", text) is None
    assert IDS.unseal("report", "TJ-DCA", f"report-{text}") is None


def test_an_id_has_one_spelling() -> None:
    sealed = IDS.seal("report", "TJ-DCA", b"x")
    assert IDS.unseal("report", "TJ-DCA", sealed + "=") is None
    assert IDS.unseal("report", "TJ-DCA", sealed[:-1] + chr(ord(sealed[-1]) + 1)) is None


def test_an_ids_length_does_not_tell_how_much_traffic_there_is() -> None:
    assert len(IDS.seal("receipt", "TJ-DCA", b"live.seizures/0/1")) == len(IDS.seal("receipt", "TJ-DCA", b"live.seizures/0/99999999"))


def test_the_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "ids.key"
    sealed = Ids.load_or_create(path).seal("report", "TJ-DCA", b"x")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Ids.load_or_create(path).unseal("report", "TJ-DCA", sealed) == b"x"
