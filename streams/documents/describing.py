"""The parts of a case in one line each: goods, persons, conveyances, places, papers. Nothing is added to what is stated."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from zoneinfo import ZoneInfo

from schemas.delivery import Authorisation
from schemas.identifiers import Container, Conveyance, Document
from schemas.parties import NaturalPerson, Party
from schemas.places import Place
from schemas.quantities import Quantity
from schemas.request import HeldPaper, Officers
from schemas.substances import Substance
from streams.documents.form import joined
from streams.documents.wording import WORDS, Tongue, say
from streams.planning.findings import moment
from streams.reference.agencies import Agencies
from streams.reference.countries import Countries

_agencies = cache(Agencies)
_countries = cache(Countries)


def country(code: str, tongue: Tongue) -> str:
    """The country's name with its code: `Казахстан (KZ)`."""
    own = f"country.{code}"
    return f"{say(own, tongue) if own in WORDS else _countries().name(code, tongue)} ({code})"


def agency(code: str, tongue: Tongue) -> str:
    """The agency's name with its code, the code alone where it is not listed."""
    known = _agencies().get(code)
    return f"{known.name_ru if tongue == 'ru' else known.name_en} ({code})" if known else code


def language(code: str, tongue: Tongue) -> str:
    """The language's name, its code where the table has none."""
    key = f"language.{code.split('-', 1)[0]}"
    return say(key, tongue) if key in WORDS else code


def number(value: Decimal, tongue: Tongue) -> str:
    """As reported, with the decimal sign of the language."""
    return f"{value:f}".replace(".", ",") if tongue == "ru" else f"{value:f}"


def quantity(value: Quantity | None, tongue: Tongue) -> str | None:
    """`около 12,48 кг`; the unit as written."""
    if value is None:
        return None
    return joined((say("about", tongue) if value.approximate else None, number(value.amount, tongue), value.unit), " ")


def substance(goods: Substance, tongue: Tongue) -> str:
    """One substance with everything that is stated of it."""
    packaging = goods.packaging
    packed: list[str | None] = []
    if packaging:
        packed = [
            packaging.kind,
            say("packages", tongue, count=packaging.packages) if packaging.packages is not None else None,
            say("marks", tongue, text="; ".join(mark.description for mark in packaging.marks)) if packaging.marks else None,
            say("seals_line", tongue, text=", ".join(packaging.seals)) if packaging.seals else None,
        ]
    return joined(
        (
            goods.name,
            f"CAS {goods.cas}" if goods.cas else None,
            say(f"form.{goods.form}", tongue) if goods.form else None,
            quantity(goods.quantity, tongue),
            say("purity", tongue, percent=number(goods.purity_percent, tongue)) if goods.purity_percent is not None else None,
            *packed,
            say("concealed", tongue, text=goods.concealment) if goods.concealment else None,
        )
    )


def party(who: Party, tongue: Tongue) -> str:
    """A person or organisation, every spelling of the name."""
    role = say(f"role.{who.role}", tongue)
    names = " / ".join(who.names)
    phones = ", ".join(phone.number for phone in who.phones)
    if isinstance(who, NaturalPerson):
        return joined(
            (
                f"{names} — {role}",
                say("born", tongue, date=who.born) if who.born else None,
                ", ".join(country(code, tongue) for code in who.nationalities),
                *(document(paper, tongue) for paper in who.documents),
                phones,
                who.address,
                say("arrested", tongue) if who.arrested and who.role != "arrested" else None,
            )
        )
    return joined((f"{names} — {role}", who.registration, country(who.country, tongue) if who.country else None, phones, who.address))


def conveyance(what: Conveyance, tongue: Tongue) -> str:
    """A vehicle, vessel or aircraft with its numbers."""
    numbers = (("VIN", what.vin), ("IMO", what.imo), ("MMSI", what.mmsi))
    return joined(
        (
            say(f"conveyance.{what.kind}", tongue),
            what.make,
            what.registration,
            country(what.country, tongue) if what.country else None,
            what.name,
            what.service_number,
            *(f"{label} {value}" for label, value in numbers if value),
        )
    )


def container(box: Container, tongue: Tongue) -> str:
    """A container, its seals and what is declared."""
    return joined((box.number, say("seals_line", tongue, text=", ".join(box.seals)) if box.seals else None, box.declared_goods))


def document(paper: Document, tongue: Tongue) -> str:
    """A document, number as printed."""
    return joined((f"{say(f'document.{paper.kind}', tongue)} № {paper.number}", country(paper.country, tongue) if paper.country else None))


def held(paper: HeldPaper, tongue: Tongue) -> str:
    """A paper that is enclosed."""
    in_language = say("in_language", tongue, language=language(paper.language, tongue)) if paper.language else None
    return joined((say(f"paper.{paper.kind}", tongue), f"№ {paper.reference}" if paper.reference else None, in_language))


def place(where: Place | None) -> str | None:
    """A place by as much as is stated of it; the country is said elsewhere."""
    if where is None:
        return None
    at = where.coordinates
    names = joined((where.crossing, where.name, where.locality, where.subdivision, where.unlocode, where.airport))
    coordinates = f"{at.lat:.5f}, {at.lon:.5f}" + (f" ± {at.accuracy_m:.0f} m" if at.accuracy_m else "") if at else None
    return joined((names, coordinates), "; ") or where.country


def officers(group: Officers, tongue: Tongue) -> str:
    """Officers who go along."""
    count = f"× {group.count}" if group.count else None
    return joined(
        (joined((say(f"officers.{group.kind}", tongue), count), " "), agency(group.agency, tongue) if group.agency else None, group.details)
    )


def authorisation(paper: Authorisation | None, tongue: Tongue, zone: ZoneInfo) -> tuple[str, ...]:
    """The paper behind the request, its validity and its conditions."""
    if paper is None:
        return ()
    line = say(
        "authorisation_line", tongue, number=paper.number, date=moment(paper.date, zone), issued_by=paper.issued_by, officer=paper.officer
    )
    until = say("valid_until", tongue, at=moment(paper.valid_until, zone)) if paper.valid_until else None
    conditions = (say("condition", tongue, text=text) for text in paper.conditions)
    return tuple(joined((text,)) for text in (line, until, *conditions) if text)


def when(at: datetime | None, zone: ZoneInfo, tongue: Tongue) -> str:
    """A time with its zone, or that none is stated."""
    return moment(at, zone) if at else say("not_stated", tongue)
