"""One full example of every kind of report; also what the documentation shows."""

from typing import Any

HANDLING: dict[str, Any] = {
    "originator": "TJ-DCA",
    "tlp": "AMBER",
    "europol": ["H1"],
    "evaluation": {"scheme": "4x4", "source": "A", "information": "1"},
    "release": [{"partner": "EUROPOL", "hops": 1, "purpose": "matching"}],
}

SEIZURE: dict[str, Any] = {
    "kind": "seizure",
    "report_id": "2026-0117",
    "revision": 1,
    "handling": HANDLING,
    "issued": "2026-03-18T06:10:00+05:00",
    "language": "ru",
    "title": "Героин в тайнике грузовика, Панджи Поён",
    "narrative": "При досмотре обнаружены 24 свёртка в топливном баке.",
    "occurred": "2026-03-18T04:30:00+05:00",
    "place": {
        "kind": "border_crossing",
        "country": "TJ",
        "crossing": "Panji Poyon",
        "coordinates": {"lat": 37.2, "lon": 68.6, "accuracy_m": 500},
    },
    "substances": [
        {
            "name": "героин",
            "form": "powder",
            "quantity": {"amount": "12.48", "unit": "кг"},
            "purity_percent": "61.5",
            "packaging": {"kind": "polyethylene", "packages": 24, "marks": [{"kind": "stamp", "description": "999"}]},
            "concealment": "fuel tank",
        },
    ],
    "cash": [{"amount": "18500", "currency": "USD"}],
    "firearms": [{"kind": "pistol", "count": 1, "make": "PM", "calibre": "9x18", "serial": "ТК4417"}],
    "conveyances": [{"kind": "truck", "registration": "1234 AB 01", "country": "TJ", "make": "KAMAZ", "seized": True}],
    "containers": [{"number": "MSKU1234565", "seals": ["ML-TJ0044172"], "declared_goods": "dried fruit"}],
    "parties": [
        {
            "kind": "person",
            "names": ["Каримов Бахтиёр Рустамович", "Karimov Bakhtiyor"],
            "role": "driver",
            "born": "1984-05",
            "nationalities": ["TJ"],
            "documents": [{"kind": "passport", "number": "A01234567", "country": "TJ"}],
            "phones": [{"number": "+992 93 555 01 42"}],
            "arrested": True,
        },
        {"kind": "organisation", "names": ["Orzu Trans LLC"], "role": "carrier", "country": "TJ"},
    ],
    "route": {
        "departure": {"place": {"country": "AF", "locality": "Kunduz"}},
        "transit": [{"place": {"country": "TJ", "crossing": "Panji Poyon"}, "at": "2026-03-18"}],
        "destination": {"place": {"country": "RU", "locality": "Samara"}},
    },
    "method": "profiling",
    "arrests": 1,
    "attachments": [
        {"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "media_type": "image/jpeg", "bytes": 482113}
    ],
}

DELIVERY: dict[str, Any] = {
    "kind": "controlled_delivery",
    "report_id": "CD-2026-004/12",
    "handling": {**HANDLING, "tlp": "RED", "recipients": ["KZ-KNB", "KZ-KNB/a.seitkali"], "release": []},
    "issued": "2026-03-19T02:00:00+05:00",
    "delivery_ref": "CD-2026-004",
    "act": "check_in",
    "at": "2026-03-19T01:58:00+05:00",
    "leg": {"country": "TJ", "number": 1},
    "position": {"coordinates": {"lat": 40.1, "lon": 69.1, "accuracy_m": 50}, "captured": "2026-03-19T01:57:30+05:00", "source": "hand"},
}

INTELLIGENCE: dict[str, Any] = {
    "kind": "intelligence",
    "report_id": "INT-88",
    "handling": {**HANDLING, "evaluation": {"scheme": "3x5x2", "source": "2", "information": "C", "handling": "P"}},
    "issued": "2026-03-20T09:00:00Z",
    "summary": "Маршрут через Сарахс используется для перевозки метамфетамина.",
    "topic": "route",
    "occurred": "2026-02",
    "places": [{"country": "TM", "crossing": "Sarahs"}],
    "substances": [{"name": "methamphetamine"}],
}

ASSISTANCE: dict[str, Any] = {
    "kind": "assistance_request",
    "report_id": "RFA-7",
    "handling": {**HANDLING, "tlp": "AMBER+STRICT", "recipients": ["UZ-SCC"]},
    "issued": "2026-03-20T09:00:00Z",
    "priority": "urgent",
    "subject": "Owner of a vehicle",
    "request": "Who owns the truck with the plate given?",
    "addressees": ["UZ-SCC"],
    "conveyances": [{"kind": "truck", "registration": "01 A 123 BC", "country": "UZ"}],
    "reply_by": "2026-03-22T09:00:00Z",
}

LABORATORY: dict[str, Any] = {
    "kind": "laboratory_result",
    "report_id": "LAB-311",
    "handling": HANDLING,
    "issued": "2026-04-02T12:00:00+05:00",
    "about": {"originator": "TJ-DCA", "report_id": "2026-0117"},
    "laboratory": "Forensic centre",
    "analysed": "2026-04-01T10:00:00+05:00",
    "method": "GC-MS",
    "samples": [
        {
            "number": "1",
            "components": [
                {"substance": {"name": "heroin"}, "percent": "61.5"},
                {"substance": {"name": "caffeine"}, "percent": "20", "role": "adulterant"},
            ],
        }
    ],
}

WITHDRAWAL: dict[str, Any] = {
    "kind": "withdrawal",
    "withdraws": "seizure",
    "report_id": "2026-0117",
    "revision": 3,
    "handling": HANDLING,
    "issued": "2026-03-21T06:10:00+05:00",
    "reason": "entered for the wrong post",
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "seizure": SEIZURE,
    "controlled_delivery": DELIVERY,
    "intelligence": INTELLIGENCE,
    "assistance_request": ASSISTANCE,
    "laboratory_result": LABORATORY,
    "withdrawal": WITHDRAWAL,
}
