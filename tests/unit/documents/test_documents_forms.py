"""The request and the reply form: everything stated is there, nothing else is, in both languages, on every page what marks a copy."""

import io
import re
import zipfile
from datetime import UTC, datetime
from string import Formatter
from typing import get_args
from zoneinfo import ZoneInfo

import docx
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.directory import PaperKind, Practice, Rule, Substitution
from schemas.identifiers import Conveyance, Document
from schemas.parties import Role
from schemas.request import Carrier, DeliveryRequest, Hazards, Officers, Undertaking
from schemas.substances import Form as GoodsForm
from streams.documents.form import Row, Stamp, clean
from streams.documents.pdf import to_pdf
from streams.documents.reply_form import reply_form
from streams.documents.request_form import request_form
from streams.documents.word import to_docx
from streams.documents.wording import WORDS, say
from streams.planning import directory
from tests.unit.planning.building import request

KG = next(entry for entry in directory.exercise().entries if entry.authority == "KG-DCS")
STAMP = Stamp("Осмонов Бакыт, KG-DCS/b.osmonov", 2, 5, datetime(2026, 11, 22, 7, 30, tzinfo=UTC), ZoneInfo("Asia/Bishkek"))
FORMS = (request_form, reply_form)
TONGUES = ("en", "ru")
LETTERS = {
    "Kazakh": "Әә Ғғ Ққ Ңң Өө Ұұ Үү Һһ Іі Ää Öö Üü Ūū Ğğ Şş Ññ Iı",
    "Kyrgyz": "Ңң Өө Үү",
    "Tajik": "Ғғ Ӣӣ Ққ Ӯӯ Ҳҳ Ҷҷ",
    "Uzbek": "Oʻoʻ Gʻgʻ ʼ Ўў Ққ Ғғ Ҳҳ",
    "Turkmen": "Ää Çç Ňň Öö Şş Üü Ýý Žž",
    "Azerbaijani": "Əə Ğğ Iı İi Öö Üü Çç Şş",
    "Russian": "Ёё Ъъ Ыы № « »",
}
ITEMS = {
    "case_reference": ("УД 4-117", "УД 4-117"),
    "offence": ("ст. 200 УК", "ст. 200 УК"),
    "penalty": ("15 лет лишения свободы", "15 лет лишения свободы"),
    "legal_basis": (["Соглашение 2000 года"], "Соглашение 2000 года"),
    "authorisation": (
        {"number": "12/К", "date": "2026-11-21T18:00:00+05:00", "issued_by": "Генпрокуратура", "officer": "п/п-к Учебнов"},
        "12/К",
    ),
    "grounds": ("данные наблюдения", "данные наблюдения"),
    "goods": (
        [{"name": "героин", "quantity": {"amount": "12.48", "unit": "кг"}, "packaging": {"packages": 24, "seals": ["S-77"]}}],
        "S-77",
    ),
    "packing": ("24 свёртка", "24 свёртка"),
    "seals": (["ML-TJ0044172"], "ML-TJ0044172"),
    "substitution": ({"wanted": "full", "sample_custodian": "эксперт Лабин"}, "эксперт Лабин"),
    "parties": ([{"kind": "person", "names": ["Каримов Бахтиёр"], "role": "driver"}], "Каримов Бахтиёр"),
    "warrants": (["ордер № 7"], "ордер № 7"),
    "conveyances": ([{"kind": "truck", "registration": "1234 AB 01"}], "1234 AB 01"),
    "containers": ([{"number": "MSKU1234565"}], "MSKU1234565"),
    "customs": (
        {"regime": "транзит", "documents": [{"kind": "cmr", "number": "TJ 0012345"}, {"kind": "tir", "number": "XG 8120"}]},
        "XG 8120",
    ),
    "carrier": ({"name": "Орзу Транс", "knowledge": "complicit"}, "Орзу Транс"),
    "surveillance": (["два экипажа"], "два экипажа"),
    "officers": (
        [{"kind": "armed", "count": 4, "details": "спецназ"}, {"kind": "visiting", "details": "гости без оружия"}],
        "гости без оружия",
    ),
    "seize_if": (["перегрузка"], "перегрузка"),
    "interventions": ([{"country": "KG", "rule": "по команде старшего"}], "по команде старшего"),
    "handovers": ([{"after_leg": 1, "place": {"crossing": "Karamyk"}, "how": "сверка пломб"}], "сверка пломб"),
    "evidence": ("заверенные копии", "заверенные копии"),
    "sample": ({"size": {"amount": "5", "unit": "граммов"}, "papers": ["акт отбора"]}, "акт отбора"),
    "hazards": ({"protection": "респиратор", "naloxone": "needed", "adr": "UN 2811"}, "UN 2811"),
    "communications": ("канал 4", "канал 4"),
    "embargo": ("до задержания в Самаре", "до задержания в Самаре"),
    "costs": ("каждый свои", "каждый свои"),
    "contacts": ([{"desk": "ночной пост", "reach": ["+999 992 0002"]}], "+999 992 0002"),
    "reply_by": ("2026-11-24T18:00:00+05:00", "2026-11-24 19:00 UTC+06:00 (Asia/Bishkek)"),
    "papers": ([{"kind": "case_decision", "reference": "44/2026"}], "44/2026"),
}


def pages(pdf):
    document = pypdfium2.PdfDocument(pdf)
    try:
        return [" ".join(page.get_textpage().get_text_range().split()) for page in document]
    finally:
        document.close()


def read_pdf(form):
    return " ".join(pages(to_pdf(form)))


def read_docx(form):
    document = docx.Document(io.BytesIO(to_docx(form)))
    texts = [node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t")]
    return " ".join(" ".join(texts).split())


def stated(form):
    return {block.label: block.lines for block in form.blocks if isinstance(block, Row)}


@pytest.mark.parametrize("read", [read_pdf, read_docx])
def test_every_item_of_the_case_is_on_the_request(read):
    case = {name: value for name, (value, _) in ITEMS.items()}
    case |= {"practices": ["tracking_device"], "languages": ["ru", "tg"], "undertakings": ["seize", "report"]}
    text = read(request_form(request(**case), 2, KG, STAMP, "ru"))
    assert [name for name, (_, shown) in ITEMS.items() if shown not in text] == []
    assert all(
        word in text for word in ("устройство слежения", "русский, таджикский", "изъять груз", "соучастник", "необходим", "мест: 24")
    )
    everything = set(ITEMS) | {"practices", "languages", "undertakings"}
    shown_elsewhere = {"schema_version", "delivery_ref", "requesting", "handling", "legs", "exercise", "language"}
    assert set(DeliveryRequest.model_fields) == everything | shown_elsewhere, "a new field of the case is not on the form"


@pytest.mark.parametrize("item", ITEMS)
def test_what_is_missing_is_said_to_be_not_stated(item):
    empty = stated(request_form(request(conveyances=[]), 2, KG, STAMP, "en"))
    filled = stated(request_form(request(**{"conveyances": [], item: ITEMS[item][0]}), 2, KG, STAMP, "en"))
    changed = [label for label in empty if empty[label] != filled[label]]
    assert changed
    assert all(empty[label] == () for label in changed)


def test_nothing_is_stated_that_the_case_does_not_say():
    form = request_form(request(conveyances=[]), 2, KG, STAMP, "en")
    known = {say(key, "en") for key in ("delivery_ref", "from", "to", "attention", "leg")}
    assert {label for label, lines in stated(form).items() if lines} == known
    assert read_pdf(form).count("not stated") >= 35


@pytest.mark.parametrize("make", FORMS)
@pytest.mark.parametrize("tongue", TONGUES)
def test_every_page_carries_handling_copy_name_time_with_zone_and_exercise(make, tongue):
    form = make(request(grounds="слово " * 2_000), 2, KG, STAMP, tongue)
    found = pages(to_pdf(form))
    assert len(found) >= 2
    for number, text in enumerate(found, 1):
        assert text.count("TLP:RED") == 2
        for marked in (
            "H1",
            "TJ-DCA",
            "4x4 A1",
            "KG-DCS",
            "b.osmonov",
            "2026-11-22 13:30 UTC+06:00 (Asia/Bishkek)",
            "CD-2026-004",
            say("exercise", tongue),
        ):
            assert marked in text, (number, marked)
        assert say("copy", tongue, number=2, total=5) in text
        assert say("page", tongue, page=number, pages=len(found)) in text


@pytest.mark.parametrize("make", FORMS)
def test_the_docx_carries_the_same_in_header_and_footer(make):
    section = docx.Document(io.BytesIO(to_docx(make(request(), 2, KG, STAMP, "ru")))).sections[0]
    header = "\n".join(paragraph.text for paragraph in section.header.paragraphs)
    footer = "\n".join(paragraph.text for paragraph in section.footer.paragraphs)
    assert all(text in header for text in ("TLP:RED", "H1", "4x4 A1", "УЧЕНИЕ"))
    assert all(
        text in footer for text in ("TLP:RED", "Экз. № 2 из 5", "b.osmonov", "2026-11-22 13:30 UTC+06:00 (Asia/Bishkek)", "CD-2026-004")
    )
    assert section.footer._element.xml.count("instrText") // 2 == 2, "page and number of pages"


@pytest.mark.parametrize("make", FORMS)
@pytest.mark.parametrize("write", [to_pdf, to_docx])
def test_the_same_form_has_the_same_bytes(make, write):
    first, again = (write(make(request(), 2, KG, STAMP, "ru")) for _ in range(2))
    assert first == again
    other = Stamp("somebody else", 3, 5, STAMP.at, STAMP.zone)
    assert write(make(request(), 2, KG, other, "ru")) != first


def test_the_members_letters_are_in_the_pdf():
    text = read_pdf(request_form(request(grounds="\n".join(LETTERS.values())), 2, KG, STAMP, "ru"))
    assert [name for name, letters in LETTERS.items() if letters not in text] == []


def test_a_script_that_the_font_lacks_is_said_so_in_the_pdf_and_kept_in_the_docx():
    form = request_form(request(penalty="کریموف بهرام and 李明"), 2, KG, STAMP, "en")
    assert "[another script: see the DOCX] and [another script: see the DOCX]" in read_pdf(form)
    assert "کریموف بهرام and 李明" in read_docx(form)


@pytest.mark.parametrize("text", ["<b>&amp; ]]> 5 < 6", "a\u202eb\u200fc", "\ufffe\U0001fffe", "x" * 390])
def test_what_people_write_steers_neither_document(text):
    form = request_form(request(penalty=text), 2, KG, STAMP, "en")
    assert clean(text) in read_docx(form)
    assert "\u202e" not in read_docx(form)
    assert clean(text).replace("\ufffd", "")[:20] in read_pdf(form)


@settings(max_examples=12, deadline=None)
@given(st.text(min_size=1, max_size=300).filter(lambda text: not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", text)))
def test_any_text_can_be_printed(text):
    form = request_form(request(penalty=text, grounds=text, seize_if=[text]), 2, KG, STAMP, "ru")
    assert to_pdf(form).startswith(b"%PDF")
    assert read_docx(form)


def test_a_text_and_an_itinerary_longer_than_a_page_are_printed_whole():
    countries = ("TJ", "KG") * 30
    rows = [(country, f"post {number}", None, None, None) for number, country in enumerate(countries)]
    words = " ".join(f"w{number}" for number in range(3_000))
    text = read_pdf(request_form(request(*rows, grounds=words, seize_if=["y" * 400] * 20), 2, KG, STAMP, "en"))
    assert "w0 " in text
    assert "w2999" in text
    assert "post 59" in text


@pytest.mark.parametrize("tongue", TONGUES)
def test_the_reply_asks_for_everything_and_is_filled_with_what_was_asked(tongue):
    case = request(practices=["tracking_device"], papers=[{"kind": "case_decision", "language": "ru"}], case_reference="УД 4")
    text = read_pdf(reply_form(case, 2, KG, STAMP, tongue))
    options = [say(f"decision.{each}", tongue, hours=72) for each in ("consent", "provisional", "conditional", "refusal")]
    labels = ("authorisation_number", "issued_by", "valid_from_to", "controller", "receiver", "seize_rule", "seal")
    assert [each for each in (*options, *(say(key, tongue) for key in labels)) if " ".join(each.split()) not in text] == []
    assert all(say(f"practice.{practice}", tongue) in text for practice in get_args(Practice))
    assert "Karamyk; 2026-11-25 14:00 UTC+06:00 (Asia/Bishkek)" in text
    assert "УД 4" in text
    assert say("paper.inventory_of_goods", tongue) in text
    assert say("paper.case_decision", tongue) not in text


@pytest.mark.parametrize("make", FORMS)
def test_a_form_for_another_leg_or_from_exercise_to_real_is_refused(make):
    with pytest.raises(ValueError, match="leg 3 is in KZ"):
        make(request(), 3, KG, STAMP, "en")
    with pytest.raises(ValueError, match="legs 1, 2, 3, 4"):
        make(request(), 5, KG, STAMP, "en")
    with pytest.raises(ValueError, match="both of an exercise"):
        make(request(exercise=False), 2, KG, STAMP, "en")


@pytest.mark.parametrize("make", FORMS)
def test_a_red_case_is_not_printed_for_somebody_who_is_not_named(make):
    handling = request().model_dump(mode="json")["handling"]
    with pytest.raises(ValueError, match=r"KG-DCS is not among handling\.recipients"):
        make(request(handling=handling | {"recipients": ["KZ-DCC"]}), 2, KG, STAMP, "en")
    assert make(request(handling=handling | {"recipients": ["KG-DCS/b.osmonov"]}), 2, KG, STAMP, "en")


def test_copies_are_numbered_within_their_total():
    with pytest.raises(ValueError, match="copy 6 of 5"):
        Stamp("x", 6, 5, STAMP.at, STAMP.zone)


def test_every_string_is_there_in_both_languages_with_the_same_blanks():
    def blanks(text):
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    for key, (english, russian) in WORDS.items():
        assert english.strip(), key
        assert russian.strip(), key
        assert blanks(english) == blanks(russian), key
        assert not re.search("[А-Яа-яЁё]", english), key
        assert re.search("[А-Яа-яЁё]", russian), key


def test_every_value_of_the_language_has_its_words():
    def values(model, field):
        return get_args(model.model_fields[field].annotation)

    wanted = {
        "rule": get_args(Rule),
        "substitution": get_args(Substitution),
        "wanted": get_args(Substitution),
        "practice": get_args(Practice),
        "paper": get_args(PaperKind),
        "undertaking": get_args(Undertaking),
        "form": get_args(GoodsForm),
        "role": get_args(Role),
        "knowledge": values(Carrier, "knowledge"),
        "officers": values(Officers, "kind"),
        "conveyance": values(Conveyance, "kind"),
        "document": values(Document, "kind"),
        "naloxone": get_args(get_args(Hazards.model_fields["naloxone"].annotation)[0]),
    }
    assert [f"{group}.{value}" for group, all_values in wanted.items() for value in all_values if f"{group}.{value}" not in WORDS] == []
    languages = {code for entry in directory.exercise().entries if entry.kind == "authority" for code in entry.languages}
    assert {f"language.{code}" for code in languages} <= set(WORDS)


def test_the_docx_is_a_sound_archive_without_the_machines_clock():
    with zipfile.ZipFile(io.BytesIO(to_docx(request_form(request(), 2, KG, STAMP, "ru")))) as archive:
        assert archive.testzip() is None
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
        core = archive.read("docProps/core.xml").decode()
    assert "python-docx" not in core
    assert "2026-11-22T07:30:00Z" in core
