"""Asking what else can be done with a load under way: who may, and from where it is asked."""

import httpx
import pytest

from streams.gateway.onward import Point, _consents, _here
from tests.unit.deliveries.office import Office
from tests.unit.gateway.conftest import TokenFor

PATH = "/v1/deliveries/TJ-DCA/CD-1/alternatives"


@pytest.mark.parametrize(("role", "status"), [("officer", 503), ("coordinator", 503), ("contributor", 403), ("operator", 403)])
async def test_whoever_may_read_deliveries_may_ask_and_without_the_database_nothing_is_made_up(
    http: httpx.AsyncClient, token: TokenFor, role: str, status: int
) -> None:
    answer = await http.get(PATH, headers={"Authorization": f"Bearer {token('CARICC', role)}"})
    assert answer.status_code == status


async def test_a_part_is_named_as_parts_are(http: httpx.AsyncClient, token: TokenFor) -> None:
    answer = await http.get(PATH, params={"part": "a b"}, headers={"Authorization": f"Bearer {token()}"})
    assert answer.status_code == 422


def test_it_is_asked_from_where_the_load_was_seen_by_what_has_been_said() -> None:
    office = Office().running(2)
    assert _here(office.part()).point is None
    office.must("KZ-GP/p.rosecutor", "refusal", leg=3, reason="нет")
    at = {"coordinates": {"lat": 38.6, "lon": 68.8}, "captured": office.now.isoformat(), "source": "tracker"}
    office.must("TJ-DCA/n.rahimov", "check_in", eyes_on=True, position=at)
    here = _here(office.part())
    assert (here.country, here.leg, here.point) == ("TJ", 1, Point(38.6, 68.8))
    assert {leg: consent.state for leg, consent in _consents(office.part()).items()} == {
        1: "consented",
        2: "consented",
        3: "refused",
        4: "pending",
    }
