"""Whether the report that a seizure was linked to is here is told as of the reading, and to nobody of a report that he may not see."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.identity import report_uuid
from streams.gateway.centre import Centre
from streams.gateway.deliveries import whole_report
from streams.gateway.ids import Ids
from streams.gateway.live import Tail
from streams.gateway.producer import Producer
from streams.gateway.tokens import Claims, Keys, claims
from streams.settings import Settings
from streams.store.queries import Store
from tests.delivery_cases import Recorded
from tests.store_cases import Database, current
from tests.unit.deliveries.office import DELIVERY
from tests.unit.gateway.conftest import Directory

NAMED = "TJ-DCA/2026-0117"


@pytest.fixture
async def centre(database: Database, store: Store, tmp_path: Path) -> AsyncIterator[Centre]:
    settings = Settings(data_dir=tmp_path, space=database.space, kafka_bootstrap_servers="127.0.0.1:1")
    centre = Centre(settings, Keys.of(settings), Ids.of(settings), Directory(), Producer(settings), Tail(settings), store)
    office = Recorded()
    office.running(2)
    office.must("TJ-DCA/n.rahimov", "intervened", reason="открыли", report={"originator": "TJ-DCA", "report_id": "2026-0117"})
    for channel in ("deliveries.current", "deliveries.events"):
        await database.put(channel, [body for name, body in office.told if name == channel])
    yield centre
    await centre.producer.close()


def reader(centre: Centre, person: str, agency: str) -> Claims:
    space = centre.settings.space
    return claims(person, agency, agency[:2], "officer", space=space, lifetime=timedelta(hours=1), now=datetime.now(UTC))


async def test_a_report_that_has_not_come_is_told_so_and_linked_once_it_is_here(centre: Centre, database: Database) -> None:
    lead = reader(centre, "n.rahimov", "TJ-DCA")
    assert (await whole_report(DELIVERY, lead, centre))["seizure_reports"] == {NAMED: None}
    await database.put("reports.current", [current("2026-0117", tlp="AMBER")])
    linked = (await whole_report(DELIVERY, lead, centre))["seizure_reports"][NAMED]
    assert centre.ids.unseal("report", "TJ-DCA", linked) == report_uuid(NAMED).bytes


@pytest.mark.parametrize("here", [{"tlp": "RED", "recipients": ("UZ-SCC",), "countries": ()}, {"tlp": "GREEN", "kind": "intelligence"}])
async def test_a_report_that_the_reader_may_not_see_or_that_is_no_seizure_is_as_if_it_had_not_come(
    centre: Centre, database: Database, here: dict[str, object]
) -> None:
    follower = reader(centre, "t.eam", "KG-SCNBC")
    before = (await whole_report(DELIVERY, follower, centre))["seizure_reports"]
    await database.put("reports.current", [current("2026-0117", **here)])  # type: ignore[arg-type]
    assert (await whole_report(DELIVERY, follower, centre))["seizure_reports"] == before == {NAMED: None}
