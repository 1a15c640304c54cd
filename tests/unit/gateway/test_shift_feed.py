"""The feed of the shift says only that something changed, and to nobody who may not know of it."""

from typing import Any

from streams.gateway.feeds import Delivery, find_feed
from streams.gateway.ids import Ids
from streams.gateway.live import Seen
from streams.gateway.rooms import Rooms
from streams.gateway.standing import Standing
from streams.store.visibility import Viewer
from tests.unit.duty.house import ANNA, BORIS, DELIVERY, House
from tests.unit.gateway.test_delivery import END, nobody

Json = dict[str, Any]
NAMED, OUTSIDE = Viewer("a.nna", "CARICC", None, "coordinator"), Viewer("v.era", "CARICC", None, "coordinator")
CHIEF, PARTY = Viewer("c.hief", "CARICC", None, "supervisor"), Viewer("n.rahimov", "TJ-DCA", "TJ", "officer")


async def told(viewer: Viewer, body: Json) -> Json | None:
    feed = find_feed("shift")
    assert feed is not None
    event = await Delivery(viewer, feed, Ids(bytes(range(64))), Standing, Rooms, nobody).event(Seen(0, 0, 0, body, "duty.current"), END)
    assert event is None or event[0] == "shift"
    return None if event is None else event[1]


async def test_who_is_not_in_the_room_hears_nothing_of_its_items_nor_of_counts() -> None:
    house = House()
    house.must(ANNA, "on")
    came = house.officers[ANNA]
    house.after(1)
    item = house.items[house.delivery(DELIVERY, (ANNA, BORIS))]
    grown = house.officers[ANNA]
    assert grown["fell"] == 1
    assert await told(OUTSIDE, came) == {"rang": False}, "that somebody came on duty is no secret of a room"
    for body in (item, grown):
        assert await told(NAMED, body) == {"rang": False}
        assert await told(OUTSIDE, body) is None
        assert await told(PARTY, body) is None


async def test_supervisors_are_called_for_what_waits_and_for_what_comes_near() -> None:
    house = House()
    ringing = house.items[house.delivery(DELIVERY, (BORIS,))]
    assert await told(CHIEF, ringing) == {"rang": True}
    house.must(BORIS, "on")
    (fell,) = house.open.values()
    assert await told(CHIEF, fell) == {"rang": False}
    near = {"conflict": "x", "open": True, "since": "2026-11-22T00:00:00Z", "at": "2026-11-22T00:00:00Z"}
    assert await told(CHIEF, near) == {"rang": True}
    assert await told(NAMED, near) is None
