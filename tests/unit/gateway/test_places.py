"""Where devices are, as the gateway has it in mind: for those who see the delivery, the newest once, the trail when it is asked for."""

from datetime import timedelta

import httpx
import orjson

from streams.engine.effects import Emit
from streams.gateway.budget import Allowance
from streams.gateway.centre import Centre
from streams.gateway.rooms import Rooms
from tests.delivery_cases import FOLLOWER, LEAD, OUTSIDE, Json
from tests.unit.deliveries.office import DELIVERY
from tests.unit.positions.tracking import PLACED, Tracked, fix

WHO = "TJ-DCA/n.rahimov"


class Told(Tracked):
    """Keeps what both stages tell watchers, in the order of writing."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, Json]] = []

    def perform(self, emits: list[Emit]) -> None:  # type: ignore[override]
        emits = list(emits)
        self.told += [(emit.channel, orjson.loads(emit.value or b"")) for emit in emits if emit.channel == "deliveries.current"]
        super().perform(emits)

    def tell(self, body: Json) -> None:
        self.told.append(("deliveries.positions", body))


def noted(office: Told) -> Rooms:
    rooms = Rooms()
    for offset, (channel, body) in enumerate(office.told):
        if channel == "deliveries.positions":
            rooms.places.take(body, offset)
        elif body["type"] == "delivery":
            rooms.take(body, offset)
    return rooms


def reported() -> tuple[Told, str]:
    office = Told()
    office.running(2)
    device = office.place()
    for minute in range(3):
        office.now += timedelta(minutes=1)
        office.fixes(device, fix(office.now, round(38.56 + minute / 100, 2), 68.78))
        office.tell(office.shown[device])
    for hour, points in office.hours[device].items():
        office.tell({"type": "trail", "delivery": DELIVERY, "device": device, "hour": hour, "points": points})
    return office, device


def test_the_newest_position_is_for_those_in_the_room_and_comes_once() -> None:
    office, device = reported()
    rooms = noted(office)
    for viewer, wanted in ((LEAD, 1), (FOLLOWER, 1), *((viewer, 0) for viewer in OUTSIDE)):
        got = [rooms.event(viewer, channel, offset, body) for offset, (channel, body) in enumerate(office.told)]
        positions = [each for each in got if each is not None and each[0] == "position"]
        assert len(positions) == wanted, viewer
        assert all(data["device"] == device and data["position"]["lat"] == 38.58 for _, data in positions)


def test_the_trail_is_there_when_it_is_asked_for() -> None:
    office, device = reported()
    [found] = noted(office).places.of(DELIVERY)
    assert (found["device"], [point[1] for point in found["trail"]]) == (device, [38.56, 38.57, 38.58])


def test_a_device_reports_until_it_is_removed_and_nothing_is_kept_of_what_is_closed() -> None:
    office, device = reported()
    bound = noted(office).places.bound(device)
    assert bound is not None
    assert (bound.delivery, bound.part, bound.device, bound.agencies) == (DELIVERY, "A", PLACED["device"], {"TJ-DCA"})
    office.must(WHO, "device_removed", device=device, reason="снят")
    assert noted(office).places.bound(device) is None
    assert noted(office).places.of(DELIVERY)
    office.must(WHO, "aborted", reason="груз вскрыт")
    office.must(WHO, "closed", evidence_handed_over=True, shortfall_signed="x")
    assert noted(office).places.of(DELIVERY) == []


def test_an_allowance_fills_up_again() -> None:
    allowance = Allowance(5, 2)
    assert allowance.take(5, 0.0)
    assert not allowance.take(1, 0.4)
    assert allowance.take(1, 0.6)
    assert allowance.take(5, 60.0)
    assert not allowance.take(1, 60.0)


async def test_a_device_opens_nothing_else_and_nobody_else_reports_for_it(centre: Centre, http: httpx.AsyncClient, token: object) -> None:
    _, device = reported()
    credential = {"Authorization": f"Bearer {centre.ids.seal('device', '', bytes.fromhex(device.replace('-', '')))}"}
    for method, path in (("GET", "/v1/me"), ("GET", "/v1/deliveries"), ("POST", "/v1/deliveries/acts"), ("GET", "/v1/positions/")):
        assert (await http.request(method, path, headers=credential)).status_code == 401
    person = await http.post("/v1/positions", headers={"Authorization": f"Bearer {token()}"}, json={})  # type: ignore[operator]
    assert person.status_code == 403
    made_up = await http.post("/v1/positions", headers={"Authorization": "Bearer device-AAAA"}, json={})
    assert made_up.status_code == 401
    # Kafka is not there: nobody knows whether the device reports still, so nothing is taken.
    assert (await http.post("/v1/positions", headers=credential, json={})).status_code == 503
