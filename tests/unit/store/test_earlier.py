"""Reports from before a delivery's watch: what is looked for, which meet it, and what the delivery is told of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from schemas.watching import LookedBack, WatchMatch
from streams.reference.load import load
from streams.stages.enrich import enrich
from streams.store.earlier import MOST_TOLD, Look, looks, met, told
from tests.store_cases import current

Json = dict[str, Any]
DELIVERY = "TJ-DCA/CD-7"
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
PLATE = "plate:TJ:1234AB01"
BEARING = {"conveyances": [{"kind": "truck", "registration": "1234 АВ 01", "country": "TJ"}]}


def watch(*keys: str, members: tuple[str, ...] = ()) -> Json:
    numbers = [{"key": key, "by": "TJ-DCA/a", "grounds": "form", "part": None} for key in keys]
    said = {"type": "watch", "delivery": DELIVERY, "since": "2026-11-22T05:00:00Z", "by": "TJ-DCA/a", "members": members}
    return said | {"countries": ["TJ"], "numbers": numbers, "names": ["name:KRMV"], "places": []}


def look(*keys: str, **more: Any) -> Look:
    return Look(7, NOW, watch(*keys, **more))


def row(*, received: datetime = NOW - timedelta(hours=9), number: int = 1, **fields: Any) -> Json:
    """What `QUERY` gives of a report."""
    columns = {name: fields.pop(name) for name in ("held", "guarded", "embargo_until") if name in fields}
    made = current(f"R-{number}", originator="KG-SDCA", **fields)
    report = made["report"] | BEARING if not fields.get("narrative") else made["report"]
    return {
        "key": made["key"],
        "revision": 1,
        "received": received,
        "countries": ["KG"],
        "report": orjson.dumps(report).decode(),
        "enrichment": orjson.dumps(enrich(report, load())).decode(),
        "sender": orjson.dumps(made["sender"]).decode(),
        "held": False,
        "guarded": False,
        "embargo_until": None,
    } | columns


def test_a_report_that_bears_the_number_meets_and_keeps_nothing_in() -> None:
    match = met(look(PLATE).watches(), row(tlp="AMBER", recipients=("TJ-DCA",)), NOW)
    assert match is not None
    WatchMatch.model_validate_json(orjson.dumps(match))
    assert match == {
        "type": "match", "delivery": DELIVERY, "report": "KG-SDCA/R-1", "revision": 1, "held": False,
        "on": [{"kind": "plate", "how": "number"}], "closed": False, "countries": ["KG"],
        "handling": {"originator": "KG-SDCA", "tlp": "AMBER", "recipients": ["TJ-DCA"]},
        "received": "2026-11-21T21:00:00.000Z", "at": "2026-11-22T06:00:00.000Z",
    }  # fmt: skip


def test_a_report_that_is_never_to_be_matched_says_so_with_its_match() -> None:
    match = met(look(PLATE).watches(), row(match_mode="never"), NOW)
    assert match is not None
    assert match["handling"] == {"originator": "KG-SDCA", "tlp": "GREEN", "match_mode": "never"}


def test_a_raid_that_is_announced_in_words_meets() -> None:
    match = met(look(PLATE).watches(), row(kind="assistance_request", narrative="утром остановить 1234-AB-01 у поста"), NOW)
    assert match is not None
    assert match["on"] == [{"kind": "plate", "how": "text"}]
    assert met(look("plate:TJ:9999AB01").watches(), row(narrative="утром остановить 1234-AB-01 у поста"), NOW) is None


def test_who_is_named_in_the_room_reports_as_ever() -> None:
    assert met(look(PLATE, members=("KG-SDCA/n.rahimov",)).watches(), row(), NOW) is None
    assert met(look(PLATE, members=("KG-SDCA/a.nother",)).watches(), row(), NOW) is not None


@pytest.mark.parametrize(
    ("besides", "closed"),
    [
        ({"held": True}, True),
        ({"guarded": True}, True),
        ({"embargo_until": NOW + timedelta(hours=1)}, True),
        ({"embargo_until": NOW - timedelta(hours=1)}, False),
    ],
)
def test_what_keeps_a_report_in_besides_is_known(besides: Json, closed: bool) -> None:
    match = met(look(PLATE).watches(), row(**besides), NOW)
    assert match is not None
    assert match["closed"] is closed


def records(*watches: Json | None) -> list[tuple[bytes, bytes | None, int, int]]:
    at = int(NOW.timestamp() * 1000)
    return [(DELIVERY.encode(), None if each is None else orjson.dumps(each), number, at) for number, each in enumerate(watches, 3)]


def test_what_is_new_under_watch_is_looked_for_once() -> None:
    (begun,), known = looks(records(watch(PLATE), watch(PLATE, "seal:UZ88120")), {})
    assert (begun.offset, begun.at, begun.delivery) == (4, NOW, DELIVERY)
    assert [number["key"] for number in begun.watch["numbers"]] == [PLATE, "seal:UZ88120"]
    assert looks(records(watch(PLATE, "seal:UZ88120", members=("KG-SDCA/t.eam",))), known)[0] == []
    (grown,), known = looks(records(watch("seal:UZ88120", "cmr:7704512")), known)
    assert [number["key"] for number in grown.watch["numbers"]] == ["cmr:7704512"]
    (again,), known = looks(records(watch(PLATE, "cmr:7704512")), known)
    assert [number["key"] for number in again.watch["numbers"]] == [PLATE], "it was not under watch in between"
    assert looks(records(watch(PLATE, "cmr:7704512"), None), known) == ([], {})


def test_what_many_bear_is_not_looked_for() -> None:
    assert looks(records(watch("phone:+992372211334")), {})[0] == []
    mixed = look("phone:+992372211334", "container:MSKU1234565", "cmr:7704512").parameters()
    assert (mixed["values"], mixed["digits"]) == (["7704512%", "MSKU123456%"], ["%123456%"])


def test_the_most_urgent_is_told_last_for_it_then_stands_and_of_more_than_are_told_their_number() -> None:
    found = [
        (kind, met(look(PLATE).watches(), row(number=number, received=NOW - timedelta(hours=hours)), NOW) or {})
        for number, (kind, hours) in enumerate(
            [("seizure", 1), ("assistance_request", 30), ("intelligence", 2), ("controlled_delivery", 50), ("assistance_request", 3)]
        )
    ]
    assert [match["report"] for match in told(look(PLATE), found, NOW)] == [f"KG-SDCA/R-{number}" for number in (2, 0, 3, 1, 4)]
    many = [("seizure", found[0][1] | {"report": f"KG-SDCA/S-{number}"}) for number in range(MOST_TOLD + 9)]
    rest, *each = told(look(PLATE), [*many, *found], NOW)
    assert (rest["type"], rest["look"], rest["found"], rest["told"]) == ("looked_back", 7, MOST_TOLD + 14, MOST_TOLD)
    LookedBack.model_validate_json(orjson.dumps(rest))
    assert (len(each), each[-1]["report"]) == (MOST_TOLD, "KG-SDCA/R-4")
