"""What goes out of the gateway has its own sentences in Russian beside the English ones, and takes nothing from either."""

from typing import Any

import orjson

from schemas.alarms import of_event
from streams.gateway.asking import refused, unreadable
from streams.gateway.problems import problem
from streams.store.rooms import snapshot_for
from streams.store.visibility import Viewer
from tests.unit.deliveries.office import CENTRE, Office

LEAD = "TJ-DCA/n.rahimov"
DESK = Viewer("d.duty", CENTRE, None, "coordinator")


def alarms_of(office: Office) -> dict[str, dict[str, Any]]:
    shown = snapshot_for(DESK, office.board)
    return {alarm["kind"]: alarm for alarm in shown["alarms"]}


def test_a_snapshot_has_reasons_of_alarms_and_stops_in_russian_and_an_officers_words_as_written() -> None:
    office = Office().running(2)
    office.must(LEAD, "contact_lost", reason="no signal in the gorge")
    office.must(LEAD, "held", place="стоянка", guard="двое")
    office.must(LEAD, "alert", reason="contact lost")
    alarms = alarms_of(office)
    assert alarms["contact_lost"]["ru"] == {"kind": "Связь потеряна", "reason": f"заявил(а) {LEAD}: no signal in the gorge"}
    assert alarms["contact_lost"]["reason"] == f"declared by {LEAD}: no signal in the gorge"
    assert alarms["alert"]["ru"] == {"kind": "ТРЕВОГА"}
    hold = snapshot_for(DESK, office.board)["parts"][0]["hold"]
    assert hold["ru"]["reason"] == "удерживает контролирующий"
    assert hold["ru"]["needed"] == ["государство территории (TJ)", "ведущий (TJ-DCA)"]
    assert hold["needed"] == ["the state having territory (TJ)", "the lead (TJ-DCA)"]


def test_lines_of_the_timeline_are_told_apart_from_what_was_recorded() -> None:
    assert of_event("handover_window", {"minutes": 60, "go": False, "lacking": ["not offered", "leg 2 not consented"]}) == {
        "lacking": ["не предложена", "этап 2 не согласован"]
    }
    assert of_event("consent_expired", {"why": "the consent has run out"}) == {"why": "согласие истекло"}
    assert of_event("closed", {"unconfirmed": ["check_in (entered for KG-SCNBC/t.eam)"], "stays": ["S-1: check_in (entered for us)"]}) == {
        "unconfirmed": ["Доклад (за KG-SCNBC/t.eam)"]
    }
    assert of_event("contact_lost", {"reason": "the load was not seen in time"}) == {}


def test_every_refusal_has_its_code_and_its_words() -> None:
    decided = {"reason": "2 items are still yours", "mend": "each is accepted by somebody, or ends, before you go", "field": "act"}
    answer = refused(decided, "The act was refused", act="7")
    said = orjson.loads(answer.body)
    assert (answer.status_code, said["detail"], said["code"], said["field"]) == (409, decided["reason"], "still_yours", "act")
    assert said["ru"] == {"detail": "ещё за вами: 2", "mend": "прежде чем уйти, каждое кто-то принимает или оно завершается"}
    own = orjson.loads(problem(503, "The database cannot be reached. Publishing goes on; ask again shortly.").body)
    assert own["ru"]["detail"].startswith("Нет связи с базой данных")
    assert "ru" not in orjson.loads(problem(400, "something that a program sent").body)
    assert unreadable("act", []).extra["problems"] == []
