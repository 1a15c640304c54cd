"""The forms of a delivery under way: the way that stands, what was signed and stands no more, and the word that they refer to."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pypdfium2
import pytest

from schemas.request import DeliveryRequest
from streams.documents.form import Grid, Remark, Row, Stamp
from streams.documents.pdf import to_pdf
from streams.documents.reply_form import reply_form
from streams.documents.request_form import request_form
from streams.documents.under_way import under_way
from streams.documents.wording import say
from streams.planning import directory
from tests.unit.deliveries.office import AUTHORISATION, BORDERS, CENTRE, HANDLING, Office, form, plan

LEAD, KG, UZ = "TJ-DCA/n.rahimov", "KG-DCS/p.asanov", "UZ-NCDC/p.usmanov"
CONSENTS = {"TJ": "TJ-DCA", "KG": "KG-DCS", "KZ": "KZ-DCC", "UZ": "UZ-NCDC", "RU": "RU-GUKON"}
STAMP = Stamp("TJ-DCA/n.rahimov", 1, 1, datetime(2026, 11, 22, 7, 30, tzinfo=UTC), ZoneInfo("Asia/Bishkek"))
SIGNED = [
    {"country": "TJ", "number": 1, "exit": {"crossing": "Karamyk"}},
    {"country": "KG", "number": 2, "entry": {"crossing": "Karamyk"}, "exit": {"crossing": "Ak-Jol"}},
    {"country": "KZ", "number": 3, "entry": {"crossing": "Korday"}},
    {"country": "RU", "number": 4},
]
OTHER = [
    {"country": "KG", "number": 2, "entry": {"crossing": "Karamyk"}, "exit": {"crossing": "Dostuk"}, "handover_place": "Достук"},
    {"country": "UZ", "number": 5, "entry": {"crossing": "Dustlik"}},
    {"country": "RU", "number": 6},
]


def entry(authority):
    return next(each for each in directory.exercise().entries if each.kind == "authority" and each.authority == authority)


def planned(legs):
    return [{**leg, "authority": CONSENTS[leg["country"]], "controller": CONSENTS[leg["country"]]} for leg in legs]


def running():
    """Under way on leg 1, with an oral word of Kyrgyzstan; whoever is on the signed way is named in the marking, nobody else."""
    office = Office()
    office.terms = {"KG-DCS": 24.0}
    handling = HANDLING | {"recipients": ["KG-DCS", "KZ-DCC", "RU-GUKON"]}
    handovers = [{"after_leg": 1, "place": {"name": "Карамык"}}, {"after_leg": 2, "place": {"name": "Ак-Жол"}}]
    said = form(exercise=True, handling=handling, legs=SIGNED, handovers=handovers)
    request = office.must(LEAD, "request", form=said, plan=plan() | {"legs": planned(SIGNED)})
    office.must("TJ-DCA/f.saidov", "signature", request=request["act"])
    office.must(LEAD, "consent", leg=1, authorisation=AUTHORISATION)
    office.must(KG, "provisional_consent", leg=2, officer="полковник Асанов")
    ready = office.must(LEAD, "ready", informed_posts=BORDERS)
    office.must(f"{CENTRE}/d.duty", "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(LEAD, "start")
    return office


def led_elsewhere():
    office = running()
    office.pass_minutes(1)
    office.must(LEAD, "check_in", eyes_on=True)
    office.must(LEAD, "route_change", legs=planned(OTHER), reason="отказ Казахстана")
    return office


def stands(office, leg, part=None):
    return under_way(office.board, DeliveryRequest.model_validate(office.forms[-1]["form"]), leg, part)


def printed(office, leg, make=request_form, tongue="en", part=None):
    now = stands(office, leg, part)
    return make(now.case, leg, entry(now.authority), STAMP, tongue, now=now)


def row(form, key, tongue="en"):
    return next((block.lines for block in form.blocks if isinstance(block, Row) and block.label == say(key, tongue)), None)


def ways(form):
    return [
        [cells[0].partition("\n")[0] + cells[1][-4:] + " " + cells[3] for cells in block.rows]
        for block in form.blocks
        if isinstance(block, Grid)
    ]


def remarks(form):
    return [block.text for block in form.blocks if isinstance(block, Remark)]


def test_until_the_way_is_changed_the_form_is_the_signed_one_with_the_word_that_stands():
    office = running()
    now = stands(office, 2)
    assert (now.changed, now.superseded, now.case) == (frozenset(), (), DeliveryRequest.model_validate(office.forms[-1]["form"]))
    said = row(printed(office, 2), "refers_to")
    assert said[0].startswith("oral consent of 2026-03-18 12:00 UTC+06:00 (Asia/Bishkek), полковник Асанов, KG-DCS/p.asanov; in the")
    assert said[1] == "to be confirmed in writing until 2026-03-19 12:00 UTC+06:00 (Asia/Bishkek)"
    assert row(printed(office, 3), "refers_to") is None, "Kazakhstan has said nothing yet"


def test_after_a_change_the_form_is_filled_from_the_way_that_stands_and_says_what_was_signed():
    form = printed(led_elsewhere(), 2)
    stands_now, signed = ways(form)
    assert [each[:5] for each in stands_now] == ["1(TJ)", "2(KG)", "5(UZ)", "6(RU)"]
    assert "Dostuk" in stands_now[1]
    assert [each[:5] for each in signed] == ["1(TJ)", "2(KG)", "3(KZ)", "4(RU)"]
    assert "Ak-Jol" in signed[1]
    first = next(block for block in form.blocks if isinstance(block, Grid))
    assert first.marked == {1, 2, 3}
    way, void = ([cells[0].partition("\n")[2] for cells in block.rows] for block in form.blocks if isinstance(block, Grid))
    assert (set(way), set(void)) == ({""}, {say("void", "en")}), "each row says so: it may come to stand on a page of its own"
    assert {say("way_changed", "en"), say("way_superseded", "en")} <= set(remarks(form))
    assert row(form, "leg") == ("Leg 2 of 6: Kyrgyzstan (KG)",)
    assert row(form, "handovers") == ("after leg 1: Карамык", "after leg 2: Достук")


def test_a_word_that_was_said_of_the_earlier_way_is_named_and_said_to_be_void():
    for make in (request_form, reply_form):
        said = row(printed(led_elsewhere(), 2, make), "refers_to")
        assert "oral consent" in said[0]
        assert said[-1] == "void: it was said of leg 2 of the earlier way, entry Karamyk, exit Ak-Jol; you are asked anew"
        assert not any("confirmed in writing until" in line for line in said)


def test_what_is_said_of_the_new_way_is_what_the_form_refers_to():
    office = led_elsewhere()
    office.pass_minutes(1)
    act = office.must(KG, "consent", leg=2, authorisation=AUTHORISATION | {"valid_until": "2026-03-25T10:00:00+05:00"})["act"]
    said = row(printed(office, 2, reply_form), "refers_to")
    assert said[0].startswith("consent of ")
    assert said[0].endswith(act)
    assert "№ 17/3" in said[1]
    assert said[2].startswith("valid until 2026-03-25")
    office.must(KG, "refusal", leg=2, reason="передумали")
    assert row(printed(office, 2, reply_form), "refers_to")[-1] == "передумали"


def test_whom_the_way_leads_through_now_is_asked_and_learns_nothing_of_the_earlier_one():
    form = printed(led_elsewhere(), 5)
    assert len(ways(form)) == 1
    assert not {say("way_changed", "en"), say("way_superseded", "en")} & set(remarks(form))
    assert row(form, "refers_to") is None
    assert "UZ-NCDC" in form.handling, "the lead's change of the way names it, so the marking does"
    assert "UZ-NCDC" not in printed(led_elsewhere(), 2).handling


def test_a_leg_that_is_no_more_has_no_form():
    office = led_elsewhere()
    assert stands(office, 3) is None
    assert stands(office, 2, "B") is None


def test_the_way_of_the_part_that_is_meant():
    office = running()
    goods = [[{"substance": "heroin", "kg": kg, "uncertainty_kg": "0.02"}] for kg in ("10", "14")]
    office.must(LEAD, "split", into=[{"name": "B", "goods": goods[0]}, {"name": "C", "goods": goods[1], "legs": planned(OTHER)}])
    assert [leg.country for leg in stands(office, 2).case.legs] == ["TJ", "KG", "UZ", "RU"]
    assert [leg.country for leg in stands(office, 2, "B").case.legs] == ["TJ", "KG", "KZ", "RU"]
    assert [leg.country for leg in stands(office, 3).case.legs] == ["TJ", "KG", "KZ", "RU"], "the newest that has such a leg"
    assert row(printed(office, 2, part="B"), "part") == ("B",)


def test_an_authority_keeps_its_word_where_the_legs_are_numbered_anew():
    office = running()
    legs = [{"country": "UZ", "number": 2}, {"country": "KG", "number": 3}, {"country": "RU", "number": 4}]
    office.must(LEAD, "route_change", legs=planned(legs), reason="в объезд")
    assert "leg 2 of the earlier way" in row(printed(office, 3), "refers_to")[-1]
    assert row(printed(office, 2), "refers_to") is None, "what Kyrgyzstan said is not told on Uzbekistan's form"


@pytest.mark.parametrize("make", [request_form, reply_form])
def test_the_term_for_the_written_consent_is_the_legs_own(make):
    office = led_elsewhere()
    for leg, hours in ((2, 24), (5, 72)):
        form = printed(office, leg, make)
        texts = [*remarks(form), *(option for block in form.blocks for option in getattr(block, "options", ()))]
        assert any(f"within {hours} h" in text for text in texts)
        assert not any(f"within {96 - hours} h" in text for text in texts)


def test_it_is_printed_in_russian_too():
    form = printed(led_elsewhere(), 2, tongue="ru")
    document = pypdfium2.PdfDocument(to_pdf(form))
    text = " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)
    document.close()
    for said in ("К вашему решению", "не действует: относилось к этапу 2 прежнего маршрута", "Отменено: маршрут, как он был подписан."):
        assert said in text
