"""Which requests for assistance somebody at the centre answers for: those that its desk may read, as long as they stand."""

from typing import Any

import orjson

from schemas.duty import OpenRequest
from streams.engine.effects import Record
from streams.stages import deduplicate
from tests.examples import ASSISTANCE
from tests.unit.stages.building import Memory, enriched, of, run

Json = dict[str, Any]
DECIDE = deduplicate.stage()


def told(*records: Record) -> list[Json]:
    """What the duty is told, one for each record or None."""
    state, found = Memory(), []
    for arriving in records:
        said = of(run(DECIDE, state, arriving), "duty.inbox")
        found += said or [{}]
    for one in found:
        if one:
            OpenRequest.model_validate(one)
    return found


def asked(revision: int = 1, tlp: str = "AMBER+STRICT", **more: Any) -> Json:
    handling = ASSISTANCE["handling"] | {"tlp": tlp, "recipients": more.pop("recipients", ["UZ-SCC"])} | more.pop("handling", {})
    sent: Json = orjson.loads(orjson.dumps(ASSISTANCE | {"revision": revision, "handling": handling, **more}))
    return sent


def withdrawn(revision: int) -> Json:
    kept = {name: asked(revision)[name] for name in ("report_id", "revision", "handling", "issued")}
    return {"kind": "withdrawal", "withdraws": "assistance_request", "reason": "answered", **kept}


def test_a_request_is_open_until_it_is_withdrawn_and_each_revision_is_news() -> None:
    first, second, gone = told(enriched(asked()), enriched(asked(2, priority="flash"), 1), enriched(withdrawn(3), 2))
    assert (first["open"], first["priority"], first["members"], first["revision"]) == (True, "urgent", None, 1)
    assert (second["open"], second["priority"], second["revision"]) == (True, "flash", 2)
    assert gone["open"] is False


def test_what_the_desk_may_not_read_is_not_its_to_answer_for() -> None:
    (red,) = told(enriched(asked(tlp="RED")))
    assert red["open"] is False
    (named,) = told(enriched(asked(tlp="RED", recipients=["UZ-SCC", "CARICC/d.duty"])))
    assert (named["open"], named["members"]) == (True, ["CARICC/d.duty"])
    (desk,) = told(enriched(asked(tlp="RED", recipients=["CARICC"])))
    assert (desk["open"], desk["members"]) == (True, None)
    # Raised to RED: it is taken back from the desk.
    _, raised = told(enriched(asked()), enriched(asked(2, tlp="RED"), 1))
    assert raised["open"] is False


def test_an_embargo_keeps_it_from_the_desk_until_it_ends() -> None:
    (kept,) = told(enriched(asked(handling={"embargo_until": "2027-01-01T00:00:00Z"})))
    assert kept == {}


def test_no_other_kind_of_report_is_anybodys_item() -> None:
    seizure = {"kind": "seizure", "occurred": "2026-03-18", "place": {"country": "TJ"}, "substances": [{"name": "heroin"}]}
    kept = {name: asked()[name] for name in ("report_id", "handling", "issued")} | {"revision": 1}
    assert told(enriched(seizure | kept)) == [{}]
