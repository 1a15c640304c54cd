"""What a report meets, and what a live delivery keeps in: neither tells of the other (leak rules 2 and 4, decision 0605)."""

from typing import Any

import orjson
import pytest

from schemas.records import FeedItem
from streams.engine.effects import Record
from streams.gateway.feeds import Delivery, find_feed
from streams.gateway.ids import Ids
from streams.gateway.live import Seen
from streams.gateway.rooms import Rooms
from streams.gateway.standing import Standing
from streams.stages import deduplicate, link
from streams.store.visibility import Viewer
from tests.unit.gateway.test_delivery import END, nobody
from tests.unit.stages.building import AT, Memory, enriched, of, record, report, run
from tests.unit.stages.test_stage_guard import DELIVERY, unguard, watched

REPORTS, LINKS = deduplicate.stage(), link.stage()


def lived(*arriving: Record) -> list[dict[str, Any]]:
    """The feed after each of these went through the reports stage and what it sighted through the links stage, one after the other."""
    reports: dict[bytes | None, Memory] = {}
    links: dict[bytes | None, Memory] = {}
    feed: list[dict[str, Any]] = []
    for one in arriving:
        emits = run(REPORTS, reports.setdefault(one.key, Memory()), one)
        feed += of(emits, "feed")
        for number, emit in enumerate(emit for emit in emits if emit.channel == "sightings"):
            feed += of(
                run(LINKS, links.setdefault(emit.key, Memory()), record(emit.value, "sightings", key=emit.key, offset=number)), "feed"
            )
    return feed


async def heard(viewer: Viewer, feed: list[dict[str, Any]]) -> list[Any]:
    """What the viewer's stream shows of it as it comes."""
    standing, wanted, events = Standing(), find_feed("all"), []
    assert wanted is not None
    delivery = Delivery(viewer, wanted, Ids(bytes(range(64))), lambda: standing, Rooms, nobody)
    for offset, item in enumerate(feed):
        FeedItem.model_validate(item)
        if item["type"] == "report":
            standing.take(item["change"], offset, AT)
        if (event := await delivery.event(Seen(0, offset, AT, item), END)) is not None:
            events.append(event)
    return events


@pytest.mark.parametrize("mode", [{}, {"match_mode": "mutual"}, {"match_mode": "never"}])
@pytest.mark.parametrize("originator", ["TJ-DCA", "CARICC"])
async def test_who_reports_does_not_see_by_what_his_report_meets_whether_it_is_kept_in(originator: str, mode: dict[str, str]) -> None:
    """He knows of a report that his own ought to meet; the first of his bears nothing that is watched, the second does."""
    known = enriched(report(originator="UZ-CUS", tlp="GREEN", match_mode="mutual"), 1)
    own = [enriched(report(revision, originator=originator, tlp="GREEN", **mode), revision + 1) for revision in (1, 2)]
    plain, kept_in = lived(known, *own), lived(known, own[0], watched(own[1], DELIVERY))
    role = "coordinator" if originator == "CARICC" else "officer"
    viewer = Viewer("n.rahimov", originator, None if originator == "CARICC" else "TJ", role)
    assert orjson.dumps(await heard(viewer, plain)) == orjson.dumps(await heard(viewer, kept_in))
    if mode.get("match_mode") != "never":
        assert [item for item in plain if item["type"] == "incident"] != [item for item in kept_in if item["type"] == "incident"]


async def test_what_is_let_out_is_matched_unless_its_originator_says_never() -> None:
    for mode, statuses in (({}, ["proposed"]), ({"match_mode": "never"}, [])):
        first, second = enriched(report(originator="UZ-CUS", tlp="GREEN"), 1), enriched(report(tlp="GREEN", **mode), 2)
        feed = lived(first, watched(second, DELIVERY), unguard("ended", 3))
        assert [item["change"]["status"] for item in feed if item["type"] == "incident"] == statuses
        desk = await heard(Viewer("d.duty", "CARICC", None, "coordinator"), feed)
        assert [event["status"] for name, event in desk if name == "incident"] == statuses
