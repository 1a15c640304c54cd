"""What the centre gets: reports of the region, some under an embargo that ends within seconds, acts in controlled deliveries, edits.

The same for the same seed but for the times, which are those of the sending. Nobody waits for an answer: whatever comes first, each record
is answered once.
"""

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import orjson

from streams.gateway.batches import Piece, read_item
from streams.simulate.traffic import Message, Traffic
from tests.crash.oracle import Log
from tests.unit.deliveries.office import AUTHORISATION, INFORMED, form, plan
from tests.unit.directory.desk import NEW, OLD, entry

CAST = {country: (f"{country}-DCA", f"{country}-CUS", f"{country}-MVD") for country in ("AZ", "KZ", "KG", "RU", "TJ", "TM", "UZ")}
EMBARGOED = 25
"""Every so many seizures one is kept in for some seconds."""
LEAD, SECOND, RECEIVER, DUTY = "TJ-DCA/n.rahimov", "TJ-DCA/f.saidov", "KG-SCNBC/t.eam", "CARICC/d.duty"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sent:
    """One record, as the gateway writes it: `body` is made when it is sent, by the time that it is then.

    `answered`: it leaves one answer. `after`: what must be in the log before it is sent.
    """

    channel: str
    key: bytes
    body: Callable[[datetime], bytes]
    headers: tuple[tuple[str, bytes], ...] = ()
    answered: bool = True
    after: Callable[[Log], bool] | None = None


def reports(seed: int, number: int, embargoed: int = EMBARGOED) -> list[Sent]:
    """Two months of reports, so that no block of matching overflows and forgets; customs by the bulk lane. `embargoed`: one of so many."""
    minutes, chance = itertools.count(), random.Random(seed)
    began = datetime.now(UTC) - timedelta(days=60)
    messages = itertools.islice(Traffic(seed, CAST, lambda: began + timedelta(minutes=next(minutes))), number)
    return [_report(message, chance, embargoed) for message in messages]


def _report(message: Message, chance: random.Random, one_of: int) -> Sent:
    item = read_item(Piece(message.body), "bulk" if message.agency.endswith("-CUS") else "live")
    headers = (("ric_agency", message.agency.encode()), ("ric_person", message.person.encode()))
    key = (item.key or message.agency).encode()
    kept_s = chance.uniform(1.0, 6.0)
    if item.problems or chance.randrange(one_of) or b'"withdraws"' in message.body:
        return Sent(item.channel, key, lambda _: message.body, headers)
    report = orjson.loads(message.body)

    def embargoed(now: datetime) -> bytes:
        handling = report["handling"] | {"embargo_until": (now + timedelta(seconds=kept_s)).isoformat()}
        return orjson.dumps(report | {"handling": handling})

    return Sent(item.channel, key, embargoed, headers)


def cache_first(body: Callable[[datetime], bytes]) -> Callable[[datetime], bytes]:
    """What it said the first time, however often it is asked."""
    said: list[bytes] = []

    def first(now: datetime) -> bytes:
        if not said:
            said.append(body(now))
        return said[0]

    return first


def acting(seed: str, name: str) -> tuple[Callable[..., str], list[Sent]]:
    """A delivery's acts by hand: says one, whose id it gives, and the list of what was said."""
    chance = random.Random(seed)
    made: list[Sent] = []

    def act(who: str, act: str, **said: Any) -> str:
        ident = str(UUID(int=chance.getrandbits(128), version=4))
        agency, person = who.split("/")
        by: Json = {"agency": agency, "person": person, "role": "officer", "country": agency[:2]}
        if agency == "CARICC":
            by |= {"role": "coordinator", "country": None}

        # The same act sent again is the same to the byte.
        @cache_first
        def body(now: datetime) -> bytes:
            timed = {field: (now + after).isoformat() if isinstance(after, timedelta) else after for field, after in said.items()}
            return orjson.dumps(
                {"type": "act", "by": by, "act": {"id": ident, "delivery": name, "at": now.isoformat(), "act": act, **timed}}
            )

        made.append(Sent("deliveries.inbox", name.encode(), body))
        return ident

    return act, made


def opened(act: Callable[..., str], made: list[Sent], name: str, **named: Any) -> None:
    """From the request to the start. `named`: what the form names besides."""
    request = act(LEAD, "request", form=form(delivery_ref=name, **named), plan=plan())
    act(SECOND, "signature", request=request)
    act(LEAD, "consent", leg=1, authorisation=AUTHORISATION)
    act("KG-GP/p.rosecutor", "consent", leg=2, authorisation=AUTHORISATION)
    # Deconfliction's word, which comes by itself, but later than anybody waits here. Of a plan that stands no more it means nothing.
    for plan_number in (1, 2):
        made.append(Sent("deliveries.inbox", name.encode(), partial(_deconflicted, plan_number), answered=False))
    ready = act(LEAD, "ready", informed_posts=INFORMED)
    act(DUTY, "ready_confirmed", ready=ready, deconfliction="clear")
    act(LEAD, "start")


def delivery(seed: int, number: int) -> list[Sent]:
    """One delivery from its request to a second handover that nobody accepts; one act comes twice, and two officers accept the first."""
    chance, name = random.Random(f"{seed}/{number}"), f"TJ-DCA/CD-{number}"
    act, made = acting(f"{seed}/{name}", name)
    opened(act, made, name)
    act(LEAD, "check_in", eyes_on=True)
    act(RECEIVER, "receiver_in_place", leg=2, eyes_on=True)
    offer = act(LEAD, "offer", handover_at=timedelta(minutes=30), place="Карамык")
    act(RECEIVER, "acceptance", leg=2, offer=offer, eyes_on=True)
    accepted = made[-1]
    act("KG-SCNBC/o.ther", "acceptance", leg=2, offer=offer, eyes_on=True)
    made.append(accepted)
    act("KZ-GP/p.rosecutor", "consent", leg=3, authorisation=AUTHORISATION)
    act(RECEIVER, "offer", handover_at=timedelta(seconds=1), expires=timedelta(seconds=chance.uniform(2, 5)), place="Кордай")
    act(RECEIVER, "check_in", eyes_on=True)
    act(RECEIVER, "alert", reason="колонна")
    return made


def _deconflicted(plan_number: int, now: datetime) -> bytes:
    return orjson.dumps({"type": "deconfliction", "plan": plan_number, "at": now.isoformat(), "contact": False})


def directory(number: int) -> list[Sent]:
    """An authority publishes its entry, a second officer calls back and confirms it; the next version waits for its second person."""
    agency = f"{tuple(CAST)[number % len(CAST)]}-D{number}"
    first, second = f"{agency}/n.rahimov", f"{agency}/f.saidov"
    made: list[Sent] = []

    def edit(who: str, act: str, base: int, said: Callable[[str], Json]) -> None:
        by = {"agency": agency, "person": who.split("/")[1], "role": "officer", "country": agency[:2]}

        def body(now: datetime) -> bytes:
            at = now.isoformat()
            edited = {"authority": agency, "by": who, "at": at, "act": act, "base_version": base, **said(at)}
            return orjson.dumps({"type": "edit", "by": by, "edit": edited})

        made.append(Sent("directory.inbox", agency.encode(), body))

    edit(first, "publish", 0, lambda at: {"entry": entry(OLD, version=1, by=first, at=at)})
    call: Json = {"contact": "duty", "number": OLD, "spoke_with": "дежурный Назаров"}
    edit(second, "confirm", 1, lambda at: {"call_backs": [call | {"at": at}]})
    edit(first, "publish", 1, lambda at: {"entry": entry(NEW, version=2, by=first, at=at)})
    edit(second, "confirm", 2, lambda at: {"call_backs": [call | {"at": at, "number": NEW}]})
    return made


def mixed(seed: int, sequences: list[list[Sent]]) -> list[Sent]:
    """The sequences shuffled into one, each in its own order."""
    chance = random.Random(seed)
    turns = [index for index, sequence in enumerate(sequences) for _ in sequence]
    chance.shuffle(turns)
    waiting = [iter(sequence) for sequence in sequences]
    return [next(waiting[index]) for index in turns]


def load(seed: int, number: int, *more: list[Sent], deliveries: int = 6, authorities: int = 4) -> list[Sent]:
    """`number` reports, with deliveries, edits and `more` among them."""
    sequences = [reports(seed, number), *more]
    sequences += [delivery(seed, each) for each in range(deliveries)]
    sequences += [directory(each) for each in range(authorities)]
    return mixed(seed, sequences)
