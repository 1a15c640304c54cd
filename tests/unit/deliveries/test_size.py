"""The largest delivery fits: 60 legs, 10 parts, long papers, and check-ins without end."""

import orjson

from schemas.channels import BY_NAME
from streams.engine.state import MAX_VALUE_BYTES
from tests.unit.deliveries.office import AUTHORISATION, AUTHORITY, CENTRE, DELIVERY, Office, form, informed, plan

LEAD = "TJ-DCA/n.rahimov"
LEGS = 60
LONG = "т" * 390


def large() -> Office:
    """60 legs, each entered and left at long-named places, consented with conditions; split into ten."""
    office = Office()
    legs = [
        {
            "country": "TJ" if number % 2 else "KG",
            "number": number,
            "authority": AUTHORITY["TJ" if number % 2 else "KG"],
            "controller": "TJ-DCA",
            "entry": {"name": LONG, "crossing": LONG},
            "exit": {"name": LONG, "crossing": LONG},
        }
        for number in range(1, LEGS + 1)
    ]
    way = form(countries=())
    way["legs"] = [{"country": leg["country"], "number": leg["number"]} for leg in legs]
    request = office.must(LEAD, "request", form=way, plan={**plan(("TJ",)), "legs": legs})
    office.must("TJ-DCA/f.saidov", "signature", request=request["act"])
    for number in range(1, LEGS + 1):
        paper = AUTHORISATION | {"issued_by": LONG, "conditions": [LONG] * 3}
        office.must(LEAD if number % 2 else "KG-GP/p.rosecutor", "consent", leg=number, authorisation=paper)
    units = [informed(country, None, unit=LONG, told=LONG, told_by=LONG) for country in ("TJ", "KG")]
    ready = office.must(LEAD, "ready", informed_posts=units)
    office.must(f"{CENTRE}/d.duty", "ready_confirmed", ready=ready["act"], deconfliction="clear")
    office.must(LEAD, "start")
    into = [{"name": f"P{number}", "goods": [{"substance": "heroin", "kg": "2.4", "uncertainty_kg": "0.05"}]} for number in range(10)]
    office.must(LEAD, "split", into=into)
    return office


def test_a_delivery_of_sixty_legs_and_ten_parts_fits_and_grows_by_no_check_in():
    office = large()
    assert max(map(len, office.state.values.values())) <= MAX_VALUE_BYTES
    assert len(orjson.dumps(office.board)) < BY_NAME["deliveries.current"].max_bytes
    acts = [key for key in office.state.values if b"#act/" in key]
    before = sum(len(value) for key, value in office.state.values.items() if key not in acts)
    for _ in range(5):
        for number in range(10):
            office.must(LEAD, "check_in", part=f"P{number}", eyes_on=True, battery_percent=80)
        office.pass_minutes(1)
    after = sum(len(value) for key, value in office.state.values.items() if b"#act/" not in key)
    assert after - before < 1_000
    assert max(map(len, office.state.values.values())) <= MAX_VALUE_BYTES
    assert DELIVERY.encode() in office.state.values
