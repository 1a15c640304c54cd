"""Controlled deliveries for the browser's tests, driven as officers drive them: act by act over HTTP, on the running centre."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any
from uuid import uuid4

import httpx

from tests.system import System
from tests.unit.deliveries.office import AUTHORISATION, BORDERS, form, informed

LEGS = (("TJ", "TJ-DCA", "Карамык"), ("KG", "KG-DCS", "Ак-Жол"), ("KZ", "KZ-KNB", "Жаңажол"), ("RU", "RU-MVD", None))
POSTS = [*BORDERS, informed("KZ", "Zhana Zhol"), informed("RU", "Petukhovo")]
OFFICERS = {"TJ-DCA": "n.rahimov", "KG-DCS": "t.eam", "KG-SDCA": "f.ollows", "KZ-KNB": "a.seitkali", "RU-MVD": "i.petrov"}
DESK = "CARICC/d.officer"
VALID_H = 9


def soon(**delta: float) -> str:
    """A moment from now, RFC 3339."""
    return (datetime.now(UTC) + timedelta(**delta)).isoformat()


@dataclass
class Room:
    """One delivery: `act` sends and gives the answer, `must` expects it applied. `who` is AGENCY/person."""

    system: System
    delivery: str
    way: tuple[tuple[str, str, str | None], ...] = LEGS

    def act(self, who: str, act: str, **fields: Any) -> httpx.Response:
        """The centre's answer. A worker that has just started takes longer than a caller waits: then the same act goes again."""
        agency, _, person = who.partition("/")
        said = {"id": str(uuid4()), "delivery": self.delivery, "act": act, "at": soon(), **fields}
        with self.system.client(agency, "coordinator" if agency == "CARICC" else "officer", person or OFFICERS[agency]) as client:
            while (answer := client.post("/v1/deliveries/acts", json=said, params={"wait": "10s"})).status_code == 202:
                pass
            return answer

    def must(self, who: str, act: str, **fields: Any) -> str:
        """The id of the act, which was applied."""
        answer = self.act(who, act, **fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["act"])

    def lines(self) -> list[dict[str, Any]]:
        """The timeline, as the desk sees it."""
        with self.system.client("CARICC", "coordinator", DESK.partition("/")[2]) as client:
            items: list[dict[str, Any]] = client.get(f"/v1/deliveries/{self.delivery}/events", params={"limit": 1000}).json()["items"]
        return items

    def requested(self) -> "Room":
        """Asked for by one officer of the lead, signed by another."""
        countries = [country for country, _, _ in self.way]
        legs = []
        for number, (country, agency, border) in enumerate(self.way, 1):
            leg = {"country": country, "number": number, "authority": agency, "controller": agency}
            leg["exit_planned"] = soon(hours=3 * number)
            legs.append(leg | ({"exit": {"country": country, "crossing": border}, "handover_place": border} if border else {}))
        plan = {
            "legs": legs,
            "goods": [{"substance": "heroin", "kg": "24", "uncertainty_kg": "0.05"}],
            "seals": ["S-1"],
            "coordinators": [DESK],
        }
        # Each its own lorry: who controls one learns that something else has its number.
        lorry = {"kind": "truck", "registration": f"9{self.delivery.rpartition('-')[2]:0>3} XK 01", "country": "TJ"}
        case = form(countries, delivery_ref=self.delivery, exercise=True, reply_by=soon(hours=VALID_H), conveyances=[lorry])
        request = self.must("TJ-DCA", "request", form=case, plan=plan)
        self.must("TJ-DCA/f.saidov", "signature", request=request)
        return self

    def consent(self, *legs: int) -> "Room":
        """These legs' authorities consent in writing."""
        for number in legs:
            self.must(self.way[number - 1][1], "consent", leg=number, authorisation=AUTHORISATION | {"valid_until": soon(hours=VALID_H)})
        return self

    def running(self, *consented: int) -> "Room":
        """On leg 1, with its controller."""
        self.requested().consent(1, *consented)
        ready = self.must("TJ-DCA", "ready", informed_posts=POSTS)
        with self.system.client("CARICC", "coordinator", DESK.partition("/")[2]) as client:
            while not client.get(f"/v1/deliveries/{self.delivery}").json()["delivery"]["deconfliction"]["answered"]:
                sleep(0.2)
        # All that a test opens go the same way.
        self.must(DESK, "ready_confirmed", ready=ready, deconfliction="arranged")
        self.must("TJ-DCA", "start")
        return self

    def offered(self, **lasts: float) -> "Room":
        """Leg 1 has offered to leg 2, for half an hour or as long as is said after the handover."""
        at = datetime.now(UTC) + timedelta(seconds=1)
        self.must(
            "TJ-DCA", "offer", handover_at=at.isoformat(), expires=(at + timedelta(**lasts or {"minutes": 30})).isoformat(), place="Карамык"
        )
        return self
