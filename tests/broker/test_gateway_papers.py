"""A delivery's papers over HTTP, with the real worker: PDFs for those who take part, and for nobody else a trace of them."""

import httpx
import pypdfium2

from tests.broker.test_gateway_deliveries import ORIGIN, WAY, Officer
from tests.system import System, wait_until
from tests.unit.deliveries.office import DELIVERY, form, plan


def read(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "no-store"
    document = pypdfium2.PdfDocument(answer.content)
    try:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)
    finally:
        document.close()


def test_papers_are_for_those_who_take_part(system: System) -> None:
    with (
        system.client("TJ-DCA", "officer", "n.rahimov") as lead,
        system.client("TJ-DCA", "officer", "f.saidov") as second,
        system.client("KG-SCNBC", "officer", "t.eam") as receiver,
        system.client("UZ-SCC", "officer", "n.other") as stranger,
    ):
        request = Officer(lead).must("request", form=form(WAY), plan=plan(WAY))
        Officer(second).must("signature", request=request["act"])
        Officer(lead).must("evidence", item="SEAL-1", entry="sealed", seal="TK-1")
        given = Officer(lead).must("evidence", item="SEAL-1", entry="handed_over", to="KG-SCNBC/t.eam")["act"]
        received = Officer(receiver).must("evidence", item="SEAL-1", entry="received")["act"]
        wait_until(lambda: len(lead.get(f"{ORIGIN}/events").json()["items"]) >= 5 or None, "the timeline is in the tables")

        printed = read(lead.get(f"{ORIGIN}/report.pdf", params={"lang": "en", "zone": "Asia/Almaty", "copy": 2, "copies": 3}))
        for said in ("After-action report", "Copy 2 of 3", "Printed for TJ-DCA/n.rahimov", "UTC+05:00 (Asia/Almaty)", "SEAL-1", "TLP:RED"):
            assert said in printed
        assert "EXERCISE" not in printed
        assert "Итоговый отчёт" in read(receiver.get(f"{ORIGIN}/report.pdf"))
        for name in (given, received):
            act = read(receiver.get(f"{ORIGIN}/handover/{name}.pdf"))
            assert "Акт приёма-передачи / Handover act" in act
            assert "TK-1" in act

        for path in (f"{ORIGIN}/report.pdf", f"{ORIGIN}/handover/{given}.pdf"):
            hidden, missing = stranger.get(path), stranger.get(path.replace(DELIVERY, "TJ-DCA/NEVER"))
            assert (hidden.status_code, hidden.content) == (404, missing.content)
            assert hidden.json()["detail"] == "there is no such delivery"
        none = lead.get(f"{ORIGIN}/handover/{request['act']}.pdf")
        assert (none.status_code, none.json()["detail"]) == (404, "there is no such handover in this delivery")
        for wrong in ({"zone": "Asia/Nowhere"}, {"copy": 3, "copies": 2}, {"lang": "fr"}):
            assert lead.get(f"{ORIGIN}/report.pdf", params=wrong).status_code == 422
        assert lead.get(f"{ORIGIN}/handover/{given},{received}.pdf").status_code == 422
        assert lead.get(f"{ORIGIN}/handover/nothing.pdf").status_code == 422
