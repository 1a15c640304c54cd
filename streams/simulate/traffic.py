"""The traffic itself: a seeded stream of messages, the same for the same seed but for their times.

Most are new seizures; the rest is what a centre lives with: retransmissions, corrections, withdrawals, late revisions, the same seizure
from a second agency, intelligence, laboratory results, controlled-delivery messages, and what cannot be read at all.
"""

import copy
import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from streams.simulate import routes

Cast = Mapping[str, tuple[str, ...]]
"""Country → its agencies, first the one that reports most."""

KEPT = 400
CONTAINER_OWNERS = ("MSKU", "TEMU", "TGHU", "CAIU", "MEDU")
_LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11), strict=True))


@dataclass(frozen=True, slots=True)
class Message:
    """One message of one officer: wait `pause_s`, then send `body`."""

    pause_s: float
    agency: str
    person: str
    body: bytes
    about: str


@dataclass(slots=True)
class _Sent:
    agency: str
    report: dict[str, Any]


class Traffic:
    """Iterate to get messages without end. `per_minute` is the mean rate; pauses are exponential, as independent arrivals are."""

    def __init__(self, seed: int, cast: Cast, now: Callable[[], datetime], per_minute: float = 30) -> None:
        self._random = random.Random(seed)
        self._cast = cast
        self._now = now
        self._rate = per_minute / 60
        self._sent: list[_Sent] = []
        self._numbers: dict[str, int] = {}
        # The same story told again on another day is of other reports.
        self._tag = f"{now():%d%H%M%S}{seed:x}"

    def __iter__(self) -> Iterator[Message]:
        acts: tuple[tuple[int, Callable[[], Message | None]], ...] = (
            (56, self._seizure),
            (9, self._second_agency),
            (8, self._retransmission),
            (8, self._correction),
            (5, self._intelligence),
            (4, self._delivery),
            (3, self._malformed),
            (2, self._withdrawal),
            (2, self._late_revision),
            (2, self._laboratory),
            (1, self._assistance),
        )
        while True:
            (act,) = self._random.choices([act for _, act in acts], [weight for weight, _ in acts])
            if message := act():
                yield message

    def _message(self, agency: str, body: bytes, about: str) -> Message:
        person = f"officer{self._random.randrange(1, 4)}.{agency.lower()}"
        return Message(self._random.expovariate(self._rate), agency, person, body, about)

    def _send(self, agency: str, report: dict[str, Any], about: str, *, keep: bool = True) -> Message:
        if keep:
            self._sent.append(_Sent(agency, report))
            del self._sent[:-KEPT]
        return self._message(agency, orjson.dumps(report), about)

    def _number(self, agency: str, prefix: str = "") -> str:
        self._numbers[agency] = number = self._numbers.get(agency, 0) + 1
        return f"{prefix}{self._now():%Y}-{self._tag}-{number:05d}"

    def _agency(self, country: str) -> str:
        agencies = self._cast[country]
        return self._random.choices(agencies, [2 ** (len(agencies) - n) for n in range(len(agencies))])[0]

    def _handling(self, agency: str, tlp: str | None = None, recipients: tuple[str, ...] = ()) -> dict[str, Any]:
        source, information = self._random.choice("AABBCX"), self._random.choice("11234")
        handling: dict[str, Any] = {
            "originator": agency,
            "tlp": tlp or self._random.choices(("AMBER", "GREEN", "AMBER+STRICT", "CLEAR"), (60, 25, 10, 5))[0],
            "evaluation": {"scheme": "4x4", "source": source, "information": information},
        }
        if recipients:
            handling["recipients"] = list(recipients)
        if tlp is None and self._random.random() < 0.15:
            handling["release"] = [{"partner": self._random.choice(("EUROPOL", "INTERPOL", "SELEC")), "hops": 1}]
        return handling

    def _local(self, at: datetime, country: str) -> str:
        hours = {"RU": 5, "AZ": 4, "KG": 6}.get(country, 5)
        offset = timedelta(hours=hours)
        return (at + offset).strftime("%Y-%m-%dT%H:%M:%S") + f"+{hours:02d}:00"

    def _seizure(self) -> Message:
        path = self._random.choices(routes.PATHS, [path.weight for path in routes.PATHS])[0]
        stop = self._random.randrange(len(path.posts))
        post = path.posts[stop]
        agency = self._agency(post.country)
        goods = self._random.choices(path.goods, [goods.weight for goods in path.goods])[0]
        at = self._now() - timedelta(minutes=self._random.expovariate(1 / 90))
        amount = min(goods.high, goods.low * self._random.lognormvariate(1.2, 1.1))
        whole = goods.unit in ("tablets", "capsules")
        russian = self._random.random() < 0.6
        report: dict[str, Any] = {
            "kind": "seizure",
            "report_id": self._number(agency),
            "revision": 1,
            "handling": self._handling(agency),
            "issued": self._local(self._now() - timedelta(minutes=self._random.uniform(0, 5)), post.country),
            "language": "ru" if russian else "en",
            "occurred": self._local(at, post.country),
            "place": {
                "kind": post.kind,
                "country": post.country,
                "crossing" if post.kind == "border_crossing" else "name": post.russian if russian else post.name,
            },
            "substances": [
                {
                    "name": self._random.choice(goods.names),
                    "form": goods.form,
                    "quantity": {"amount": str(int(amount) + 1) if whole else f"{amount:.3f}", "unit": goods.unit},
                    "concealment": self._random.choice(routes.CONCEALMENTS),
                }
            ],
            "route": {
                "departure": {"place": {"country": path.origin[0], "locality": path.origin[1]}},
                "transit": [{"place": {"country": passed.country, "crossing": passed.name}} for passed in path.posts[: stop + 1]],
                "destination": {"place": {"country": path.destination[0], "locality": path.destination[1]}},
            },
            "method": self._random.choice(("routine_control", "profiling", "intelligence", "dog", "x_ray", "chance")),
        }
        report["title"] = self._title(report, post, russian=russian)
        self._people_and_vehicles(report, post.country)
        return self._send(agency, report, "seizure")

    @staticmethod
    def _title(report: dict[str, Any], post: routes.Post, *, russian: bool) -> str:
        substance = report["substances"][0]
        amount = f"{substance['quantity']['amount']} {substance['quantity']['unit']}"
        return f"{substance['name']}, {amount}, {post.russian if russian else post.name}"

    def _people_and_vehicles(self, report: dict[str, Any], country: str) -> None:
        draw = self._random
        if draw.random() < 0.7:
            kind, make = draw.choice(routes.MAKES)
            plate = f"{draw.randrange(1, 10_000):04d} {''.join(draw.choices('ABCEHKMPTX', k=2))} {draw.randrange(1, 15):02d}"
            report["conveyances"] = [
                {"kind": kind, "make": make, "registration": plate, "country": draw.choice(("TJ", "UZ", "KZ", "KG", "RU", country))}
            ]
            if kind == "truck" and draw.random() < 0.6:
                report["containers"] = [{"number": self._container(), "declared_goods": draw.choice(routes.DECLARED)}]
        if draw.random() < 0.75:
            first, last = draw.choice(routes.FIRST), draw.choice(routes.LAST)
            nationality = draw.choice(("TJ", "UZ", "KG", "KZ", "RU", "AZ", "TM"))
            person: dict[str, Any] = {
                "kind": "person",
                "names": [f"{last[0]} {first[0]}"],
                "role": draw.choice(("driver", "courier", "owner", "passenger")),
                "nationalities": [nationality],
                "arrested": draw.random() < 0.8,
                "born": str(draw.randrange(1960, 2005)),
                "documents": [
                    {"kind": "passport", "number": f"{draw.choice('ABN')}{draw.randrange(10**7, 10**8)}", "country": nationality}
                ],
            }
            if draw.random() < 0.4:
                person["names"].append(f"{last[1]} {first[1]}")
            if draw.random() < 0.5:
                person["phones"] = [{"number": f"+{draw.choice(('992', '998', '996', '7'))}{draw.randrange(10**8, 10**9)}"}]
            report["parties"] = [person]
            report["arrests"] = int(person["arrested"])

    def _container(self) -> str:
        body = self._random.choice(CONTAINER_OWNERS) + f"{self._random.randrange(10**6):06d}"
        total = sum((_LETTERS.get(sign) or int(sign)) * 2**place for place, sign in enumerate(body))
        digit = total % 11 % 10
        # One number in twelve is miswritten, as on real forms.
        return f"{body}{digit if self._random.randrange(12) else (digit + 3) % 10}"

    def _earlier(self, kind: str | None = None) -> _Sent | None:
        candidates = [sent for sent in self._sent if (kind is None or sent.report["kind"] == kind) and sent.report["kind"] != "withdrawal"]
        return self._random.choice(candidates) if candidates else None

    def _second_agency(self) -> Message | None:
        first = self._earlier("seizure")
        if first is None or first.report["revision"] > 1:
            return None
        country = first.report["place"]["country"]
        others = [agency for agency in self._cast[country] if agency != first.agency]
        if not others:
            return None
        agency = self._random.choice(others)
        report = copy.deepcopy(first.report)
        report |= {"report_id": self._number(agency), "handling": self._handling(agency)}
        report["issued"] = self._local(self._now(), country)
        report.pop("title", None)
        quantity = report["substances"][0]["quantity"]
        if quantity["unit"] in ("kg", "g", "l"):
            quantity["amount"] = f"{float(quantity['amount']) * self._random.uniform(0.97, 1.03):.3f}"
        return self._send(agency, report, "the same seizure from a second agency")

    def _retransmission(self) -> Message | None:
        first = self._earlier()
        return None if first is None else self._send(first.agency, first.report, "retransmission", keep=False)

    def _newest(self, sent: _Sent) -> int:
        identity = sent.report["handling"]["originator"], sent.report["report_id"]
        return max(int(s.report["revision"]) for s in self._sent if (s.report["handling"]["originator"], s.report["report_id"]) == identity)

    def _correction(self) -> Message | None:
        first = self._earlier("seizure")
        if first is None:
            return None
        report = copy.deepcopy(first.report)
        report["revision"] = self._newest(first) + 1
        report["correction"] = {"reason": "weighed again", "fields": ["substances[0].quantity"]}
        report["issued"] = self._local(self._now(), report["place"]["country"])
        quantity = report["substances"][0]["quantity"]
        quantity["amount"] = (
            f"{float(quantity['amount']) * self._random.uniform(0.8, 1.2):.0f}"
            if "." not in quantity["amount"]
            else (f"{float(quantity['amount']) * self._random.uniform(0.8, 1.2):.3f}")
        )
        return self._send(first.agency, report, "correction")

    def _late_revision(self) -> Message | None:
        """A second revision overtakes the first, which follows later as a retransmission."""
        first = self._earlier("seizure")
        if first is None or self._newest(first) > 1:
            return None
        late = copy.deepcopy(first.report)
        late["report_id"] = self._number(first.agency)
        late["handling"] = first.report["handling"]
        self._sent.append(_Sent(first.agency, late))
        early = copy.deepcopy(late) | {"revision": 2, "correction": {"reason": "completed"}}
        return self._send(first.agency, early, "revision 2 before revision 1")

    def _withdrawal(self) -> Message | None:
        first = self._earlier("seizure")
        if first is None:
            return None
        report = {
            "kind": "withdrawal",
            "withdraws": "seizure",
            "report_id": first.report["report_id"],
            "revision": self._newest(first) + 1,
            "handling": first.report["handling"],
            "issued": self._local(self._now(), first.report["place"]["country"]),
            "reason": "entered twice",
        }
        return self._send(first.agency, report, "withdrawal")

    def _intelligence(self) -> Message:
        path = self._random.choice(routes.PATHS)
        post, goods = self._random.choice(path.posts), self._random.choice(path.goods)
        agency = self._agency(post.country)
        report = {
            "kind": "intelligence",
            "report_id": self._number(agency, "I"),
            "revision": 1,
            "handling": self._handling(agency),
            "issued": self._local(self._now(), post.country),
            "language": "ru",
            "topic": self._random.choice(("route", "trafficking", "method")),
            "summary": f"Ожидается перевозка: {goods.names[-1]}, через {post.russian}, направление {path.destination[1]}.",
            "occurred": f"{self._now():%Y-%m}",
            "places": [{"country": post.country, "crossing": post.russian}],
            "substances": [{"name": goods.names[0]}],
        }
        return self._send(agency, report, "intelligence")

    def _delivery(self) -> Message:
        path = self._random.choice([path for path in routes.PATHS if path.goods[0] is routes.HEROIN])
        post = self._random.choice(path.posts)
        agency = self._agency(post.country)
        partner = self._agency(self._random.choice([passed.country for passed in path.posts]))
        number = f"CD-{self._now():%Y}-{self._random.randrange(1, 6):03d}"
        report = {
            "kind": "controlled_delivery",
            "report_id": self._number(agency, "D"),
            "revision": 1,
            "handling": self._handling(agency, "RED", (partner, "CARICC/duty.coordinator")),
            "issued": self._local(self._now(), post.country),
            "delivery_ref": number,
            "act": "message",
            "at": self._local(self._now(), post.country),
            "leg": {"country": post.country, "number": 1},
            "reason": f"Consignment expected at {post.name}",
        }
        return self._send(agency, report, "controlled delivery")

    def _laboratory(self) -> Message | None:
        first = self._earlier("seizure")
        if first is None:
            return None
        country = first.report["place"]["country"]
        agency = self._cast[country][-1]
        substance = first.report["substances"][0]["name"]
        report = {
            "kind": "laboratory_result",
            "report_id": self._number(agency, "L"),
            "revision": 1,
            "handling": self._handling(agency),
            "issued": self._local(self._now(), country),
            "about": {"originator": first.agency, "report_id": first.report["report_id"]},
            "laboratory": "Forensic laboratory",
            "analysed": self._local(self._now() - timedelta(hours=2), country),
            "method": "GC-MS",
            "samples": [
                {
                    "number": "1",
                    "components": [
                        {"substance": {"name": substance}, "percent": f"{self._random.uniform(5, 90):.1f}"},
                        {"substance": {"name": "caffeine"}, "percent": f"{self._random.uniform(1, 10):.1f}", "role": "adulterant"},
                    ],
                }
            ],
        }
        return self._send(agency, report, "laboratory result")

    def _assistance(self) -> Message:
        country, other = self._random.sample(sorted(self._cast), 2)
        agency, asked = self._agency(country), self._agency(other)
        report = {
            "kind": "assistance_request",
            "report_id": self._number(agency, "R"),
            "revision": 1,
            "handling": self._handling(agency, "AMBER+STRICT", (asked,)),
            "issued": self._local(self._now(), country),
            "priority": self._random.choice(("routine", "routine", "urgent")),
            "subject": "Owner of a vehicle",
            "request": "Просим установить владельца транспортного средства и сообщить о пересечениях границы.",
            "addressees": [asked],
            "reply_by": self._local(self._now() + timedelta(days=2), country),
        }
        return self._send(agency, report, "request for assistance")

    def _malformed(self) -> Message | None:
        first = self._earlier("seizure")
        if first is None:
            return None
        report = copy.deepcopy(first.report)
        report["report_id"] = self._number(first.agency)
        fault = self._random.randrange(7)
        if fault == 0:
            return self._message(first.agency, orjson.dumps(report)[:-20], "malformed: cut off in mid-sentence")
        if fault == 1:
            report["ocurred"] = report.pop("occurred")
        elif fault == 2:
            report["occurred"] = "18.03.2026 04:30"
        elif fault == 3:
            report["substances"][0]["quantity"]["amount"] = "about ten"
        elif fault == 4:
            report["occurred"] = "1900-01-01"
        elif fault == 5:
            report["place"] = {}
        else:
            report["handling"] = report["handling"] | {
                "originator": self._random.choice([a for c in self._cast.values() for a in c if a != first.agency])
            }
        return self._message(first.agency, orjson.dumps(report), "malformed")
