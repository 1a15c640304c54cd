"""Who may say that an alarm is dealt with: not whoever made it ring."""

from schemas.refusals import told
from tests.unit.deliveries.office import CENTRE, Office

LEAD, SECOND, DUTY, SUPER, BREAKER = "TJ-DCA/n.rahimov", "TJ-DCA/f.saidov", f"{CENTRE}/d.duty", f"{CENTRE}/s.super", f"{CENTRE}/o.ther"
KG = "KG-SCNBC/t.eam"


def voice(who: str) -> dict[str, object]:
    agency, person = who.split("/")
    return {"agency": agency, "person": person, "means": "radio", "code_word_checked": True}


def broken() -> tuple[Office, str]:
    office = Office().running(2)
    office.must(BREAKER, "room", break_glass="дежурный не отвечает")
    (alarm,) = office.board["alarms"]
    return office, alarm["id"]


def test_who_breaks_the_glass_does_not_resolve_it_himself_nor_for_another_by_voice() -> None:
    office, alarm = broken()
    no = office.act(BREAKER, "alarm_resolved", alarm=alarm, reason="посмотрел")
    assert (no["status"], no["field"]) == ("refused", "alarm")
    assert no["reason"] == f"alarm {alarm} (glass_broken) is about what {BREAKER} did: another resolves it"
    russian = f"тревога {alarm} («Экстренный доступ») — о том, что сделал(а) {BREAKER}: закрывает другой"
    assert told(no["reason"], no["mend"]).reason == russian
    assert told(no["reason"], no["mend"]).mend is not None
    assert office.act(BREAKER, "alarm_resolved", alarm=alarm, reason="он сказал", by_voice=voice(LEAD))["status"] == "refused"
    assert office.alarms == ["glass_broken"]


def test_broken_glass_is_for_the_lead_or_a_supervisor() -> None:
    for who in (DUTY, KG):
        office, alarm = broken()
        no = office.act(who, "alarm_resolved", alarm=alarm, reason="всё в порядке")
        assert (no["status"], no["reason"]) == ("refused", "broken glass is for the lead or a supervisor to resolve")
        assert told(no["reason"], no["mend"]).reason == "экстренный доступ закрывает ведущий или руководитель центра"
    for who in (LEAD, SUPER):
        office, alarm = broken()
        office.must(who, "alarm_resolved", alarm=alarm, reason="так и надо")
        assert office.alarms == []


def test_a_supervisor_who_broke_the_glass_and_another_after_him_leave_it_to_the_lead() -> None:
    office, alarm = broken()
    office.send(f"{CENTRE}/b.oss", {"act": "room", "id": office.id(), "delivery": office.board["delivery"], "at": office.now.isoformat(),
                                    "break_glass": "проверка"}, role="supervisor")  # fmt: skip
    for who in (BREAKER, f"{CENTRE}/b.oss"):
        said = {"act": "alarm_resolved", "id": office.id(), "delivery": office.board["delivery"], "at": office.now.isoformat()}
        assert office.send(who, {**said, "alarm": alarm, "reason": "ясно"}, role="supervisor")["status"] == "refused"
    office.must(LEAD, "alarm_resolved", alarm=alarm, reason="так и надо")


def test_whose_entry_by_voice_is_disputed_does_not_settle_that_himself() -> None:
    office = Office().running(2)
    entry = office.must(DUTY, "receiver_in_place", leg=2, eyes_on=True, by_voice=voice(KG))["act"]
    office.must(KG, "voice_confirmed", entry=entry, agrees=False)
    (alarm,) = (each["id"] for each in office.board["alarms"])
    assert office.act(DUTY, "alarm_resolved", alarm=alarm, reason="ошибка связи")["status"] == "refused"
    assert office.act(DUTY, "alarm_resolved", alarm=alarm, reason="ошибка связи", by_voice=voice(SECOND))["status"] == "refused"
    office.must(KG, "alarm_resolved", alarm=alarm, reason="выяснили")
