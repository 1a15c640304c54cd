"""What a stream delivers of a change that time alone brought about."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from streams.gateway.feeds import Delivery, find_feed
from streams.gateway.ids import Ids
from streams.gateway.live import Seen
from streams.gateway.rooms import Rooms
from streams.gateway.standing import Standing
from streams.store.visibility import Viewer
from tests.store_cases import current

END = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def nobody(uuid: UUID) -> None:
    return None


@pytest.mark.parametrize(("behind", "at", "told"), [(5, END, True), (0, END, True), (5, END - timedelta(seconds=1), False)])
async def test_a_report_freed_at_its_instant_is_told_although_the_gateway_s_clock_is_behind(behind, at, told):
    change = current("freed", embargo_until=END.isoformat(), change="released", version=2) | {"at": at.isoformat()}
    standing = Standing()
    standing.take(change, 7, int(END.timestamp() * 1000))
    feed = find_feed("all")
    assert feed is not None
    delivery = Delivery(Viewer("b.serik", "KZ-KNB", "KZ", "officer"), feed, Ids(bytes(range(64))), lambda: standing, Rooms, nobody)
    seen = Seen(0, 7, int(END.timestamp() * 1000), {"type": "report", "change": change})
    event = await delivery.event(seen, END - timedelta(seconds=behind))
    assert (event is not None) is told
