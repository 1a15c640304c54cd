"""The cast of the exercise, and what its acts have in common. Persons, papers and cases are fictional."""

from datetime import datetime
from typing import Any

from streams.simulate.exercise_story import AlarmId, Json, Shows, Step, after

LEAD, SECOND = "TJ-DCA/uchebnov.tj1", "TJ-DCA/uchebnov.tj2"
KG, UZ, RU = "KG-DCS/uchebnov.kg1", "UZ-NCDC/uchebnov.uz1", "RU-GUKON/uchebnov.ru1"
KZ, KZ_SECOND = "KZ-DCC/uchebnov.kz1", "KZ-DCC/uchebnov.kz2"
DUTY = "CARICC/uchebnov.duty"
NEXT = "CARICC/uchebnov.next"
"""Takes over from `DUTY` in the middle."""
CHIEF = "CARICC/uchebnov.chief"

PATROL, POST = "KZ-CUS/uchebnov.kz9", "UZ-BRD/uchebnov.uz9"
"""They know of no delivery."""

NEAR_LEAD, NEAR_SECOND, NEAR_DESK = "KG-BRD/uchebnov.kg5", "KG-BRD/uchebnov.kg6", "CARICC/uchebnov.desk"
"""Those of the other delivery."""

OFFICERS: dict[str, str] = dict.fromkeys((LEAD, SECOND, KG, UZ, KZ, KZ_SECOND, RU, PATROL, POST, NEAR_LEAD, NEAR_SECOND), "officer") | {
    DUTY: "coordinator",
    NEXT: "coordinator",
    NEAR_DESK: "coordinator",
    CHIEF: "supervisor",
}
"""Everybody, with the role of their token."""

PLATE, CARNET = "1234 AB 01", "XG 81200456"
"""Of the lorry and its load, as the request form has them."""

SILENCE_MINUTES = 1
"""Longest silence on the leg through Kyrgyzstan: the shortest that a plan can ask for, so that the clock is seen to ring."""
SHADOW_MINUTES = 20


def mass(kg: str, uncertainty: str = "0.001") -> Json:
    return {"substance": "героин", "kg": kg, "uncertainty_kg": uncertainty}


def authorisation(number: str, began: datetime, officer: str, **more: Any) -> Json:
    by = {"TJ": "Таджикистана", "KG": "Кыргызстана", "KZ": "Казахстана", "RU": "России"}[officer[:2]]
    return {
        "number": f"УЧЕНИЕ {number}",
        "date": after(began, -2),
        "issued_by": f"УЧЕНИЕ · Учебная прокуратура {by} (вымышленная)",
        "officer": f"майор Учебнов {officer[:2]}-1",
        "valid_until": after(began, 24 * 14),
        **more,
    }


def resolved(kind: str, part: str | None, reason: str, *, who: str = DUTY, name: str = "") -> Step:
    return Step(
        name or f"{kind}-{part}-resolved",
        who,
        "alarm_resolved",
        {"alarm": AlarmId(kind, part), "reason": f"УЧЕНИЕ: {reason}"},
        f"the alarm {kind} is resolved: {reason}",
        shows=Shows(part, calm=kind),
    )
